"""The interface of python-tuf's client, `tuf.ngclient`, on picotuf's verifier.

A program changes its import and keeps the rest:

    from picotuf.ngclient import Updater, UpdaterConfig

The names, the arguments and the files in `metadata_dir` are those of python-tuf 7. So are the
exceptions: the classes of `tuf.api.exceptions` where python-tuf is installed, and classes of the
same names where it is not. Each of them has the attribute `code` with picotuf's code, and the
`picotuf.Error` as its cause.

What differs is documented in `docs/python.md`.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Flag, unique
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import quote

from picotuf import _native
from picotuf._errors import Error

if TYPE_CHECKING:
    from picotuf._tuf_exceptions import (
        BadVersionNumberError,
        DownloadError,
        DownloadHTTPError,
        DownloadLengthMismatchError,
        ExpiredMetadataError,
        LengthOrHashMismatchError,
        RepositoryError,
        SlowRetrievalError,
        UnsignedMetadataError,
    )
else:
    try:
        from tuf.api.exceptions import (
            BadVersionNumberError,
            DownloadError,
            DownloadHTTPError,
            DownloadLengthMismatchError,
            ExpiredMetadataError,
            LengthOrHashMismatchError,
            RepositoryError,
            SlowRetrievalError,
            UnsignedMetadataError,
        )
    except ImportError:
        from picotuf._tuf_exceptions import (
            BadVersionNumberError,
            DownloadError,
            DownloadHTTPError,
            DownloadLengthMismatchError,
            ExpiredMetadataError,
            LengthOrHashMismatchError,
            RepositoryError,
            SlowRetrievalError,
            UnsignedMetadataError,
        )

__all__ = [
    "BadVersionNumberError",
    "DownloadError",
    "DownloadHTTPError",
    "DownloadLengthMismatchError",
    "EnvelopeType",
    "ExpiredMetadataError",
    "FetcherInterface",
    "LengthOrHashMismatchError",
    "RepositoryError",
    "SlowRetrievalError",
    "TargetFile",
    "TargetInfo",
    "UnsignedMetadataError",
    "Updater",
    "UpdaterConfig",
]


class FetcherInterface(Protocol):
    """What an updater needs of a fetcher: a part of python-tuf's class of the same name."""

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """Returns the file at a URL, or raises a `DownloadError`."""
        ...

    def download_file(self, url: str, max_length: int) -> AbstractContextManager[IO[bytes]]:
        """Returns the file at a URL as an open file, or raises a `DownloadError`."""
        ...


class TargetInfo(Protocol):
    """What an updater needs of a target: python-tuf's `TargetFile`, or the class here."""

    @property
    def path(self) -> str:
        """The path of the target."""
        ...

    @property
    def length(self) -> int:
        """In bytes."""
        ...

    @property
    def hashes(self) -> dict[str, str]:
        """In hexadecimal digits, by algorithm."""
        ...


@unique
class EnvelopeType(Flag):
    """The forms of metadata. picotuf supports `METADATA` only."""

    METADATA = 1
    SIMPLE = 2


@dataclass
class UpdaterConfig:
    """The configuration of an `Updater`, with python-tuf's names and defaults."""

    max_root_rotations: int = 256
    max_delegations: int = 32
    root_max_length: int = 512000
    timestamp_max_length: int = 16384
    snapshot_max_length: int = 2000000
    targets_max_length: int = 5000000
    prefix_targets_with_hash: bool = True
    envelope_type: EnvelopeType = EnvelopeType.METADATA
    app_user_agent: str | None = None


@dataclass
class TargetFile:
    """A target that a trusted role lists."""

    length: int
    hashes: dict[str, str]
    path: str
    unrecognized_fields: dict[str, Any] = field(default_factory=dict)

    @property
    def custom(self) -> Any:
        """The signed member `custom`, or `None`."""
        return self.unrecognized_fields.get("custom")


