"""What the scripts that write TUF repositories share: test keys and a repository in memory.

Everything is deterministic: keys come from their label, signatures need no
randomness, and no clock is read. The same call makes the same bytes on every
machine. The keys are test keys, and not secret.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from functools import lru_cache
from itertools import count
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer, SSlibKey
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Signed,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

ED25519 = "ed25519"
P256 = "ecdsa-sha2-nistp256"
P384 = "ecdsa-sha2-nistp384"
RSA = "rsassa-pss-sha256"
TOP_LEVEL = (Root.type, Timestamp.type, Snapshot.type, Targets.type)


class TestSigner(Signer):
    """A signer whose private key is derived from a label: never for anything but tests.

    scheme is one of ED25519, P256, P384 and RSA (2048 bits). keytype replaces the
    usual name of the key type. salt is the length of the PSS salt in bytes (32 is what
    python-tuf and RSTUF write, 222 is the longest).
    """

    def __init__(
        self, label: str, scheme: str = ED25519, keytype: str | None = None, salt: int = 32
    ) -> None:
        self.scheme = scheme
        self.salt = salt
        self.private = _private_key(label, scheme)
        self._key = SSlibKey.from_crypto(self.private.public_key(), scheme=scheme)
        if keytype is not None:
            # As python-tuf's own keyid: opaque, so any distinct one would do.
            keyid = hashlib.sha256(f"{keytype} {label}".encode()).hexdigest()
            self._key = SSlibKey(keyid, keytype, scheme, self._key.keyval)

    @property
    def public_key(self) -> Key:
        return self._key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Signer:
        raise ValueError("a test key is made from its label")

    def sign(self, payload: bytes) -> Signature:
        if self.scheme == ED25519:
            signature = self.private.sign(payload)
        elif self.scheme == RSA:
            signature = _sign_pss(self.private, payload, self.salt)
        else:
            digest = hashes.SHA256() if self.scheme == P256 else hashes.SHA384()
            signature = self.private.sign(payload, ec.ECDSA(digest, deterministic_signing=True))
        return Signature(self._key.keyid, signature.hex())


class Repository:
    """A TUF repository in memory: files maps a path in the repository's folder to its bytes.

    consistent: file names carry versions and hashes (consistent snapshots).
    listed: whether snapshot and timestamp list lengths and sha256 hashes too, or versions only.
    compact: JSON without white space; otherwise indented by one space.
    """

    def __init__(
        self, *, consistent: bool = True, listed: bool = False, compact: bool = False
    ) -> None:
        self.consistent = consistent
        self.listed = listed
        self.serializer = JSONSerializer(compact=compact)
        self.files: dict[str, bytes] = {}
        self.listing: dict[str, MetaFile] = {}
        self._last: tuple[bytes, list[str], bytes] | None = None

    def add_root(self, root: Root, signers: Iterable[Signer]) -> None:
        """Signs a root; version 1 is the trust anchor, root.json."""
        content = self.sign(root, signers)
        self.files[f"metadata/{root.version}.root.json"] = content
        if not self.consistent:
            self.files["metadata/root.json"] = content
        if root.version == 1:
            self.files["root.json"] = content

    def add_role(self, name: str, role: Targets, signers: Iterable[Signer]) -> None:
        """Signs the top-level targets or a delegated role; snapshot will list it."""
        content = self.sign(role, signers)
        self._store(name, role.version, content)
        self.listing[f"{name}.json"] = self.entry(role.version, content)

    def add_snapshot(self, snapshot: Snapshot, signers: Iterable[Signer]) -> MetaFile:
        """Signs a snapshot of the roles added so far; gives what timestamp says of it."""
        snapshot.meta = dict(self.listing)
        content = self.sign(snapshot, signers)
        self._store(Snapshot.type, snapshot.version, content)
        return self.entry(snapshot.version, content)

    def add_timestamp(self, timestamp: Timestamp, signers: Iterable[Signer]) -> None:
        """Signs the timestamp, the one file whose name never carries a version."""
        self.files["metadata/timestamp.json"] = self.sign(timestamp, signers)

    def add_target(self, path: str, content: bytes, hash_names: list[str]) -> TargetFile:
        """Stores a target under the names a client may ask for; gives its metadata."""
        target = TargetFile.from_data(path, content, hash_names)
        if self.consistent:
            for name in target.get_prefixed_paths():
                self.files[f"targets/{name}"] = content
        self.files[f"targets/{path}"] = content
        return target

    def entry(self, version: int, content: bytes) -> MetaFile:
        """What snapshot or timestamp says of a file."""
        if self.listed:
            return MetaFile.from_data(version, content, ["sha256"])
        return MetaFile(version)

    def sign(self, signed: Signed, signers: Iterable[Signer]) -> bytes:
        """The bytes of the signed file.

        Equal roles under equal keys are equal bytes: thousands of empty bins are signed once.
        """
        metadata = Metadata(signed)
        payload = metadata.signed_bytes
        signers = list(signers)
        keyids = [signer.public_key.keyid for signer in signers]
        if self._last is not None and self._last[:2] == (payload, keyids):
            return self._last[2]
        for signer in signers:
            signature = signer.sign(payload)
            metadata.signatures[signature.keyid] = signature
        content = metadata.to_bytes(self.serializer)
        self._last = (payload, keyids, content)
        return content

    def write(self, folder: Path) -> None:
        """Writes all files below folder."""
        made = set()
        for path, content in self.files.items():
            file = folder / path
            if file.parent not in made:
                file.parent.mkdir(parents=True, exist_ok=True)
                made.add(file.parent)
            file.write_bytes(content)

    def _store(self, name: str, version: int, content: bytes) -> None:
        prefix = f"{version}." if self.consistent else ""
        self.files[f"metadata/{prefix}{quote(name, '')}.json"] = content


def make_root(
    roles: dict[str, tuple[list[Signer], int]],
    expires: datetime,
    *,
    version: int = 1,
    consistent: bool = True,
) -> Root:
    """A root that names, for each top-level role, its keys and its threshold."""
    return Root(
        version=version,
        expires=expires,
        keys=keys_of(signer for signers, _ in roles.values() for signer in signers),
        roles={
            name: Role([signer.public_key.keyid for signer in signers], threshold)
            for name, (signers, threshold) in roles.items()
        },
        consistent_snapshot=consistent,
    )


def delegate(*edges: tuple[DelegatedRole, list[Signer]]) -> Delegations:
    """Delegations, in the order given, each with the keys of its role."""
    return Delegations(
        keys=keys_of(signer for _, signers in edges for signer in signers),
        roles={role.name: role for role, _ in edges},
    )


def role_by_paths(
    name: str, signers: list[Signer], paths: list[str], *, terminating: bool, threshold: int = 1
) -> tuple[DelegatedRole, list[Signer]]:
    """A role for the paths that match a pattern, for delegate()."""
    keyids = [signer.public_key.keyid for signer in signers]
    return DelegatedRole(name, keyids, threshold, terminating, paths=paths), signers


def role_by_prefixes(
    name: str, signers: list[Signer], prefixes: list[str], *, threshold: int = 1
) -> tuple[DelegatedRole, list[Signer]]:
    """A hash bin, for delegate(); bins are terminating, as exactly one can match."""
    keyids = [signer.public_key.keyid for signer in signers]
    return DelegatedRole(name, keyids, threshold, True, path_hash_prefixes=prefixes), signers


def delegate_succinctly(signers: list[Signer], bit_length: int, name_prefix: str) -> Delegations:
    """Succinct hash bins (TAP 15), threshold 1."""
    keyids = [signer.public_key.keyid for signer in signers]
    roles = SuccinctRoles(keyids, 1, bit_length, name_prefix)
    return Delegations(keys=keys_of(signers), succinct_roles=roles)


def keys_of(signers: Iterable[Signer]) -> dict[str, Key]:
    """Public keys by keyid."""
    return {signer.public_key.keyid: signer.public_key for signer in signers}


def parse_time(text: str) -> datetime:
    """A moment from YYYY-MM-DDTHH:MM:SSZ."""
    return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def to_json(value: object) -> bytes:
    """JSON as the files of facts and expectations are written."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _private_key(label: str, scheme: str):
    if scheme == ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(next(_stream(label)))
    if scheme == P256:
        return ec.derive_private_key(_number(label, 248), ec.SECP256R1())
    if scheme == P384:
        return ec.derive_private_key(_number(label, 376), ec.SECP384R1())
    if scheme == RSA:
        return _rsa_key(label)
    raise ValueError(f"no test keys for {scheme}")


