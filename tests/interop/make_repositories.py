"""Writes TUF repositories with python-tuf, for tests of the client against them.

Usage: python make_repositories.py OUT [--only NAME]... [--check]

Each repository is a folder OUT/NAME:

  root.json    the trust anchor, root version 1
  metadata/    the metadata files under the names a client asks for: N.ROLE.json with consistent
               snapshots, ROLE.json without, and N.root.json always; role names percent-encoded
  targets/     the target files by path, and as HASH.name beside it with consistent snapshots
  expect.json  {"time": ..., "targets": [paths that verify], "absent": [paths that do not exist]}

--check has python-tuf's own client confirm every expectation.
The same bytes come out every time: see support.py. Nothing expires before 2126.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import islice
from pathlib import Path

from judge import judge
from support import (
    P256,
    P384,
    RSA,
    Delegations,
    Repository,
    Snapshot,
    TargetFile,
    Targets,
    TestSigner,
    Timestamp,
    delegate,
    delegate_succinctly,
    make_root,
    parse_time,
    role_by_paths,
    role_by_prefixes,
    to_json,
)

TIME = "2026-11-22T00:00:00Z"
EXPIRES = parse_time("2126-01-01T00:00:00Z")
# PEP 458's number of bins, and what PyPI's largest bins would hold.
PEP458_BITS = 14
LARGE_BIN = 1000
SHA256 = ["sha256"]


def main() -> None:
    """Writes the repositories asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", action="append", choices=REPOSITORIES, metavar="NAME")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.only or REPOSITORIES:
        repository, present, absent = REPOSITORIES[name]()
        expected = {"time": TIME, "targets": present, "absent": absent}
        repository.files["expect.json"] = to_json(expected)
        folder = arguments.out / name
        repository.write(folder)
        size = sum(map(len, repository.files.values()))
        print(f"{name}: {len(repository.files)} files, {size} bytes", flush=True)
        if arguments.check:
            check(folder)


def check(folder: Path) -> None:
    """Stops when python-tuf does not give the verdicts that expect.json promises."""
    expected = json.loads((folder / "expect.json").read_bytes())
    questions = [(path, "ok") for path in expected["targets"]]
    questions += [(path, "absent") for path in expected["absent"]]
    for path, wanted in questions:
        answer = judge({"dir": str(folder), "target": path, "time": expected["time"]})
        if answer["verdict"] != wanted:
            raise SystemExit(f"{folder.name}: {path} should be {wanted}: {answer}")


Made = tuple[Repository, list[str], list[str]]


def make_plain() -> Made:
    """No consistent snapshots; lengths and hashes listed everywhere."""
    return make_small("plain", Repository(consistent=False, listed=True))


def make_consistent() -> Made:
    """Consistent snapshots, versions only, JSON without white space."""
    return make_small("consistent", Repository(compact=True))


def make_small(label: str, repository: Repository) -> Made:
    """Two top-level targets and one delegated; Ed25519, roots by two of three keys."""
    root, online = signers(label, "root", 3), signers(label, "online")
    other = signers(label, "other")
    add_root(repository, root, 2, online)
    edge = role_by_paths("other", other, ["other/*"], terminating=False)
    add_targets(
        repository,
        "targets",
        online,
        {"readme.txt": b"Read me.\n", "deep/er/empty.bin": b""},
        delegations=delegate(edge),
        hash_names=["sha256", "sha512"],
        version=3,
    )
    add_targets(repository, "other", other, {"other/file 1+é.txt": b"A name to be encoded.\n"})
    publish(repository, online, version=7)
    present = ["readme.txt", "deep/er/empty.bin", "other/file 1+é.txt"]
    return repository, present, ["none.txt", "other/none.txt", "Readme.txt"]


