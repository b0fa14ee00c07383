"""Makes the demo repository that the command line embeds, cli/demo/.

A PEP 458-shaped TUF repository, written by python-tuf, of the real files that
files.json lists. It needs no network and no clock, and makes the same bytes every
time. README.md describes what comes out.

Usage: python make.py            writes cli/demo/
       python make.py --check    compares it, and has python-tuf's client verify it
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))

from judge import run_client  # noqa: E402
from support import (  # noqa: E402
    MetaFile,
    Repository,
    Snapshot,
    TargetFile,
    Targets,
    TestSigner,
    Timestamp,
    delegate,
    make_root,
    parse_time,
    role_by_paths,
    role_by_prefixes,
)

OUT = HERE.parents[1] / "cli" / "demo"
# The embedded wheel: its content is beside this script, its facts in files.json.
WHEEL = "iniconfig-2.3.1-py3-none-any.whl"
WHEEL_TARGET = f"iniconfig/{WHEEL}"
# What the bin of the last attack lists though its path belongs to another bin.
FOREIGN_TARGET = "iniconfig/iniconfig-99.0-py3-none-any.whl"
FOREIGN_CONTENT = b"anything but iniconfig\n"

MADE = "2026-11-22T00:00:00Z"
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
BINS = "0123456789abcdef"
SIZE_LIMIT = 120_000

# How python-tuf words its refusals. The role is part of it: each attack has to fail where the
# demo says it fails, and not at a later check.
CHANGED = "LengthOrHashMismatchError: Observed hash"
ROLLED_BACK = "BadVersionNumberError: New timestamp version 1 must be >= 2"
STALE = "ExpiredMetadataError: timestamp.json is expired"
STOLEN = "UnsignedMetadataError: root was signed by 1/2 keys"

ROOT = [TestSigner(f"demo root {n}") for n in (1, 2, 3)]
TARGETS = [TestSigner(f"demo targets {n}") for n in (1, 2, 3)]
BINS_ROLE = [TestSigner(f"demo bins {n}") for n in (1, 2)]
TIMESTAMP = [TestSigner("demo timestamp")]
SNAPSHOT = [TestSigner("demo snapshot")]
BIN_N = [TestSigner("demo bin-n")]
THIEF = [TestSigner(f"demo thief {n}") for n in (1, 2)]


def main() -> None:
    """Writes or checks the repository."""
    files = make()
    size = sum(map(len, files.values()))
    if size > SIZE_LIMIT:
        raise SystemExit(f"{size} bytes are more than the {SIZE_LIMIT} that may be embedded")
    if sys.argv[1:] == ["--check"]:
        compare(files)
        check_client(files)
        print(f"{len(files)} files, {size} bytes: as committed, and python-tuf agrees")
    elif not sys.argv[1:]:
        write(files)
        print(f"{len(files)} files, {size} bytes in {OUT}")
    else:
        raise SystemExit(__doc__)


def make() -> dict[str, bytes]:
    """All files, by their path in cli/demo/."""
    time = parse_time(MADE)
    repository = Repository()
    root = make_root(
        {
            "root": (ROOT, 2),
            "timestamp": (TIMESTAMP, 1),
            "snapshot": (SNAPSHOT, 1),
            "targets": (TARGETS, 2),
        },
        time + YEAR,
    )
    repository.add_root(root, ROOT[:2])
    repository.add_role("targets", targets_role(time), [TARGETS[0], TARGETS[2]])
    repository.add_role("bins", bins_role(time), BINS_ROLE[:1])
    targets_by_bin = sort_into_bins(read_facts())
    for digit, targets in targets_by_bin.items():
        role = Targets(expires=time + DAY, targets=targets)
        repository.add_role(f"bin-{digit}", role, BIN_N)

    # What the repository offered twelve hours ago. Not expired yet, and validly signed.
    older = timestamp(1, MetaFile(1), time - DAY / 2)
    files = {"attacks/rollback/timestamp.json": repository.sign(older, TIMESTAMP)}

    publish(repository, 2, time)
    wheel = (HERE / WHEEL).read_bytes()
    target = targets_by_bin[bin_of(WHEEL_TARGET)][WHEEL_TARGET]
    target.verify_length_and_hashes(wheel)
    # Consistent snapshots: clients ask for the first hash first, and one copy is enough.
    repository.files[f"targets/{target.get_prefixed_paths()[0]}"] = wheel

    files |= repository.files
    files["time.txt"] = f"{MADE}\n".encode()
    files["attacks/stolen-threshold/2.root.json"] = stolen_root(repository, time)
    files |= foreign_bin(repository, targets_by_bin, time)
    return files


def targets_role(time: datetime) -> Targets:
    """Top-level targets: all distributions are left to bins."""
    edge = role_by_paths("bins", BINS_ROLE, ["*/*"], terminating=True)
    return Targets(expires=time + YEAR, delegations=delegate(edge))


def bins_role(time: datetime) -> Targets:
    """Delegates each target to one of 16 bins, by the first digit of its path's hash."""
    edges = [role_by_prefixes(f"bin-{digit}", BIN_N, [digit]) for digit in BINS]
    return Targets(expires=time + YEAR, delegations=delegate(*edges))


def read_facts() -> list[TargetFile]:
    """The targets that files.json lists."""
    targets = []
    for fact in json.loads((HERE / "files.json").read_bytes()):
        requires = fact["requires-python"]
        custom = {"custom": {"requires-python": requires}} if requires else None
        path = f"{fact['project']}/{fact['filename']}"
        targets.append(TargetFile(fact["length"], fact["hashes"], path, custom))
    return targets


