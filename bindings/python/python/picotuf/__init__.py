"""A verifier for TUF repositories and for PyPI's attestations.

`Client` downloads the metadata and the targets of a repository of The Update Framework and keeps
only what verifies. `picotuf.attest` says who published a file of PyPI. `picotuf.ngclient` has the
interface of python-tuf's client. All verdicts are those of picotuf's Rust core.
"""

from picotuf import _native
from picotuf._client import Client, Download, Fetch, Target
from picotuf._errors import (
    CallerError,
    Error,
    LimitError,
    LocalError,
    RepositoryError,
    TransportError,
    UnsupportedError,
)
from picotuf._roles import TrustedRole

__all__ = [
    "CallerError",
    "Client",
    "Download",
    "Error",
    "Fetch",
    "LimitError",
    "LocalError",
    "RepositoryError",
    "Target",
    "TransportError",
    "TrustedRole",
    "UnsupportedError",
]

__version__ = _native.VERSION
