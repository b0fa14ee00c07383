"""Writes a repository for each kind of key: a chain of ten roots, and one bin with one target.

usage: make.py FOLDER

All roles of a repository are signed by securesystemslib, by keys of one scheme, or, in the last
one, by two keys that both must sign. The keys are made anew in every run.
"""

import sys
from pathlib import Path

from schemes import EXPIRES, signer
from securesystemslib.signer import Signer
from support import Repository, delegate_succinctly, make_root, to_json
from tuf.api.metadata import Snapshot, Targets, Timestamp

ROOTS = 10
# 32 bins, of which one has the target, and the others are empty.
BIT_LENGTH = 5
PATH = "six/six-1.17.0.tar.gz"
SCHEMES = {
    "ed25519": [("ed25519", "ed25519")],
    "ml-dsa-44": [("ml-dsa", "ml-dsa-44/1")],
    "ml-dsa-65": [("ml-dsa", "ml-dsa-65/1")],
    "ml-dsa-87": [("ml-dsa", "ml-dsa-87/1")],
    "ed25519+ml-dsa-65": [("ed25519", "ed25519"), ("ml-dsa", "ml-dsa-65/1")],
}


def write(folder: Path, signers: list[Signer]) -> None:
    """Writes a repository, all of whose roles need all of the signers."""
    repository = Repository(compact=True)
    needed = {
        role: (signers, len(signers)) for role in ("root", "timestamp", "snapshot", "targets")
    }
    for version in range(1, ROOTS + 1):
        repository.add_root(make_root(needed, EXPIRES, version=version), signers)
    delegations = delegate_succinctly(signers, BIT_LENGTH, "bin")
    delegations.succinct_roles.threshold = len(signers)
    target = repository.add_target(PATH, b"a distribution\n", ["sha256"])
    of_target = delegations.succinct_roles.get_role_for_target(PATH)
    for name in delegations.succinct_roles.get_roles():
        listed = {PATH: target} if name == of_target else {}
        repository.add_role(name, Targets(1, expires=EXPIRES, targets=listed), signers)
    top = Targets(1, expires=EXPIRES, delegations=delegations)
    repository.add_role("targets", top, signers)
    listed = repository.add_snapshot(Snapshot(1, expires=EXPIRES), signers)
    repository.add_timestamp(Timestamp(1, expires=EXPIRES, snapshot_meta=listed), signers)
    repository.files["expect.json"] = to_json({"targets": [PATH]})
    repository.write(folder)


def main() -> None:
    """Writes all repositories, and prints their names."""
    for name, pairs in SCHEMES.items():
        write(Path(sys.argv[1]) / name, [signer(*pair) for pair in pairs])
        print(name)


if __name__ == "__main__":
    main()
