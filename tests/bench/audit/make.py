"""Writes a repository of PyPI's size into a folder, as a mirror has it.

Usage: python make.py FOLDER [--bins 16384] [--targets 1000000] [--explicit] [--files COUNT]

The folder gets `metadata/`, with consistent snapshots, and `root.json`. The bins are succinct roles
(TAP 15), or with --explicit 16 hash prefixes each or fewer (PEP 458). Each target has one SHA-256,
so a million of them are 188 MB. With --files, so many of the targets have a file in `targets/`.
Each role has one Ed25519 key. The bytes are the same every time.
"""

import argparse
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

COMMON = {"expires": "2038-01-01T00:00:00Z", "spec_version": "1.0.31", "version": 1}


class Signer:
    def __init__(self, name):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = {
            "keytype": "ed25519",
            "keyval": {"public": public.hex()},
            "scheme": "ed25519",
        }
        self.keyid = hashlib.sha256(canonical(self.key)).hexdigest()

    def write(self, file, signed):
        """Writes a signed file. All text is ASCII, so that this JSON is the canonical form too."""
        message = canonical(signed)
        signature = self.private.sign(message).hex()
        head = canonical({"signatures": [{"keyid": self.keyid, "sig": signature}]})
        file.write_bytes(head[:-1] + b',"signed":' + message + b"}")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def target(number):
    """A path as in Warehouse's prototype, and the content of the file."""
    content = b"content of %d\n" % number
    digits = hashlib.blake2b(content, digest_size=32).hexdigest()
    name = f"project_{number % 500_000}-{number // 500_000}.0.tar.gz"
    return f"{digits[:2]}/{digits[2:4]}/{digits[4:]}/{name}", content


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--bins", type=int, default=16_384)
    parser.add_argument("--targets", type=int, default=1_000_000)
    parser.add_argument("--explicit", action="store_true")
    parser.add_argument("--files", type=int, default=0)
    arguments = parser.parse_args()
    bits = arguments.bins.bit_length() - 1
    assert arguments.bins == 1 << bits and bits <= 16, "--bins is a power of two, at most 65536"
    metadata = arguments.folder / "metadata"
    metadata.mkdir(parents=True)

    listed = [{} for _ in range(arguments.bins)]
    for number in range(arguments.targets):
        path, content = target(number)
        place = int(hashlib.sha256(path.encode()).hexdigest()[:4], 16) >> (16 - bits)
        digest = hashlib.sha256(content).hexdigest()
        listed[place][path] = {"hashes": {"sha256": digest}, "length": len(content)}
        if number < arguments.files:
            folder, name = path.rsplit("/", 1)
            file = arguments.folder / "targets" / folder / f"{digest}.{name}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    width = -(-bits // 4)
    names = [f"bins-{number:0{width}x}" for number in range(arguments.bins)]
    signers = {name: Signer(name) for name in ("root", "online", "targets")}
    online, offline = signers["online"], signers["targets"]
    for name, targets in zip(names, listed):
        online.write(metadata / f"1.{name}.json", COMMON | {"_type": "targets", "targets": targets})

    def delegate(name, **roles):
        delegations = {"keys": {online.keyid: online.key}} | roles
        signed = {"_type": "targets", "targets": {}, "delegations": delegations}
        (offline if name == "targets" else online).write(
            metadata / f"1.{name}.json", COMMON | signed
        )

    common = {"keyids": [online.keyid], "threshold": 1}
    if arguments.explicit:
        count, digits = (1, width) if bits % 4 == 0 else (1 << (4 - bits % 4), width)
        roles = [
            common
            | {
                "name": name,
                "path_hash_prefixes": [
                    f"{number * count + one:0{digits}x}" for one in range(count)
                ],
                "terminating": True,
            }
            for number, name in enumerate(names)
        ]
        delegate("bins", roles=roles)
        every = ["*", "*/*", "*/*/*", "*/*/*/*"]
        role = common | {"name": "bins", "paths": every, "terminating": True}
        delegate("targets", roles=[role])
        names.append("bins")
    else:
        succinct = common | {"bit_length": bits, "name_prefix": "bins"}
        delegate("targets", succinct_roles=succinct)

    meta = {f"{name}.json": {"version": 1} for name in [*names, "targets"]}
    online.write(metadata / "1.snapshot.json", COMMON | {"_type": "snapshot", "meta": meta})
    meta = {"snapshot.json": {"version": 1}}
    online.write(metadata / "timestamp.json", COMMON | {"_type": "timestamp", "meta": meta})
    owners = {"root": "root", "targets": "targets", "snapshot": "online", "timestamp": "online"}
    root = COMMON | {
        "_type": "root",
        "consistent_snapshot": True,
        "keys": {signer.keyid: signer.key for signer in signers.values()},
        "roles": {
            role: {"keyids": [signers[owner].keyid], "threshold": 1}
            for role, owner in owners.items()
        },
    }
    for file in (metadata / "1.root.json", arguments.folder / "root.json"):
        signers["root"].write(file, root)


if __name__ == "__main__":
    main()
