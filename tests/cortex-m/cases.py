"""Repositories and attacks for the device, each a folder for the firmware and the command line.

A case's folder holds metadata/ and targets/, which are the repository, and stored/, the trusted
files from before: at least root.json. The attacks are made with the test keys of
tests/interop/support.py, so that all that is wrong with a signed file is what the attack is about.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "interop"))

from support import P256, Repository, TestSigner  # noqa: E402
from securesystemslib.signer import CryptoSigner, Signer  # noqa: E402
from tuf.api.metadata import Metadata, Root, Signed  # noqa: E402


@dataclass
class Case:
    """What is asked, and what both must say: a code, or nothing where the target holds."""

    name: str
    folder: Path
    time: str
    target: str
    code: str | None = None
    # Of a file without end: how much of it the device may read.
    bytes_read_max: int | None = None


def make_cases(repositories: Path, out: Path, *, p256: bool) -> list[Case]:
    """Writes all of them below out; those that need P-256 only where it is asked for."""
    cases = []
    if p256:
        for name in ("explicit", "succinct"):
            source = repositories / name
            expected = json.loads((source / "expect.json").read_bytes())
            folder = link(source, out / f"{name}-p256")
            hand_over(folder, name, expected["targets"][0])
            cases.append(Case(folder.name, folder, expected["time"], expected["targets"][0]))
        stolen = link(cases[0].folder, out / "changed-p256")
        cases.append(replace(cases[0], name=stolen.name, folder=stolen))
        change_signature(cases[-1])
    for name, place in (("explicit", 0), ("explicit", -1), ("succinct", 0)):
        source = repositories / name
        expected = json.loads((source / "expect.json").read_bytes())
        folder = link(source, out / f"{name}{place or ''}")
        rotate(folder, name)
        cases.append(Case(folder.name, folder, expected["time"], expected["targets"][place]))
    cases.append(
        replace(cases[-3], name="explicit-absent", target="no/such-file", code="target-not-found")
    )
    for name, make in SMALL.items():
        folder = copy(repositories / "consistent", out / name)
        expected = json.loads((repositories / "consistent" / "expect.json").read_bytes())
        case = Case(name, folder, expected["time"], "readme.txt")
        make(case)
        cases.append(case)
    return cases


def make_ml_dsa_cases(repositories: Path, out: Path) -> list[Case]:
    """For each set, root 2 gives the timestamp to such a key; and the same, signed wrongly."""
    cases = []
    for scheme in ("ml-dsa-44/1", "ml-dsa-65/1", "ml-dsa-87/1"):
        for name, change in (("", None), ("-changed", change_signature)):
            folder = copy(repositories / "consistent", out / (scheme.replace("/", "-") + name))
            expected = json.loads((repositories / "consistent" / "expect.json").read_bytes())
            case = Case(folder.name, folder, expected["time"], "readme.txt")
            give_timestamp(folder, CryptoSigner.generate_mldsa(scheme=scheme))
            if change is not None:
                change(case)
            cases.append(case)
    return cases


def give_timestamp(folder: Path, signer: Signer) -> None:
    """Root 2 gives the timestamp to the key of this signer, which signs it beside the old one."""
    metadata = folder / "metadata"
    root = Metadata.from_file(str(folder / "stored" / "root.json")).signed
    assert isinstance(root, Root)
    root.add_key(signer.public_key, "timestamp")
    root.roles["timestamp"].threshold = 2
    root.version += 1
    keys = [TestSigner("consistent root 1"), TestSigner("consistent root 2")]
    (metadata / f"{root.version}.root.json").write_bytes(Repository().sign(root, keys))
    timestamp = Metadata.from_file(str(metadata / "timestamp.json")).signed
    content = Repository().sign(timestamp, [signer, ONLINE])
    (metadata / "timestamp.json").write_bytes(content)


def link(source: Path, folder: Path) -> Path:
    """The repository with its files left where they are."""
    (folder / "metadata").mkdir(parents=True)
    (folder / "stored").mkdir()
    for file in (source / "metadata").iterdir():
        (folder / "metadata" / file.name).symlink_to(file.resolve())
    (folder / "targets").symlink_to((source / "targets").resolve())
    anchor = source / "root.json"
    shutil.copy(
        anchor if anchor.exists() else source / "stored" / "root.json",
        folder / "stored" / "root.json",
    )
    return folder


def copy(source: Path, folder: Path) -> Path:
    """The repository with files of its own."""
    folder.mkdir(parents=True)
    for part in ("metadata", "targets"):
        shutil.copytree(source / part, folder / part)
    (folder / "stored").mkdir()
    shutil.copy(source / "root.json", folder / "stored" / "root.json")
    return folder


def rotate(folder: Path, label: str) -> None:
    """Roots 2 and 3: a root key gives way to another; then all three must sign."""
    first = [TestSigner(f"{label} root {n}") for n in (1, 2, 3)]
    second = [*first[1:], TestSigner(f"{label} root 4")]
    add_root(folder, 2, second, 2, [*first, second[-1]])
    add_root(folder, 3, second, 3, second)


def add_root(
    folder: Path, version: int, keys: list[TestSigner], threshold: int, signing: list[TestSigner]
) -> None:
    """The root before, with these keys for the root role."""
    before = folder / "metadata" / f"{version - 1}.root.json"
    root = Metadata.from_file(str(before)).signed
    assert isinstance(root, Root)
    for keyid in list(root.roles["root"].keyids):
        root.revoke_key(keyid, "root")
    for signer in keys:
        root.add_key(signer.public_key, "root")
    root.roles["root"].threshold = threshold
    root.version = version
    before.with_name(f"{version}.root.json").write_bytes(Repository().sign(root, signing))


def hand_over(folder: Path, label: str, target: str) -> None:
    """Root 2 gives what is signed online to a P-256 key, and so do the delegations to bins.

    Of the bins, the one that lists the target is signed anew.
    """
    metadata = folder / "metadata"
    key = TestSigner(f"{label} p256", P256)
    root = Metadata.from_file(str(metadata / "1.root.json")).signed
    online = list(root.roles["timestamp"].keyids)
    for role in ("timestamp", "snapshot", "targets"):
        for keyid in [keyid for keyid in root.roles[role].keyids if keyid in online]:
            root.revoke_key(keyid, role)
            root.add_key(key.public_key, role)
    root.version = 2
    sign(metadata / "2.root.json", root, [TestSigner(f"{label} root {n}") for n in (1, 2, 3)])
    snapshot = Metadata.from_file(str(metadata / "1.snapshot.json")).signed
    timestamp = Metadata.from_file(str(metadata / "timestamp.json")).signed

    delegator = "bins" if (metadata / "1.bins.json").exists() else "targets"
    signing = (
        [key] if delegator == "targets" else [TestSigner(f"{label} offline {n}") for n in (1, 2)]
    )
    bins = Metadata.from_file(str(metadata / f"1.{delegator}.json")).signed
    name = next(bins.delegations.get_roles_for_target(target))[0]
    bins.delegations.keys = {key.public_key.keyid: key.public_key}
    for role in (bins.delegations.roles or {}).values():
        role.keyids = [key.public_key.keyid]
    if bins.delegations.succinct_roles:
        bins.delegations.succinct_roles.keyids = [key.public_key.keyid]
    last = snapshot.meta[f"{name}.json"].version
    for role, signed, signers in (
        (delegator, bins, signing),
        (name, Metadata.from_file(str(metadata / f"{last}.{name}.json")).signed, [key]),
    ):
        signed.version += 1
        snapshot.meta[f"{role}.json"].version = signed.version
        sign(metadata / f"{signed.version}.{role}.json", signed, signers)
    snapshot.version = timestamp.version = timestamp.snapshot_meta.version = 2
    sign(metadata / "2.snapshot.json", snapshot, [key])
    (metadata / "timestamp.json").unlink()
    sign(metadata / "timestamp.json", timestamp, [key])


def sign(file: Path, signed: Signed, signing: list[TestSigner]) -> None:
    """Signs and writes a file that is not there."""
    assert not file.exists()
    file.write_bytes(Repository().sign(signed, signing))


def change_signature(case: Case) -> None:
    """One digit of a P-256 signature, within its second number."""
    file = case.folder / "metadata" / "timestamp.json"
    timestamp = json.loads(file.read_bytes())
    signature = timestamp["signatures"][0]["sig"]
    other = "0" if signature[-1] != "0" else "1"
    timestamp["signatures"][0]["sig"] = signature[:-1] + other
    file.unlink()
    file.write_bytes(json.dumps(timestamp).encode())
    case.code = "threshold-not-met"


def renew(case: Case) -> None:
    """A newer snapshot than the stored one, with which it is compared: no attack."""
    folder, stored = case.folder / "metadata", case.folder / "stored"
    shutil.copy(folder / "timestamp.json", stored / "timestamp.json")
    shutil.copy(folder / "7.snapshot.json", stored / "snapshot.json")
    snapshot = Metadata.from_file(str(folder / "7.snapshot.json")).signed
    timestamp = Metadata.from_file(str(folder / "timestamp.json")).signed
    snapshot.version = timestamp.version = timestamp.snapshot_meta.version = 8
    (folder / "8.snapshot.json").write_bytes(Repository().sign(snapshot, [ONLINE]))
    (folder / "timestamp.json").write_bytes(Repository().sign(timestamp, [ONLINE]))


def change_byte(case: Case) -> None:
    """One digit of a target's hash."""
    file = case.folder / "metadata" / "3.targets.json"
    content = file.read_bytes()
    digest = b"0378767b3aa93349"
    assert content.count(digest) == 1
    file.write_bytes(content.replace(digest, b"1" + digest[1:]))
    case.code = "threshold-not-met"