def make_all_keys() -> Made:
    """Every key type: all four for root, another one for each other role."""
    repository = Repository(listed=True)
    root = [
        TestSigner("all-keys root 1", P256),
        TestSigner("all-keys root 2"),
        TestSigner("all-keys root 3", RSA),
        TestSigner("all-keys root 4", P384),
    ]
    timestamp = [TestSigner("all-keys timestamp", RSA, salt=222)]
    snapshot = [TestSigner("all-keys snapshot", P256)]
    targets = [TestSigner("all-keys targets 1", P384), TestSigner("all-keys targets 2")]
    roles = {
        "root": (root, 3),
        "timestamp": (timestamp, 1),
        "snapshot": (snapshot, 1),
        "targets": (targets, 2),
    }
    repository.add_root(make_root(roles, EXPIRES), root)
    keys = {
        "ed25519": [TestSigner("all-keys ed25519")],
        "p256": [TestSigner("all-keys p256", P256)],
        "p384": [TestSigner("all-keys p384", P384)],
        # The older names of these key types, still found in roots.
        "old-p256": [TestSigner("all-keys old p256", P256, keytype=P256)],
        "old-p384": [TestSigner("all-keys old p384", P384, keytype=P384)],
        "rsa-salt-0": [TestSigner("all-keys rsa 1", RSA, salt=0)],
        "rsa-salt-20": [TestSigner("all-keys rsa 2", RSA, salt=20)],
    }
    edges = [
        role_by_paths(name, signer, [f"{name}/*"], terminating=True)
        for name, signer in keys.items()
    ]
    mixed = [signer[0] for signer in keys.values()]
    edges.append(role_by_paths("mixed", mixed, ["mixed/*"], terminating=True, threshold=5))
    add_targets(repository, "targets", targets, {}, delegations=delegate(*edges))
    present = []
    for name, signer in {**keys, "mixed": mixed}.items():
        path = f"{name}/file.txt"
        add_targets(repository, name, signer, {path: f"signed: {name}\n".encode()})
        present.append(path)
    publish(repository, timestamp, snapshot)
    return repository, present, ["none", "mixed/none.txt"]


def make_three_levels() -> Made:
    """Delegations by path, three deep: order, terminating roles, shadowed and foreign targets.

    targets
        a/b                        projects/*/*
            Django                 projects/django/*  (terminating)
                Django releases    projects/django/?.?.tar.gz
            é                      projects/*/*.whl
        rest                       *, */*, */*/*
    """
    repository = Repository()
    root, online = signers("three-levels", "root", 2), signers("three-levels", "online")
    names = ("a/b", "Django", "Django releases", "é", "rest")
    keys = {name: signers("three-levels", name) for name in names}

    def edge(name: str, paths: list[str], terminating: bool = False):
        return role_by_paths(name, keys[name], paths, terminating=terminating)

    add_root(repository, root, 2, online)
    add_targets(
        repository,
        "targets",
        online,
        {"readme.txt": b"At the top.\n"},
        delegations=delegate(edge("a/b", ["projects/*/*"]), edge("rest", ["*", "*/*", "*/*/*"])),
    )
    add_targets(
        repository,
        "rest",
        keys["rest"],
        {
            "projects/numpy/1.0.tar.gz": b"numpy, from the last role asked\n",
            "projects/numpy/notes.txt": b"notes of the later role\n",
            "projects/django/9.9.zip": b"behind a terminating role\n",
        },
    )
    # Added after the role it shadows: the file under the plain name is this one's.
    add_targets(
        repository,
        "a/b",
        keys["a/b"],
        {"projects/numpy/notes.txt": b"notes of the earlier role\n"},
        delegations=delegate(
            edge("Django", ["projects/django/*"], terminating=True),
            edge("é", ["projects/*/*.whl"]),
        ),
    )
    add_targets(
        repository,
        "Django",
        keys["Django"],
        {"projects/django/5.0.whl": b"Django, second level\n"},
        delegations=delegate(edge("Django releases", ["projects/django/?.?.tar.gz"])),
    )
    add_targets(
        repository,
        "Django releases",
        keys["Django releases"],
        {"projects/django/4.2.tar.gz": b"Django, third level\n"},
    )
    add_targets(
        repository,
        "é",
        keys["é"],
        {"projects/numpy/1.0.whl": b"numpy\n", "elsewhere/file.txt": b"not this role's path\n"},
    )
    publish(repository, online)
    present = [
        "readme.txt",
        "projects/numpy/notes.txt",
        "projects/numpy/1.0.tar.gz",
        "projects/numpy/1.0.whl",
        "projects/django/5.0.whl",
        "projects/django/4.2.tar.gz",
    ]
    absent = [
        "projects/django/9.9.zip",
        "projects/django/10.0.tar.gz",
        "elsewhere/file.txt",
        "Projects/numpy/notes.txt",
        "projects/numpy/sub/notes.txt",
    ]
    return repository, present, absent


def make_explicit() -> Made:
    """PEP 458's size: 16,384 bins by path_hash_prefixes, one with 1,000 targets; versions only."""
    return make_bins("explicit", Repository(), PEP458_BITS, large=True)


def make_explicit_hashed() -> Made:
    """64 such bins, with lengths and hashes everywhere."""
    return make_bins("explicit-hashed", Repository(listed=True), 6)


