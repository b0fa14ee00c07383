"""Makes the demo repository that the command line embeds, cli/demo/.

A PEP 480-shaped TUF repository, written by python-tuf, of the real files that
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
    P256,
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
# What a thief of all online keys lists: releases that do not exist, of a project of each kind.
FORGED_CONTENT = b"anything but a release\n"
FORGED_CLAIMED = "django/django-99.0-py3-none-any.whl"
FORGED_RECENT = "tuf/tuf-99.0-py3-none-any.whl"
FORGED_UNCLAIMED = "six/six-99.0-py3-none-any.whl"

MADE = "2026-11-22T00:00:00Z"
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
BINS = "0123456789abcdef"
SIZE_LIMIT = 200_000

# What is real in cli/demo/attested/, by its SHA-256: a file of PyPI with its provenance, and
# Sigstore's trusted root. README.md says where they come from.
TRUSTED_ROOT_SHA256 = "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66"
TRUSTED_ROOT = f"attested/sigstore/targets/{TRUSTED_ROOT_SHA256}.trusted_root.json"
REAL = {
    TRUSTED_ROOT: TRUSTED_ROOT_SHA256,
    "attested/pypi_attestations-0.0.19.tar.gz": (
        "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3"
    ),
    "attested/pypi_attestations-0.0.19.tar.gz.provenance": (
        "2cfa62b3d64e20d0ea4921a19f4d658d80bda0ee1eb040dd97d82711ea69dde4"
    ),
}
# The end that Sigstore gives to Rekor's key in the last attack, before the attestation was logged.
REKOR = "https://rekor.sigstore.dev"
ENDED = "2024-12-01T00:00:00Z"

# How python-tuf words its refusals. The role is part of it: each attack has to fail where the
# demo says it fails, and not at a later check.
CHANGED = "LengthOrHashMismatchError: Observed hash"
ROLLED_BACK = "BadVersionNumberError: New timestamp version 1 must be >= 2"
STALE = "ExpiredMetadataError: timestamp.json is expired"
STOLEN = "UnsignedMetadataError: root was signed by 1/2 keys"
DROPPED = "RepositoryError: New snapshot is missing info for 'claimed.json'"

ROOT = [TestSigner(f"demo root {n}") for n in (1, 2, 3)]
TARGETS = [TestSigner(f"demo targets {n}") for n in (1, 2, 3)]
CLAIMED_ROLE = [TestSigner(f"demo claimed {n}") for n in (1, 2)]
RECENT_ROLE = [TestSigner("demo recently-claimed")]
UNCLAIMED_ROLE = [TestSigner("demo unclaimed")]
TIMESTAMP = [TestSigner("demo timestamp")]
SNAPSHOT = [TestSigner("demo snapshot")]
BIN_N = [TestSigner("demo bin-n")]
THIEF = [TestSigner(f"demo thief {n}") for n in (1, 2)]
SIGSTORE = [TestSigner(f"demo sigstore {n}", P256) for n in (1, 2, 3, 4, 5)]
SIGSTORE_ONLINE = [TestSigner("demo sigstore online", P256)]
# The developers' keys of projects, how many must sign, and which did.
CLAIMED = {
    "django": ([TestSigner(f"demo django {n}") for n in (1, 2, 3)], 2, (0, 2)),
    "numpy": ([TestSigner(f"demo numpy {n}") for n in (1, 2)], 1, (0,)),
    "zope": ([TestSigner("demo zope")], 1, (0,)),
}
RECENTLY_CLAIMED = {"tuf": ([TestSigner("demo tuf")], 1, (0,))}


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
    claimed = Targets(expires=time + YEAR, delegations=delegate(*project_edges(CLAIMED)))
    repository.add_role("claimed", claimed, CLAIMED_ROLE[:1])
    recent = Targets(expires=time + DAY, delegations=delegate(*project_edges(RECENTLY_CLAIMED)))
    repository.add_role("recently-claimed", recent, RECENT_ROLE)
    repository.add_role("unclaimed", unclaimed_role(time), UNCLAIMED_ROLE)
    targets = read_facts()
    for project, (keys, _, signing) in (CLAIMED | RECENTLY_CLAIMED).items():
        own = {target.path: target for target in targets if project_of(target) == project}
        role = Targets(expires=time + YEAR / 2, targets=own)
        repository.add_role(project, role, [keys[key] for key in signing])
    with_keys = CLAIMED.keys() | RECENTLY_CLAIMED.keys()
    targets_by_bin = sort_into_bins(
        [target for target in targets if project_of(target) not in with_keys]
    )
    for digit, own in targets_by_bin.items():
        role = Targets(expires=time + DAY, targets=own)
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
    files |= online_keys(repository, targets_by_bin, time)
    files |= claimed_dropped(repository, time)
    files |= attested(time)
    return files


def attested(time: datetime) -> dict[str, bytes]:
    """A repository of the shape of Sigstore's, whose target is Sigstore's real trusted root, and
    the real file that it is for. In its next state, the key of the log has ended.
    """
    real = {path: read_real(path, expected) for path, expected in REAL.items()}
    repository = Repository(listed=True, compact=True)
    roles = {
        "root": (SIGSTORE, 3),
        "timestamp": (SIGSTORE_ONLINE, 1),
        "snapshot": (SIGSTORE, 3),
        "targets": (SIGSTORE, 3),
    }
    repository.add_root(make_root(roles, time + YEAR / 2), SIGSTORE[:3])
    publish_trusted_root(repository, 1, time, real[TRUSTED_ROOT])
    files = in_sigstores_shape("attested", repository)

    ended = json.loads(real[TRUSTED_ROOT])
    (log,) = [log for log in ended["tlogs"] if log["baseUrl"] == REKOR]
    log["publicKey"]["validFor"]["end"] = ENDED
    repository.files.clear()
    publish_trusted_root(repository, 2, time, json.dumps(ended, indent=1).encode())
    return files | in_sigstores_shape("attested/ended-key", repository) | real


def in_sigstores_shape(folder: str, repository: Repository) -> dict[str, bytes]:
    """The files of a repository, by their path in cli/demo/: targets are below the metadata, and
    only under the name with their hash.
    """
    files = {}
    for path, content in repository.files.items():
        if path == "root.json":
            files[f"{folder}/{path}"] = content
        elif path != "targets/trusted_root.json":
            files[f"{folder}/sigstore/{path.removeprefix('metadata/')}"] = content
    return files


def publish_trusted_root(
    repository: Repository, version: int, time: datetime, content: bytes
) -> None:
    """Lists a trusted root in a new version of targets, snapshot and timestamp."""
    target = repository.add_target("trusted_root.json", content, ["sha256"])
    role = Targets(version=version, expires=time + YEAR / 2, targets={target.path: target})
    repository.add_role("targets", role, SIGSTORE[1:4])
    snapshot = Snapshot(version=version, expires=time + YEAR / 2)
    entry = repository.add_snapshot(snapshot, SIGSTORE[2:5])
    stamp = Timestamp(version=version, expires=time + 7 * DAY, snapshot_meta=entry)
    repository.add_timestamp(stamp, SIGSTORE_ONLINE)


def read_real(path: str, expected: str) -> bytes:
    """A file that this script does not make."""
    content = (OUT / path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise SystemExit(f"cli/demo/{path} has SHA-256 {found}, not {expected}")
    return content


def targets_role(time: datetime) -> Targets:
    """Top-level targets: who has claimed a project comes first, and unclaimed last."""
    edges = [
        role_by_paths("claimed", CLAIMED_ROLE, ["*/*"], terminating=False),
        role_by_paths("recently-claimed", RECENT_ROLE, ["*/*"], terminating=False),
        role_by_paths("unclaimed", UNCLAIMED_ROLE, ["*/*"], terminating=True),
    ]
    return Targets(expires=time + YEAR, delegations=delegate(*edges))


def project_edges(projects: dict) -> list:
    """A delegation to each project's developers: all files of it, and nobody else after them."""
    return [
        role_by_paths(name, keys, [f"{name}/*"], terminating=True, threshold=threshold)
        for name, (keys, threshold, _) in projects.items()
    ]