def sort_into_bins(targets: list[TargetFile]) -> dict[str, dict[str, TargetFile]]:
    """The targets of each bin; a bin may be empty."""
    bins: dict[str, dict[str, TargetFile]] = {digit: {} for digit in BINS}
    for target in targets:
        bins[bin_of(target.path)][target.path] = target
    return bins


def bin_of(path: str) -> str:
    """The digit of the bin that a target path belongs to."""
    return hashlib.sha256(path.encode()).hexdigest()[0]


def publish(repository: Repository, version: int, time: datetime) -> None:
    """Adds snapshot and timestamp; the timestamp says what bytes the snapshot has."""
    repository.listed = True
    entry = repository.add_snapshot(Snapshot(version=version, expires=time + DAY), SNAPSHOT)
    repository.listed = False
    repository.add_timestamp(timestamp(version, entry, time), TIMESTAMP)


def timestamp(version: int, entry: MetaFile, time: datetime) -> Timestamp:
    """A timestamp made at that time."""
    return Timestamp(version=version, expires=time + DAY, snapshot_meta=entry)


def stolen_root(repository: Repository, time: datetime) -> bytes:
    """A root 2 that hands all to a thief who has only one of the two old keys it takes."""
    root = make_root(
        {
            "root": (THIEF, 2),
            "timestamp": (THIEF, 1),
            "snapshot": (THIEF, 1),
            "targets": (THIEF, 1),
        },
        time + YEAR,
        version=2,
    )
    return repository.sign(root, [ROOT[0], *THIEF])


def foreign_bin(
    repository: Repository, bins: dict[str, dict[str, TargetFile]], time: datetime
) -> dict[str, bytes]:
    """A bin, validly signed and published, that lists targets which are another bin's.

    It promises a release that does not exist, and other content for the embedded wheel.
    """
    lies = {
        path: TargetFile.from_data(path, FOREIGN_CONTENT, ["blake2b-256", "sha256"])
        for path in (FOREIGN_TARGET, WHEEL_TARGET)
    }
    liar = next(digit for digit in BINS if digit not in map(bin_of, lies))
    role = Targets(version=2, expires=time + DAY, targets=bins[liar] | lies)
    attack = Repository()
    attack.listing = dict(repository.listing)
    attack.add_role(f"bin-{liar}", role, BIN_N)
    publish(attack, 3, time)
    return {
        f"attacks/outside-paths/{path.removeprefix('metadata/')}": content
        for path, content in attack.files.items()
    }


def write(files: dict[str, bytes]) -> None:
    """Replaces what is in cli/demo/."""
    for path in existing() - files.keys():
        (OUT / path).unlink()
    for path, content in files.items():
        file = OUT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def existing() -> set[str]:
    """The files in cli/demo/."""
    return {file.relative_to(OUT).as_posix() for file in OUT.rglob("*") if file.is_file()}


def compare(files: dict[str, bytes]) -> None:
    """Stops when cli/demo/ is not what this script makes."""
    differing = existing() ^ files.keys()
    differing |= {
        path for path in files.keys() - differing if (OUT / path).read_bytes() != files[path]
    }
    if differing:
        raise SystemExit(f"cli/demo differs, run make.py: {', '.join(sorted(differing))}")


def check_client(files: dict[str, bytes]) -> None:
    """Stops when python-tuf's client does not say of the repository what the demo says."""
    time = parse_time(MADE)
    attack = {path.split("/", 2)[1]: {} for path in files if path.startswith("attacks/")}
    for path, content in files.items():
        if path.startswith("attacks/"):
            _, name, file = path.split("/")
            attack[name][f"metadata/{file}"] = content
    wheel = next(path for path in files if path.endswith(WHEEL))
    changed = {wheel: bytes([files[wheel][0] ^ 1]) + files[wheel][1:]}

    expect(files, {}, WHEEL_TARGET, time, "ok")
    expect(files, {}, FOREIGN_TARGET, time, "absent")
    expect(files, changed, WHEEL_TARGET, time, CHANGED)
    expect(files, attack["rollback"], None, time, ROLLED_BACK)
    expect(files, {}, None, time + 2 * DAY, STALE)
    expect(files, attack["stolen-threshold"], None, time, STOLEN)
    expect(files, attack["outside-paths"], FOREIGN_TARGET, time, "absent")
    expect(files, attack["outside-paths"], WHEEL_TARGET, time, "ok")


def expect(
    files: dict[str, bytes],
    changes: dict[str, bytes],
    target: str | None,
    time: datetime,
    wanted: str,
) -> None:
    """Refreshes a client, then lets it meet the changes: it must say what is wanted."""
    with tempfile.TemporaryDirectory() as store:
        first = run_client(reader(files), None, parse_time(MADE), Path(store))
        second = run_client(reader(files | changes), target, time, Path(store))
    if first["verdict"] != "ok":
        raise SystemExit(f"python-tuf refuses the repository: {first['error']}")
    said = second["error"] or second["verdict"]
    if not said.startswith(wanted):
        raise SystemExit(f"python-tuf says {said}, and not {wanted}, of {target}")


def reader(files: dict[str, bytes]) -> Callable[[str], bytes | None]:
    """Serves the files from memory."""
    return files.get


if __name__ == "__main__":
    main()