def make_bins(label: str, repository: Repository, bits: int, *, large: bool = False) -> Made:
    """targets -> bins -> 2^bits roles bin-n, n in hex; a bin's prefixes have whole digits."""
    root, online = signers(label, "root", 3), signers(label, "online")
    offline, bin_n = signers(label, "offline", 2), signers(label, "bin-n")
    add_root(repository, root, 2, online, offline)
    width = -(-bits // 4)
    per_bin = 1 << (4 * width - bits)
    bins = [f"bin-{number:0{width}x}" for number in range(1 << bits)]
    edges = [
        role_by_prefixes(
            name,
            bin_n,
            [f"{prefix:0{width}x}" for prefix in range(at * per_bin, (at + 1) * per_bin)],
        )
        for at, name in enumerate(bins)
    ]
    edge = role_by_paths("bins", offline, ["*/*"], terminating=True, threshold=2)
    add_targets(repository, "targets", offline, {}, delegations=delegate(edge))
    add_targets(repository, "bins", offline, {}, delegations=delegate(*edges))

    paths = [f"project-{n}/project_{n}-1.0.tar.gz" for n in range(40)]
    present = paths.copy()
    if large:
        crowd = paths_in_bin(bin_number(paths[0], bits), bits, LARGE_BIN)
        present += crowd[:: LARGE_BIN // 4]
        paths += crowd
    targets_by_bin: dict[str, dict[str, bytes]] = {}
    for path in paths:
        name = bins[bin_number(path, bits)]
        targets_by_bin.setdefault(name, {})[path] = f"content of {path}\n".encode()
    for name in bins:
        targets = targets_by_bin.get(name, {})
        add_targets(repository, name, bin_n, targets, hash_names=["sha256", "sha512"])
    publish(repository, online)
    return repository, present, ["project-0/none", "no-project/none", "not-two-parts"]


def make_succinct() -> Made:
    """16,384 succinct bins (TAP 15), right below targets."""
    repository = Repository()
    root, online = signers("succinct", "root", 3), signers("succinct", "online")
    paths = [f"project-{n}/project_{n}-1.0.tar.gz" for n in range(40)]
    contents = {path: f"content of {path}\n".encode() for path in paths}
    add_root(repository, root, 2, online)
    add_succinct_bins(repository, online, PEP458_BITS, contents, SHA256)
    publish(repository, online)
    return repository, paths, ["project-0/none", "none"]


def add_succinct_bins(
    repository: Repository,
    online: list[TestSigner],
    bits: int,
    contents: dict[str, bytes],
    hash_names: list[str],
) -> None:
    """targets and its bins; those with targets are at version 2, the empty ones at 1."""
    delegations = delegate_succinctly(online, bits, "bins")
    targets_by_bin: dict[str, dict[str, bytes]] = {}
    for path, content in contents.items():
        name = delegations.succinct_roles.get_role_for_target(path)
        targets_by_bin.setdefault(name, {})[path] = content
    add_targets(repository, "targets", online, {}, delegations=delegations)
    for name in delegations.succinct_roles.get_roles():
        targets = targets_by_bin.get(name, {})
        version = 2 if targets else 1
        add_targets(repository, name, online, targets, hash_names=hash_names, version=version)


def make_rotated() -> Made:
    """Root versions 1 to 6: keys replaced, thresholds changed, one root expired on the way."""
    repository = Repository()
    key = {n: TestSigner(f"rotated root {n}") for n in range(1, 7)}
    key[5] = TestSigner("rotated root 5", P256)
    first, second = signers("rotated", "online 1"), signers("rotated", "online 2")
    # Per version: root keys, threshold, keys of the other roles, who signs.
    rotations = [
        ([1, 2, 3], 2, first, [1, 2]),
        ([2, 3, 4], 2, first, [2, 3]),
        ([3, 4, 5], 3, first, [2, 3, 4, 5]),
        ([3, 4, 5], 1, first, [3, 4, 5]),
        ([6], 1, second, [5, 6]),
        ([1, 6], 2, second, [1, 6]),
    ]
    for version, (keys, threshold, online, signing) in enumerate(rotations, start=1):
        expires = parse_time("2000-01-01T00:00:00Z") if version == 3 else EXPIRES
        root = make_root(
            {
                "root": ([key[n] for n in keys], threshold),
                "timestamp": (online, 1),
                "snapshot": (online, 1),
                "targets": (online, 1),
            },
            expires,
            version=version,
        )
        repository.add_root(root, [key[n] for n in signing])
    add_targets(repository, "targets", second, {"file.txt": b"after five rotations\n"})
    publish(repository, second)
    return repository, ["file.txt"], ["none.txt"]


def make_rstuf() -> Made:
    """RSTUF's shape: project index pages in succinct bins, versions only, one online RSA key."""
    repository = Repository()
    root = [TestSigner("rstuf root 1", P256), TestSigner("rstuf root 2")]
    online = [TestSigner("rstuf online", RSA)]
    add_root(repository, root, 2, online)
    projects = ["django", "numpy", "zope", "iniconfig", "requests", "zope-interface"]
    pages = {project: index_page(project) for project in projects}
    add_succinct_bins(repository, online, 8, pages, ["blake2b-256"])
    publish(repository, online, version=2)
    return repository, projects, ["Django", "zope.interface", "no-such-project"]


def index_page(project: str) -> bytes:
    """A simple index page of one file."""
    digest = hashlib.sha256(project.encode()).hexdigest()
    name = f"{project.replace('-', '_')}-1.0.tar.gz"
    return (
        "<!DOCTYPE html>\n<html>\n<head>\n"
        '<meta name="pypi:repository-version" content="1.1">\n'
        f"<title>Links for {project}</title>\n</head>\n<body>\n"
        f"<h1>Links for {project}</h1>\n"
        f'<a href="{name}#sha256={digest}">{name}</a><br />\n'
        "</body>\n</html>\n"
    ).encode()


def signers(repository: str, role: str, number: int = 1) -> list[TestSigner]:
    """Ed25519 signers of a role."""
    return [TestSigner(f"{repository} {role} {n}") for n in range(1, number + 1)]


def add_root(
    repository: Repository,
    root: list[TestSigner],
    threshold: int,
    online: list[TestSigner],
    targets: list[TestSigner] | None = None,
) -> None:
    """Root 1, signed by all its keys; targets has the online keys unless it has its own."""
    own = targets or online
    roles = {
        "root": (root, threshold),
        "timestamp": (online, 1),
        "snapshot": (online, 1),
        "targets": (own, len(own)),
    }
    repository.add_root(make_root(roles, EXPIRES, consistent=repository.consistent), root)


def add_targets(
    repository: Repository,
    name: str,
    signing: list[TestSigner],
    contents: dict[str, bytes],
    *,
    delegations: Delegations | None = None,
    hash_names: list[str] = SHA256,
    version: int = 1,
) -> None:
    """A targets role, top-level or delegated, and its target files."""
    targets: dict[str, TargetFile] = {
        path: repository.add_target(path, content, hash_names) for path, content in contents.items()
    }
    role = Targets(version=version, expires=EXPIRES, targets=targets, delegations=delegations)
    repository.add_role(name, role, signing)


def publish(
    repository: Repository,
    timestamp: list[TestSigner],
    snapshot: list[TestSigner] | None = None,
    *,
    version: int = 1,
) -> None:
    """Snapshot and timestamp, at the same version; the last step."""
    entry = repository.add_snapshot(
        Snapshot(version=version, expires=EXPIRES), snapshot or timestamp
    )
    # A timestamp's expiry differs from its snapshot's, as in production.
    expires = EXPIRES - timedelta(days=1)
    repository.add_timestamp(
        Timestamp(version=version, expires=expires, snapshot_meta=entry), timestamp
    )


def bin_number(path: str, bits: int) -> int:
    """The bin of a target path: the leading bits of its SHA-256."""
    digest = hashlib.sha256(path.encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - bits)


def paths_in_bin(number: int, bits: int, wanted: int) -> list[str]:
    """So many target paths that all belong to one bin, found by trying."""
    step = 1 << 18
    found: list[str] = []
    with ProcessPoolExecutor() as pool:
        at = 0
        while len(found) < wanted:
            starts = range(at, at + 16 * step, step)
            tries = [pool.submit(search_bin, number, bits, start, step) for start in starts]
            for part in tries:
                found += part.result()
            at = starts.stop
    return list(islice(found, wanted))


def search_bin(number: int, bits: int, start: int, length: int) -> list[str]:
    """The paths of one stretch that belong to the bin."""
    # A range of the digest's first bytes: the one comparison that each try costs.
    low = (number << (32 - bits)).to_bytes(4, "big")
    high = ((number << (32 - bits)) + (1 << (32 - bits)) - 1).to_bytes(4, "big") + b"\xff" * 28
    sha256 = hashlib.sha256
    return [
        f"large/large-{n}.tar.gz"
        for n in range(start, start + length)
        if low <= sha256(b"large/large-%d.tar.gz" % n).digest() <= high
    ]


REPOSITORIES: dict[str, Callable[[], Made]] = {
    "plain": make_plain,
    "consistent": make_consistent,
    "all-keys": make_all_keys,
    "three-levels": make_three_levels,
    "explicit": make_explicit,
    "explicit-hashed": make_explicit_hashed,
    "succinct": make_succinct,
    "rotated": make_rotated,
    "rstuf": make_rstuf,
}


if __name__ == "__main__":
    main()
