"""A program that uses all of the package, for the checkers of types. It is not run."""

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import assert_type

import picotuf
from picotuf import attest, ngclient


def fetch(url: str, max_length: int) -> bytes | None:
    return url.encode()[:max_length] or None


def pieces(url: str, max_length: int) -> Iterator[bytes]:
    yield url.encode()[:max_length]


def of_client() -> None:
    now = datetime.now(timezone.utc)
    with picotuf.Client(
        Path("trusted"), ["https://a.example", Path("/srv")], root=b"", fetch=fetch, at=now
    ) as client:
        assert_type(client.refresh(), list[picotuf.TrustedRole])
        assert_type(client.find("a"), picotuf.Target | None)
        assert_type(client.find_all(["a"]), list[picotuf.Target | None])
        assert_type(client.download("a", "folder"), picotuf.Download)
        assert_type(client.verify("file", "a"), picotuf.Target)
    picotuf.Client("trusted", "https://a.example", fetch=pieces, limits={"max_delegations": 8})


def of_attest() -> str:
    root = assert_type(attest.trusted_root("trusted", fetch=fetch), bytes)
    verdict = attest.verify("file", b"{}", root, publisher="github:a/b:c.yml")
    return assert_type(verdict, attest.Attested).publisher


def of_errors() -> str | None:
    try:
        of_client()
    except picotuf.RepositoryError as error:
        return assert_type(error.code, str)
    except picotuf.Error as error:
        return assert_type(error.file, str | None)
    return None


def of_updater() -> str | None:
    config = ngclient.UpdaterConfig(max_delegations=8)
    updater = ngclient.Updater("metadata", "https://a.example", config=config, bootstrap=None)
    try:
        updater.refresh()
    except ngclient.ExpiredMetadataError as error:
        return assert_type(error.code, str)
    info = ngclient.TargetFile(length=1, hashes={}, path="a")
    assert_type(updater.download_target(info), str)
    return assert_type(updater.find_cached_target(info), str | None)