def unclaimed_role(time: datetime) -> Targets:
    """Delegates each target to one of 16 bins, by the first digit of its path's hash."""
    edges = [role_by_prefixes(f"bin-{digit}", BIN_N, [digit]) for digit in BINS]
    return Targets(expires=time + DAY, delegations=delegate(*edges))


def project_of(target: TargetFile) -> str:
    """The project that a target path begins with."""
    return target.path.split("/")[0]


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
    return in_folder("outside-paths", attack)


def online_keys(
    repository: Repository, bins: dict[str, dict[str, TargetFile]], time: datetime
) -> dict[str, bytes]:
    """What a thief of all of PyPI's online keys publishes, all validly signed.

    A release of each kind of project: Django's in every place that an online key reaches,
    tuf's by a key of the thief's own, six's in its bin.
    """
    attack = Repository()
    attack.listing = dict(repository.listing)
    claimed, recent, unclaimed = forged(FORGED_CLAIMED, FORGED_RECENT, FORGED_UNCLAIMED)
    edges = project_edges({"tuf": (THIEF[:1], 1, (0,)), "django": (THIEF[:1], 1, (0,))})
    # "django" is claimed's role for Django; the thief needs one of another name.
    edges[1][0].name = "django-too"
    django = {claimed.path: claimed}
    role = Targets(version=2, expires=time + DAY, targets=django, delegations=delegate(*edges))
    attack.add_role("recently-claimed", role, RECENT_ROLE)
    role = Targets(version=2, expires=time + DAY, targets={recent.path: recent})
    attack.add_role("tuf", role, THIEF[:1])
    attack.add_role("django-too", Targets(expires=time + DAY, targets=django), THIEF[:1])
    lies: dict[str, dict[str, TargetFile]] = {}
    for target in (claimed, unclaimed):
        lies.setdefault(bin_of(target.path), {})[target.path] = target
    for digit, targets in lies.items():
        role = Targets(version=2, expires=time + DAY, targets=bins[digit] | targets)
        attack.add_role(f"bin-{digit}", role, BIN_N)
    publish(attack, 3, time)
    return in_folder("online-keys", attack)