def _stream(label: str) -> Iterator[bytes]:
    for number in count():
        yield hashlib.sha256(f"test key, not secret: {label} {number}".encode()).digest()


def _number(label: str, bits: int) -> int:
    """A number of exactly that many bits: below the order of the curve, and never zero."""
    blocks = _stream(label)
    content = b"".join(next(blocks) for _ in range(-(-bits // 256)))
    return int.from_bytes(content[: bits // 8], "big") | 1 << (bits - 1)


@lru_cache
def _rsa_key(label: str) -> rsa.RSAPrivateKey:
    p = _prime(f"{label} p")
    q = _prime(f"{label} q")
    exponent = 65537
    d = pow(exponent, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(exponent, p * q),
    ).private_key()


def _prime(label: str) -> int:
    """A prime of 1,024 bits, its two highest bits set, found upwards from the label's number."""
    candidate = _number(label, 1024) | 1 << 1022 | 1
    small = [n for n in range(3, 2000) if all(n % m for m in range(2, int(n**0.5) + 1))]
    while any(candidate % n == 0 for n in small) or not _is_probable_prime(candidate):
        candidate += 2
    return candidate


def _is_probable_prime(number: int) -> bool:
    """Miller-Rabin to ten fixed bases."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _sign_pss(key: rsa.RSAPrivateKey, payload: bytes, salt_length: int) -> bytes:
    """RSASSA-PSS with SHA-256 (RFC 8017, 8.1.1), its salt taken from the payload.

    The library draws a random salt, and a repository would differ from run to run.
    """
    size = 256  # of the modulus, in bytes
    digest = hashlib.sha256(payload).digest()
    salts = _stream(f"salt {digest.hex()}")
    salt = b"".join(next(salts) for _ in range(-(-salt_length // 32)))[:salt_length]
    hashed = hashlib.sha256(bytes(8) + digest + salt).digest()
    block = bytes(size - salt_length - 34) + b"\x01" + salt
    mask = b"".join(
        hashlib.sha256(hashed + number.to_bytes(4, "big")).digest()
        for number in range(-(-len(block) // 32))
    )
    masked = bytearray(a ^ b for a, b in zip(block, mask, strict=False))
    masked[0] &= 0x7F
    message = int.from_bytes(bytes(masked) + hashed + b"\xbc", "big")
    numbers = key.private_numbers()
    # By the Chinese remainder theorem: four times as fast as one power of d.
    at_p = pow(message, numbers.dmp1, numbers.p)
    at_q = pow(message, numbers.dmq1, numbers.q)
    number = at_q + numbers.q * ((at_p - at_q) * numbers.iqmp % numbers.p)
    return number.to_bytes(size, "big")
