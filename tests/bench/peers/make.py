"""Writes the repositories that picotuf and its peers are measured on, with python-tuf.

Usage: python make.py OUT NAME...

Each is a folder OUT/NAME with root.json (the trust anchor), metadata/, targets/ and question.json:
{"target": the path that is looked for, "sha256": what its signed entry says, "bytes": the length of
all metadata on the way to it}. One that is there is left as it is: the same bytes come out every
time. Each role has one Ed25519 key; snapshot and timestamp list versions only, as RSTUF writes
them; nothing expires before 2126.

A NAME is a layout, or a layout and its size: explicit-1024 has 1,024 bins, flat-200 has 200
targets. Layouts:

explicit  targets -> bins -> 16,384 bins by path_hash_prefixes (PEP 458), indented by one space; the
          bin that is looked into has 1,000 targets, the others have none
compact   the same without white space
succinct  targets -> 16,384 bins by succinct_roles (TAP 15), else as explicit
flat      19,000 targets in targets itself, under paths as Warehouse's prototype had them; indented
small     20 such targets
"""

import hashlib
import json
import math
import shutil
import sys
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "interop"))

from make_repositories import (
    EXPIRES,
    LARGE_BIN,
    PEP458_BITS,
    add_root,
    bin_number,
    paths_in_bin,
    publish,
    signers,
)
from support import (
    Delegations,
    Repository,
    TargetFile,
    Targets,
    TestSigner,
    delegate,
    delegate_succinctly,
    role_by_paths,
    role_by_prefixes,
)

# Beyond this, only the bin that is looked into is written: none but tough asks for others, and
# tough is not asked about these.
BINS_WRITTEN_MAX = 1 << 14


def main() -> None:
    """Writes the repositories that are not there yet."""
    out = Path(sys.argv[1])
    for name in sys.argv[2:]:
        folder = out / name
        if folder.exists():
            continue
        repository, target, lister = make(name)
        way = ["1.root", "timestamp", "1.snapshot", "1.targets", "1.bins", f"1.{lister}"]
        files = {f"metadata/{role}.json" for role in way}
        question = {
            "target": target,
            "sha256": hashlib.sha256(content_of(target)).hexdigest(),
            "bytes": sum(len(repository.files.get(file, b"")) for file in files),
        }
        repository.files["question.json"] = json.dumps(question).encode()
        # Under another name until it is whole.
        unfinished = out / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        repository.write(unfinished)
        unfinished.rename(folder)
        print(f"made {name}: {len(repository.files)} files", flush=True)


def make(name: str) -> tuple[Repository, str, str]:
    """A repository by its name, the target that is looked for, and the role that lists it."""
    layout, _, size = name.partition("-")
    repository = Repository(compact=layout == "compact")
    root, online = signers("peers", "root"), signers("peers", "online")
    add_root(repository, root, 1, online, signers("peers", "targets"))
    if layout in ("explicit", "compact", "succinct"):
        bits = int(math.log2(int(size))) if size else PEP458_BITS
        target, lister = add_bins(repository, layout == "succinct", bits)
    elif layout in ("flat", "small"):
        number = int(size or {"flat": 19000, "small": 20}[layout])
        paths = [warehouse_path(f"project_{n}-1.0-py3-none-any.whl") for n in range(number)]
        target, lister = paths[number // 2], "targets"
        listed = list_targets(paths, ["sha256"])
        add_targets(repository, "targets", signers("peers", "targets"), listed)
    else:
        raise SystemExit(f"no layout is called {layout}")
    repository.files[f"targets/{target}"] = content_of(target)
    publish(repository, online)
    return repository, target, lister


def add_bins(repository: Repository, succinct: bool, bits: int) -> tuple[str, str]:
    """targets and the bins below it; gives the target that is looked for, and its bin."""
    paths = bin_paths(bits)
    target = paths[LARGE_BIN // 2]
    bin_n, top = signers("peers", "bin-n"), signers("peers", "targets")
    width = -(-bits // 4)
    names = [f"bin-{number:0{width}x}" for number in range(1 << bits)]
    if succinct:
        add_targets(repository, "targets", top, {}, delegate_succinctly(bin_n, bits, "bin"))
    else:
        bins = signers("peers", "bins")
        edge = role_by_paths("bins", bins, ["*", "*/*"], terminating=True)
        add_targets(repository, "targets", top, {}, delegate(edge))
        per_bin = 1 << (4 * width - bits)
        edges = [
            role_by_prefixes(
                name,
                bin_n,
                [f"{at * per_bin + prefix:0{width}x}" for prefix in range(per_bin)],
            )
            for at, name in enumerate(names)
        ]
        add_targets(repository, "bins", bins, {}, delegate(*edges))
    asked = names[bin_number(target, bits)]
    for name in names:
        if name == asked:
            add_targets(repository, name, bin_n, list_targets(paths, ["sha256", "sha512"]))
        else:
            add_targets(repository, name, bin_n, {})
    if len(names) > BINS_WRITTEN_MAX:
        for name in names:
            if name != asked:
                del repository.files[f"metadata/1.{name}.json"]
    return target, asked


@cache
def bin_paths(bits: int) -> list[str]:
    """So many paths that all belong to one bin; found by trying, so once for each size."""
    return paths_in_bin((1 << bits) // 3, bits, LARGE_BIN)


def warehouse_path(name: str) -> str:
    """A file's path: BLAKE2b-256, split, and its name."""
    digest = hashlib.blake2b(name.encode(), digest_size=32).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}/{digest[4:]}/{name}"


def list_targets(paths: list[str], hash_names: list[str]) -> dict[str, TargetFile]:
    """Entries as targets metadata has them."""
    return {path: TargetFile.from_data(path, content_of(path), hash_names) for path in paths}


def content_of(path: str) -> bytes:
    """What is in a target."""
    return f"content of {path}\n".encode()


def add_targets(
    repository: Repository,
    name: str,
    signing: list[TestSigner],
    targets: dict[str, TargetFile],
    delegations: Delegations | None = None,
) -> None:
    """A targets role, top-level or delegated; its files are not stored."""
    role = Targets(version=1, expires=EXPIRES, targets=targets, delegations=delegations)
    repository.add_role(name, role, signing)


if __name__ == "__main__":
    main()
