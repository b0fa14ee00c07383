"""Verifies attestations of PyPI (PEP 740): who published a file.

A verdict needs the file, the provenance document that the index serves beside it, and Sigstore's
trusted root, which `trusted_root` gets from Sigstore's TUF repository.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from picotuf import _native
from picotuf._client import Fetch, StrPath, local_path, read, read_root, unix

__all__ = ["Attested", "provenance", "trusted_root", "verify", "verify_digest"]


@dataclass(frozen=True)
class Attested:
    """Who published a file, by its attestations."""

    publisher: str
    """The publisher, such as `github:urllib3/urllib3:publish.yml`."""
    kind: str
    """The kind of the publisher, as PyPI names it: `GitHub`, `GitLab`, `Google` or `CircleCI`."""
    pinned: bool
    """Whether it is the publisher that was asked for. Without one, anybody's attestation holds."""
    attestations: tuple[Mapping[str, Any], ...]
    """Each attestation in the JSON of `picotuf provenance --json`."""


def verify(
    file: StrPath,
    provenance: bytes | StrPath,
    trusted_root: bytes | StrPath,
    *,
    publisher: str | None = None,
    at: datetime | None = None,
) -> Attested:
    """Verifies what a provenance document attests about a local file.

    Args:
        file: The path of a wheel or an sdist, with the name that the index has for it.
        provenance: The provenance document: bytes, or the path of a file.
        trusted_root: Sigstore's trusted root: bytes, or the path of a file. It decides everything,
            so take it from `trusted_root()`.
        publisher: Who must have published the file, such as `github:OWNER/REPOSITORY:WORKFLOW`.
            Without it, the answer says who did, and nothing of whether that is the right one.
        at: The present time, in place of the system clock's.

    Raises:
        LocalError: A file cannot be read.
        Error: The attestations do not hold, or are those of another publisher.
    """
    file = local_path("file", file)
    sha256 = _native.sha256_of(file)
    return verify_digest(
        Path(file).name, sha256, provenance, trusted_root, publisher=publisher, at=at
    )


def verify_digest(
    name: str,
    sha256: bytes,
    provenance: bytes | StrPath,
    trusted_root: bytes | StrPath,
    *,
    publisher: str | None = None,
    at: datetime | None = None,
) -> Attested:
    """Verifies what a provenance document attests about a file with this name and SHA-256.

    See `verify`.
    """
    if not isinstance(sha256, bytes) or len(sha256) != 32:
        raise ValueError("sha256 is a digest of 32 bytes; bytes.fromhex reads hexadecimal digits")
    documents = read("provenance", provenance), read("trusted_root", trusted_root)
    verdict = json.loads(_native.attested(name, sha256, *documents, publisher, unix(at)))
    return Attested(
        publisher=verdict["publisher"]["spec"],
        kind=verdict["publisher"]["kind"],
        pinned=verdict["pinned"],
        attestations=tuple(verdict["attestations"]),
    )


def trusted_root(
    folder: StrPath,
    *,
    url: str | None = None,
    root: bytes | StrPath | None = None,
    fetch: Fetch | None = None,
    at: datetime | None = None,
    offline: bool = False,
) -> bytes:
    """Refreshes Sigstore's TUF repository, and returns the trusted root that it signs.

    Args:
        folder: The folder for the trusted metadata. Keep it.
        url: Another repository of the same structure.
        root: The root metadata of that repository, in place of Sigstore's, which picotuf carries.
        fetch: A function that fetches, in place of picotuf's own HTTP: see `picotuf.Fetch`.
        at: The present time, in place of the system clock's.
        offline: Whether to ask nobody and use what is stored.

    Raises:
        Error: What is wrong with the repository or with the trusted root.
    """
    folder = local_path("folder", folder)
    return _native.trusted_root(folder, url, read_root(root), fetch, unix(at), offline)


def provenance(name: str, *, index_url: str | None = None, fetch: Fetch | None = None) -> bytes:
    """Asks an index for the provenance document of the file with this name. It verifies nothing.

    Args:
        name: The name of a wheel or an sdist, as the index has it.
        index_url: The URL of another simple index than PyPI's.
        fetch: A function that fetches, in place of picotuf's own HTTP: see `picotuf.Fetch`. It
            gets no media type, so it asks for `application/vnd.pypi.simple.v1+json` by itself.

    Raises:
        Error: The index does not list the file, or has no attestations of it.
    """
    return _native.provenance(name, index_url, fetch)