def claimed_dropped(repository: Repository, time: datetime) -> dict[str, bytes]:
    """A snapshot without the role claimed, validly signed."""
    attack = Repository()
    attack.listing = dict(repository.listing)
    del attack.listing["claimed.json"]
    publish(attack, 3, time)
    return in_folder("claimed-dropped", attack)


def forged(*paths: str) -> list[TargetFile]:
    """Targets that nobody has released."""
    hash_names = ["blake2b-256", "sha256"]
    return [TargetFile.from_data(path, FORGED_CONTENT, hash_names) for path in paths]


def in_folder(name: str, attack: Repository) -> dict[str, bytes]:
    """The files of an attack, by their path in cli/demo/."""
    return {
        f"attacks/{name}/{path.removeprefix('metadata/')}": content
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
    served = {
        f"targets/{target.get_prefixed_paths()[0]}": FORGED_CONTENT
        for target in forged(FORGED_CLAIMED, FORGED_RECENT, FORGED_UNCLAIMED)
    }
    thief = attack["online-keys"] | served
    expect(files, thief, FORGED_CLAIMED, time, "absent")
    expect(files, thief, FORGED_RECENT, time, "ok")
    expect(files, thief, FORGED_UNCLAIMED, time, "ok")
    expect(files, attack["claimed-dropped"], None, time, DROPPED)

    sigstore = of_sigstore("attested", files)
    expect(sigstore, {}, "trusted_root.json", time, "ok")
    expect(sigstore, of_sigstore("attested/ended-key", files), "trusted_root.json", time, "ok")


def of_sigstore(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files of a repository in Sigstore's shape, as in_sigstores_shape() got them."""
    found = {}
    for path, content in files.items():
        name = path.removeprefix(f"{folder}/sigstore/")
        if path == f"{folder}/root.json":
            found["root.json"] = content
        elif name != path:
            found[name if name.startswith("targets/") else f"metadata/{name}"] = content
    return found


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