class Updater:
    """A client of a TUF repository: the interface of python-tuf's class of the same name.

    Args:
        metadata_dir: The folder for trusted metadata. If `bootstrap` is `None`, it must have a
            `root.json` that is trusted.
        metadata_base_url: The URL of the metadata.
        target_dir: The folder for targets.
        target_base_url: The URL of the targets.
        fetcher: A `FetcherInterface` in place of picotuf's own HTTP.
        config: The configuration.
        bootstrap: The root metadata that is trusted. Pass `None` only to trust the `root.json` in
            the folder.

    Raises:
        OSError: The root cannot be read or written.
        RepositoryError: The root is not valid.
    """

    def __init__(
        self,
        metadata_dir: str,
        metadata_base_url: str,
        target_dir: str | None = None,
        target_base_url: str | None = None,
        fetcher: FetcherInterface | None = None,
        config: UpdaterConfig | None = None,
        *,
        bootstrap: bytes | None,
    ) -> None:
        self.config = config or UpdaterConfig()
        if self.config.envelope_type.value != EnvelopeType.METADATA.value:
            raise ValueError("config: picotuf supports envelope_type METADATA only")
        self.target_dir = target_dir
        self._dir = metadata_dir
        self._target_base_url = target_base_url
        self._fetcher = fetcher
        self._missing: BaseException | None = None
        self._raised: BaseException | None = None
        self._is_refreshed = False
        if bootstrap is None:
            with open(os.path.join(metadata_dir, "root.json"), "rb") as file:
                bootstrap = file.read()
        self._bootstrap = bootstrap
        try:
            version = _native.check_root(bootstrap, {})
            self._keep_bootstrap(version)
            self._http = _native.Http(self.config.app_user_agent)
            self._native = _native.Updater(
                metadata_dir, metadata_base_url, self._http if fetcher is None else self._fetch
            )
        except Error as error:
            self._raise(error)
        # The form was checked.
        self._consistent = bool(json.loads(bootstrap)["signed"].get("consistent_snapshot", False))

    def refresh(self) -> None:
        """Updates the trusted metadata of the top-level roles.

        Raises:
            OSError: New metadata could not be written.
            RepositoryError: Metadata does not verify.
            DownloadError: Metadata could not be fetched.
        """
        self._missing = self._raised = None
        now = int(datetime.now(timezone.utc).timestamp())
        self._is_refreshed = False
        try:
            self._native.refresh(self._bootstrap, now, self._limits())
        except Error as error:
            self._raise(error)
        with open(os.path.join(self._dir, "root.json"), "rb") as file:
            root = json.load(file)
        self._consistent = bool(root["signed"].get("consistent_snapshot", False))
        self._is_refreshed = True

    def get_targetinfo(self, target_path: str) -> Any:
        """Returns the target with this path, or `None` if no trusted role lists it. Refreshes
        first, unless `refresh` was called.

        The answer is a `TargetFile`: python-tuf's, if the program has imported python-tuf's
        metadata API, and that of this module otherwise.

        Raises:
            OSError: New metadata could not be written.
            RepositoryError: Metadata does not verify.
            DownloadError: Metadata could not be fetched.
        """
        if not self._is_refreshed:
            self.refresh()
        self._missing = self._raised = None
        try:
            found = self._native.find(target_path)
        except Error as error:
            self._raise(error)
        if found is None:
            return None
        target = json.loads(found)
        custom = target.get("custom")
        # A program that has not imported this class cannot tell one from the other.
        tuf = sys.modules.get("tuf.api.metadata")
        kind = TargetFile if tuf is None else tuf.TargetFile
        return kind(
            length=target["length"],
            hashes=target["hashes"],
            path=target["path"],
            unrecognized_fields={} if custom is None else {"custom": custom},
        )

    def find_cached_target(self, targetinfo: TargetInfo, filepath: str | None = None) -> str | None:
        """Returns the path of the local file if it is the target, and `None` otherwise.

        Raises:
            ValueError: There is neither `filepath` nor `target_dir`.
        """
        path = self._local_path(targetinfo, filepath)
        there = _native.is_target(path, targetinfo.length, targetinfo.hashes)
        return path if there else None

    def download_target(
        self,
        targetinfo: TargetInfo,
        filepath: str | None = None,
        target_base_url: str | None = None,
    ) -> str:
        """Downloads a target, and returns the path of the local file. The file is there only if it
        verifies.

        Raises:
            ValueError: There is neither `filepath` nor `target_dir`, or no URL.
            OSError: The file could not be written.
            RepositoryError: The file is not the target.
            DownloadError: The file could not be fetched.
        """
        path = self._local_path(targetinfo, filepath)
        if not path:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        base = self._target_base_url if target_base_url is None else target_base_url
        if base is None:
            raise ValueError("target_base_url must be set in download_target() or Updater()")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        consistent = self._consistent and self.config.prefix_targets_with_hash
        try:
            names = _native.target_names(targetinfo.path, targetinfo.hashes, consistent)
            for position, (name, encoded) in enumerate(names, 1):
                is_last = position == len(names)
                writer = _native.TargetWriter(path, targetinfo.length, targetinfo.hashes)
                if self._download(base, name, encoded, targetinfo.length, writer, is_last):
                    writer.finish()
                    return path
        except Error as error:
            if error.code in {"invalid-form", "unsupported-hash"}:
                # The hashes of `targetinfo`.
                self._raise_as(LengthOrHashMismatchError(str(error)), error)
            self._raise(error)
        raise DownloadHTTPError(f"{base}: there is no file of {targetinfo.path}", 404)

    def _download(
        self,
        base: str,
        name: str,
        encoded: str,
        length: int,
        writer: _native.TargetWriter,
        is_last: bool,
    ) -> bool:
        """Returns whether there is a file of this name. The last name is missing for good."""
        if self._fetcher is None:
            return self._http.fetch(base, encoded, writer)
        slash = "" if base.endswith("/") else "/"
        try:
            with self._fetcher.download_file(f"{base}{slash}{name}", length) as file:
                while piece := file.read(1 << 16):
                    writer.write(piece)
        except DownloadHTTPError as error:
            if is_last or error.status_code not in {403, 404}:
                raise
            return False
        return True

    def _fetch(self, url: str, max_length: int) -> bytes | None:
        """Fetches metadata with the program's fetcher."""
        assert self._fetcher is not None
        try:
            # The verifier asks for one byte more than is allowed.
            return self._fetcher.download_bytes(url, max_length - 1)
        except DownloadHTTPError as error:
            if error.status_code not in {403, 404}:
                self._raised = error
                raise
            self._missing = error
            return None
        except BaseException as error:
            self._raised = error
            raise

    def _limits(self) -> dict[str, int]:
        names = (
            "max_root_rotations",
            "max_delegations",
            "root_max_length",
            "timestamp_max_length",
            "snapshot_max_length",
            "targets_max_length",
        )
        return {name: getattr(self.config, name) for name in names}

    def _local_path(self, targetinfo: TargetInfo, filepath: str | None) -> str:
        if filepath is not None:
            return filepath
        if self.target_dir is None:
            raise ValueError("target_dir must be set if filepath is not given")
        return os.path.join(self.target_dir, quote(targetinfo.path, ""))

    def _keep_bootstrap(self, version: int) -> None:
        """Stores the root that is trusted first, as python-tuf does."""
        history = Path(self._dir, "root_history")
        history.mkdir(parents=True, exist_ok=True)
        for path in (history / f"{version}.root.json", Path(self._dir, "root.json")):
            is_current = path.name == "root.json"
            try:
                there: bytes | None = path.read_bytes()
            except FileNotFoundError:
                there = None
            if there is None or (there != self._bootstrap and not is_current):
                _native.persist(path, self._bootstrap)

    def _raise(self, error: Error) -> NoReturn:
        """Raises the exception that python-tuf has for an error."""
        if self._raised is not None and error.code == "connection":
            raised, self._raised = self._raised, None
            raise raised
        if self._missing is not None and error.code == "missing-file":
            missing, self._missing = self._missing, None
            raise missing
        self._raise_as(translated(error), error)

    @staticmethod
    def _raise_as(exception: Exception, error: Error) -> NoReturn:
        exception.code = error.code  # type: ignore[attr-defined]
        raise exception from error


def translated(error: Error) -> Exception:
    """Returns the exception that python-tuf has for an error."""
    text = str(error)
    if error.code == "http-status":
        return DownloadHTTPError(text, int(error.found or 0))
    if error.code == "missing-file":
        return DownloadHTTPError(text, 404)
    if error.code == "limit-reached" and "max-length" in (error.hint or ""):
        return DownloadLengthMismatchError(text)
    if error.code in KINDS:
        return KINDS[error.code](text)
    if error.blame == "transport":
        return DownloadError(text)
    if error.blame == "system":
        return OSError(text)
    if error.blame == "caller":
        return ValueError(text)
    return RepositoryError(text)


KINDS: dict[str, type[Exception]] = {
    "expired": ExpiredMetadataError,
    "hash-mismatch": LengthOrHashMismatchError,
    "length-mismatch": LengthOrHashMismatchError,
    "rollback": BadVersionNumberError,
    "threshold-not-met": UnsignedMetadataError,
    "timeout": SlowRetrievalError,
    "too-slow": SlowRetrievalError,
    "unsupported-key-scheme": UnsignedMetadataError,
    "wrong-version": BadVersionNumberError,
}
