"""Puts what the tests of attestations read into one folder: recorded attestations from the sdist of
pypi-attestations, Sigstore's trusted roots from the package sigstore, bundles and timestamps from
the crates that Cargo.lock names.

usage: fetch.py FOLDER
"""

import hashlib
import importlib.resources
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# The trusted roots in the package sigstore 4.5.1.
ROOTS = {
    "production": (
        "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev",
        "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66",
    ),
    "staging": (
        "https%3A%2F%2Ftuf-repo-cdn.sigstage.dev",
        "81f5af777952d2c3955062ad56924c05ca916b5d49f3a0bce945faa475a8b1cc",
    ),
}

CRATES = {
    "sigstore-bundle": "tests/fixtures",
    "sigstore-tsa": "test_data",
    "sigstore-verify": "test_data",
}


def fetch_recorded(folder):
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
             "--no-deps", "--no-binary", ":all:", "--require-hashes",
             "--requirement", HERE / "sdist.txt", "--dest", scratch],
            check=True,
        )
        (archive,) = pathlib.Path(scratch).glob("*.tar.gz")
        with tarfile.open(archive) as sdist:
            for member in sdist.getmembers():
                path = pathlib.PurePosixPath(member.name)
                if member.isfile() and path.parts[1:3] == ("test", "assets"):
                    (folder / path.name).write_bytes(sdist.extractfile(member).read())


def fetch_roots(folder):
    store = importlib.resources.files("sigstore") / "_store"
    for name, (place, expected) in ROOTS.items():
        content = (store / place / "trusted_root.json").read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            sys.exit(f"fetch.py: the trusted root of {name} has SHA-256 {found}, not {expected}")
        (folder / f"{name}.json").write_bytes(content)


def fetch_crates(folder):
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked"],
        cwd=HERE / "peer", check=True, capture_output=True,
    )
    for package in json.loads(metadata.stdout)["packages"]:
        if part := CRATES.get(package["name"]):
            source = pathlib.Path(package["manifest_path"]).parent / part
            shutil.copytree(source, folder / package["name"], dirs_exist_ok=True)


def main():
    folder = pathlib.Path(sys.argv[1])
    parts = {"recorded": fetch_recorded, "roots": fetch_roots, "crates": fetch_crates}
    for name, fetch in parts.items():
        # Made whole or not at all.
        if not (folder / name).exists():
            part = folder / f"{name}.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            fetch(part)
            part.rename(folder / name)


if __name__ == "__main__":
    main()
