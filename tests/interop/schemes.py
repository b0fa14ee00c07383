"""Repositories signed by every scheme that securesystemslib knows, by securesystemslib.

    schemes.py FOLDER

writes a repository for each pair of a key type and a scheme in its table of keys, for
each other scheme of which it knows the hash function, and for pairs of keys of different
kinds that both must sign. Each has all top-level roles under such keys, and one target,
`a.txt`. Prints one JSON object a line:

  name          "KEYTYPE SCHEME", or "SCHEME + SCHEME" for a pair
  keytype       absent for a pair
  scheme        absent for a pair
  signed        whether securesystemslib could sign by it
  dir           the repository
  changed       the same with a byte changed in the targets, which nobody has signed

The keys are made anew in every run, as is whatever is random in signatures.
"""

import json
import sys
from pathlib import Path

from securesystemslib.signer import (
    KEY_FOR_TYPE_AND_SCHEME,
    CryptoSigner,
    Key,
    Signature,
    Signer,
    SSlibKey,
)
from support import Repository, make_root, parse_time
from tuf.api.metadata import Snapshot, Targets, Timestamp

EXPIRES = parse_time("2031-01-01T00:00:00Z")
CONTENT = b"signed by any scheme\n"

# Of these `SSlibKey` knows the hash function, but its table of keys has them not.
OUTSIDE_THE_TABLE = [("rsa", "rsassa-pss-sha224"), ("rsa", "rsa-pkcs1v15-sha224")]

PAIRS = [
    (("ed25519", "ed25519"), ("ml-dsa", "ml-dsa-65/1")),
    (("ecdsa", "ecdsa-sha2-nistp256"), ("ml-dsa", "ml-dsa-44/1")),
    (("rsa", "rsa-pkcs1v15-sha256"), ("ecdsa", "ecdsa-sha2-nistp521")),
]


class Unable(Signer):
    """Stands for a key that the library has a scheme for, and no way to sign by here."""

    def __init__(self, keytype: str, scheme: str) -> None:
        self._key = SSlibKey("unable", keytype, scheme, {"public": "00"})

    @property
    def public_key(self) -> Key:
        return self._key

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri, public_key, secrets_handler=None):
        raise NotImplementedError

    def sign(self, payload: bytes) -> Signature:
        return Signature("unable", "00")


def signer(keytype: str, scheme: str) -> Signer:
    """A signer with a new key."""
    if scheme == "ed25519":
        made = CryptoSigner.generate_ed25519()
    elif scheme.startswith("ecdsa-"):
        made = CryptoSigner.generate_ecdsa(scheme=scheme)
    elif scheme.startswith("ml-dsa-"):
        made = CryptoSigner.generate_mldsa(scheme=scheme)
    elif scheme.startswith(("rsassa-pss-", "rsa-pkcs1v15-")):
        made = CryptoSigner.generate_rsa(scheme=scheme, size=2048)
    else:
        return Unable(keytype, scheme)
    public = made.public_key
    if public.keytype != keytype:
        # The older name of a key type.
        public = SSlibKey(public.keyid, keytype, scheme, public.keyval)
        made = CryptoSigner(made._private_key, public)
    return made


def write(folder: Path, signers: list[Signer]) -> None:
    """Writes a repository, all of whose roles need all of the signers."""
    repository = Repository()
    roles = ("root", "timestamp", "snapshot", "targets")
    needed = {role: (signers, len(signers)) for role in roles}
    repository.add_root(make_root(needed, EXPIRES), signers)
    target = repository.add_target("a.txt", CONTENT, ["sha256"])
    repository.add_role("targets", Targets(1, expires=EXPIRES, targets={"a.txt": target}), signers)
    listed = repository.add_snapshot(Snapshot(1, expires=EXPIRES), signers)
    repository.add_timestamp(Timestamp(1, expires=EXPIRES, snapshot_meta=listed), signers)
    repository.write(folder)


def change(folder: Path) -> None:
    """Changes a byte of the targets: the file's length is another."""
    file = folder / "metadata" / "1.targets.json"
    content = file.read_bytes()
    length = f'"length": {len(CONTENT)}'.encode()
    assert length in content, content
    file.write_bytes(content.replace(length, f'"length": {len(CONTENT) + 1}'.encode()))


def main() -> None:
    folder = Path(sys.argv[1])
    known = sorted({*KEY_FOR_TYPE_AND_SCHEME, *OUTSIDE_THE_TABLE})
    asked = [((pair,), dict(zip(("keytype", "scheme"), pair, strict=True))) for pair in known]
    asked += [(pairs, {}) for pairs in PAIRS]
    for number, (pairs, said) in enumerate(asked):
        keys = [signer(*pair) for pair in pairs]
        name = " ".join(pairs[0]) if said else " + ".join(scheme for _, scheme in pairs)
        good, changed = folder / f"{number}", folder / f"{number}-changed"
        write(good, keys)
        write(changed, keys)
        change(changed)
        signed = not any(isinstance(key, Unable) for key in keys)
        said |= {"name": name, "signed": signed, "dir": str(good), "changed": str(changed)}
        print(json.dumps(said))


if __name__ == "__main__":
    main()