def change_target(case: Case) -> None:
    """One byte of the target file, its length as it was."""
    for file in (case.folder / "targets").glob("*readme.txt"):
        file.write_bytes(b"Read us.\n")
    case.code = "hash-mismatch"


def roll_back(case: Case) -> None:
    """The stored timestamp is version 7, the one offered is 6, and rightly signed."""
    file = case.folder / "metadata" / "timestamp.json"
    shutil.copy(file, case.folder / "stored" / "timestamp.json")
    timestamp = Metadata.from_file(str(file)).signed
    timestamp.version = 6
    file.write_bytes(Repository().sign(timestamp, [ONLINE]))
    case.code = "rollback"


def freeze(case: Case) -> None:
    """The same files, after the timestamp's last day."""
    case.time = "2125-12-31T12:00:00Z"
    case.code = "expired"


def steal_threshold(case: Case) -> None:
    """A root 2 that lowers its own threshold, signed by one key of the two that root 1 asks for."""
    key = TestSigner("consistent root 1")
    add_root(case.folder, 2, [key], 1, [key])
    case.code = "threshold-not-met"


def never_end(case: Case) -> None:
    """A timestamp with 8 MB of white space behind it."""
    file = case.folder / "metadata" / "timestamp.json"
    file.write_bytes(file.read_bytes() + b" " * (8 << 20))
    case.code = "limit-reached"
    # The root is read a few times; of the timestamp, its limit of 16 KB.
    case.bytes_read_max = 64_000


def never_end_target(case: Case) -> None:
    """A target file that goes on for ever."""
    for file in (case.folder / "targets").glob("*readme.txt"):
        file.unlink()
        file.symlink_to("/dev/zero")
    case.code = "length-mismatch"
    case.bytes_read_max = 64_000


ONLINE = TestSigner("consistent online 1")
SMALL: dict[str, Callable[[Case], None]] = {
    "newer-snapshot": renew,
    "changed-byte": change_byte,
    "changed-target": change_target,
    "rollback": roll_back,
    "freeze": freeze,
    "stolen-threshold": steal_threshold,
    "endless-timestamp": never_end,
    "endless-target": never_end_target,
}
