"""The exceptions of the package: one class for each party that has to act."""

from __future__ import annotations

import json
from typing import Any, cast

from picotuf._roles import TrustedRole, trusted_roles


class Error(Exception):
    """An error of picotuf. `str()` is one line that is safe to print.

    Compare `code`, which is stable; `docs/errors.md` lists all codes. Messages may change.
    """

    code: str
    """The stable code, such as `expired`."""
    message: str
    """The message, without the role and the file."""
    blame: str
    """Who has to act: repository, caller, limit, unsupported, transport or system."""
    role: str | None
    """The role of the metadata file."""
    file: str | None
    """The file or URL. A URL has no credentials."""
    target: str | None
    """The path of the target."""
    delegation_path: tuple[str, ...]
    """The roles on the path to the role, from `targets` on."""
    expected: str | int | None
    """The expected value."""
    found: str | int | None
    """The found value."""
    schemes: tuple[str, ...]
    """The unsupported key schemes that the role needs."""
    roles: tuple[TrustedRole, ...]
    """The roles that were trusted before the error."""
    attestations: tuple[dict[str, Any], ...]
    """What holds of each attestation, in the JSON of `picotuf provenance --json`."""
    hint: str | None
    """What a user of the command line can do; options are those of the command line."""

    def __init__(self, text: str, **detail: object) -> None:
        super().__init__(text)
        self.code = str(detail.get("code", "usage"))
        self.message = str(detail.get("message", text))
        self.blame = str(detail.get("blame", "caller"))
        self.role = _text(detail.get("role"))
        self.file = _text(detail.get("file"))
        self.target = _text(detail.get("target"))
        self.delegation_path = _texts(detail.get("delegation_path"))
        self.expected = _value(detail.get("expected"))
        self.found = _value(detail.get("found"))
        self.schemes = _texts(detail.get("schemes"))
        self.hint = _text(detail.get("hint"))
        roles = detail.get("roles")
        self.roles = tuple(roles) if isinstance(roles, (list, tuple)) else ()
        attestations = detail.get("attestations")
        self.attestations = tuple(attestations) if isinstance(attestations, (list, tuple)) else ()

    def __reduce__(self) -> tuple[object, ...]:
        """Lets an error go to another process."""
        return (_again, (type(self), str(self), self.__dict__))


class RepositoryError(Error):
    """The repository or a mirror served what must not be trusted."""


class CallerError(Error, ValueError):
    """An argument is wrong, or a call came at the wrong time."""


class LimitError(Error):
    """A limit was reached, which may be too low for this repository."""


class UnsupportedError(Error):
    """What the metadata needs is not supported. Nobody is to blame."""


class TransportError(Error):
    """A file could not be fetched."""


class LocalError(Error, OSError):
    """This machine's disk, clock or another process is in the way."""


CLASSES: dict[str, type[Error]] = {
    "caller": CallerError,
    "limit": LimitError,
    "repository": RepositoryError,
    "system": LocalError,
    "transport": TransportError,
    "unsupported": UnsupportedError,
}

# Tracebacks name a class as a program does: `picotuf.RepositoryError`.
for _kind in (Error, *CLASSES.values()):
    _kind.__module__ = "picotuf"


def make(detail: str) -> Error:
    """Returns the exception for the parts of an error in JSON."""
    parts: dict[str, object] = json.loads(detail)
    text = str(parts.pop("text"))
    parts["roles"] = trusted_roles(cast("list[dict[str, Any]]", parts.get("roles", [])))
    return CLASSES.get(str(parts["blame"]), Error)(text, **parts)


def _again(kind: type[Error], text: str, members: dict[str, object]) -> Error:
    return kind(text, **members)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else ()


def _value(value: object) -> str | int | None:
    return value if isinstance(value, (str, int)) else None
