"""A client of a TUF repository."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Union

from picotuf import _native
from picotuf._errors import CallerError
from picotuf._roles import TrustedRole, trusted_roles

Fetch = Callable[[str, int], Union[bytes, Iterable[bytes], None]]
"""A function that fetches: it gets a URL and the number of bytes that are wanted at the most, and
returns `bytes`, an iterable of `bytes`, or `None` for a file that does not exist (status 404 or
403). Every other failure is an exception. It verifies nothing."""

StrPath = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Target:
    """A target that a trusted role lists."""

    path: str
    length: int
    hashes: Mapping[str, str]
    """The signed hashes in hexadecimal digits, by algorithm."""
    delegation_path: tuple[str, ...]
    """The roles on the path to the target, from `targets` on. The last one lists it."""
    custom: Mapping[str, Any] | None = None
    """The signed member `custom`."""
    roles: tuple[TrustedRole, ...] = ()
    """The roles that are trusted, in the order of their verification, and who signed each."""


@dataclass(frozen=True)
class Download:
    """A target that was downloaded and verified."""

    target: Target
    file: Path
    """The local file."""
    url: str | None
    """Where it was downloaded from; `None` if the local file was already up to date."""


class Client:
    """A client of one repository.

    Every call refreshes the metadata first, so its answer is as new as the repository's, and may
    come from any thread; calls take turns. Work and waiting happen without the GIL.

    Args:
        metadata_dir: The folder for trusted metadata. Keep it: what it holds protects against
            older metadata.
        metadata_url: The URL of the metadata, or a folder. Several are mirrors.
        target_url: The URL of the targets, or a folder. Only `download` needs it.
        root: The root metadata that you trust: bytes, or the path of a file. Without it, the
            folder must trust one already.
        fetch: A function that fetches, in place of picotuf's own HTTP: see `Fetch`.
        at: The present time, in place of the system clock's.
        limits: Limits to raise, with the names of python-tuf's `UpdaterConfig`.
        hash_prefix: Whether a repository with consistent snapshots is asked for `HASH.name`.
        offline: Whether to ask nobody, and to find and verify by what is stored and has not
            expired.
        timeout: The timeout of a request, in seconds.
        connect_timeout: The timeout of a connection, in seconds.
        ca_file: A file of certificates to trust instead of Mozilla's.
        user: A user name for the server of the metadata, with `password`.
        password: The password for `user`.
        token: A bearer token for the server of the metadata.
        user_agent: The name of your program, for the header `User-Agent`.

    Raises:
        CallerError: An argument is wrong.
        LocalError: The file of `root` cannot be read.
    """

    def __init__(
        self,
        metadata_dir: StrPath,
        metadata_url: StrPath | Sequence[StrPath] = (),
        target_url: StrPath | Sequence[StrPath] = (),
        *,
        root: bytes | StrPath | None = None,
        fetch: Fetch | None = None,
        at: datetime | None = None,
        limits: Mapping[str, int] | None = None,
        hash_prefix: bool = True,
        offline: bool = False,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        ca_file: StrPath | None = None,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        seconds = {"timeout": timeout, "connect_timeout": connect_timeout}
        texts = {
            "ca_file": None if ca_file is None else local_path("ca_file", ca_file),
            "user": user,
            "password": password,
            "token": token,
            "user_agent": user_agent,
        }
        if fetch is not None and not callable(fetch):
            raise TypeError(f"fetch is a function, not {type(fetch).__name__}")
        metadata, targets = _urls("metadata_url", metadata_url), _urls("target_url", target_url)
        if not metadata and not offline:
            raise _missing("metadata_url", "only an offline client needs none")
        self._has_targets = offline or bool(targets)
        self._client = _native.Client(
            local_path("metadata_dir", metadata_dir),
            metadata,
            targets,
            read_root(root),
            fetch,
            unix(at),
            dict(limits or {}),
            hash_prefix,
            offline,
            {name: value for name, value in seconds.items() if value is not None},
            {name: value for name, value in texts.items() if value is not None},
        )

    def refresh(self) -> list[TrustedRole]:
        """Updates the trusted metadata, and returns the roles that are trusted then.

        Raises:
            Error: What is wrong. What was trusted before stays trusted.
        """
        return list(trusted_roles(json.loads(self._client.refresh())["roles"]))

    def find(self, path: str) -> Target | None:
        """Returns the signed length and hashes of a target, or `None` if no trusted role lists it.

        Raises:
            Error: What is wrong with the metadata.
        """
        return self.find_all([path])[0]

    def find_all(self, paths: Sequence[str]) -> list[Target | None]:
        """Finds several targets with one refresh. The answers have the order of the paths."""
        return _targets(self._client.find(_paths(paths)))

    def download(self, path: str, folder: StrPath) -> Download:
        """Downloads a target to its path below a folder, unless the file is already up to date.
        The file is there only if it verifies.

        Raises:
            Error: What is wrong; the code `target-not-found` if no trusted role lists the target.
        """
        return self.download_all([path], folder)[0]

    def download_all(self, paths: Sequence[str], folder: StrPath) -> list[Download]:
        """Downloads several targets with one refresh, at the same time."""
        if not self._has_targets:
            raise _missing("target_url", "a client that downloads needs it")
        folder = local_path("folder", folder)
        verdict, files = self._client.download(_paths(paths), folder)
        urls = [one.get("url") for one in json.loads(verdict)["targets"]]
        return [
            Download(target, file, url)
            for target, file, url in zip(_targets(verdict), files, urls)
            if target is not None
        ]

    def verify(self, file: StrPath, path: str) -> Target:
        """Verifies that a local file is the target with this path, and returns the target.

        Raises:
            RepositoryError: It is not; the code is `hash-mismatch` or `length-mismatch`, or
                `target-not-found` if no trusted role lists the target.
            Error: What else is wrong.
        """
        (path,) = _paths([path])
        (target,) = _targets(self._client.verify(path, local_path("file", file)))
        assert target is not None
        return target

    def close(self) -> None:
        """Closes the connections. Later calls raise `CallerError`."""
        self._client.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unix(at: datetime | None) -> int | None:
    """Returns a time in seconds since 1970."""
    if at is None:
        return None
    if not isinstance(at, datetime):
        raise TypeError(f"at is a datetime, not {type(at).__name__}")
    if at.tzinfo is None:
        raise CallerError("at has no time zone: use datetime.now(timezone.utc)")
    return int(at.astimezone(timezone.utc).timestamp())


def local_path(name: str, path: StrPath) -> str:
    """Returns the path that an argument with this name gives."""
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        raise TypeError(f"{name} is a str or a path, not {type(text).__name__}")
    return text


def read(name: str, document: bytes | StrPath) -> bytes:
    """Returns the bytes of a document that an argument with this name gives, or the path of."""
    if isinstance(document, bytes):
        return document
    if not isinstance(document, (str, os.PathLike)):
        kind = type(document).__name__
        raise TypeError(f"{name} is bytes or the path of a file, not {kind}")
    path = local_path(name, document)
    if path.lstrip().startswith("{"):
        raise TypeError(f"{name} is the path of a file if it is a str; a document is bytes")
    return _native.read(path)


def read_root(root: bytes | StrPath | None) -> bytes | None:
    """Returns the bytes of a root that is given as bytes or as a path."""
    return None if root is None else read("root", root)


def _missing(name: str, reason: str) -> CallerError:
    return CallerError(f"{name} is missing: {reason} [missing-setting]", code="missing-setting")


def _urls(name: str, urls: StrPath | Sequence[StrPath]) -> list[str]:
    if isinstance(urls, (str, os.PathLike)):
        return [local_path(name, urls)]
    if isinstance(urls, bytes) or not isinstance(urls, Iterable):
        kind = type(urls).__name__
        raise TypeError(f"{name} is a URL, the path of a folder, or a list of them, not {kind}")
    return [local_path(name, url) for url in urls]


def _paths(paths: Sequence[str]) -> list[str]:
    if isinstance(paths, (str, bytes)):
        raise TypeError(f"paths is a list of str, not one {type(paths).__name__}")
    found = list(paths)
    for path in found:
        if not isinstance(path, str):
            raise TypeError(f"the path of a target is a str, not {type(path).__name__}")
    return found


def _targets(verdict: str) -> list[Target | None]:
    found = json.loads(verdict)
    roles = trusted_roles(found["roles"])
    return [
        one
        and Target(
            path=one["path"],
            length=one["length"],
            hashes=one["hashes"],
            delegation_path=tuple(one["delegation_path"]),
            custom=one.get("custom"),
            roles=roles,
        )
        for one in found["targets"]
    ]
