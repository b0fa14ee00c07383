"""What is trusted, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrustedRole:
    """A role that is trusted, and why."""

    role: str
    version: int
    expires: str
    """The expiry date, as RFC 3339 writes it."""
    threshold: int
    """How many keys must sign."""
    keys: int
    """How many may."""
    signing_keys: int
    """How many did: one key under two keyids is one."""
    signers: tuple[str, ...]
    """The keyids of those that did."""
    length: int
    file: str
    """Where it was read."""
    fetched: bool
    """Whether it comes from the repository in this refresh."""


def trusted_roles(found: list[dict[str, Any]]) -> tuple[TrustedRole, ...]:
    """Returns the roles of a verdict."""
    return tuple(TrustedRole(**{**role, "signers": tuple(role["signers"])}) for role in found)
