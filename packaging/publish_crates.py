#!/usr/bin/env python3
"""Publishes the crates of a release to crates.io, those that are not there yet.

    publish_crates.py DIST            DIST is the folder that packaging/build made
    publish_crates.py DIST --check    publishes nothing, and asks no registry

They are packaged anew, as `cargo publish` does, and must be the bytes of DIST. A version that the
registry has must have them too. Needs CARGO_REGISTRY_TOKEN.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX = "https://index.crates.io"


def published(index, name, version):
    """Returns the SHA-256 of a published version; None if there is none."""
    # https://doc.rust-lang.org/cargo/reference/registry-index.html
    url = f"{index}/{name[:2]}/{name[2:4]}/{name}"
    request = urllib.request.Request(url, headers={"User-Agent": "picotuf's release"})
    for _ in range(3):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                lines = answer.read().decode().splitlines()
            break
        except urllib.error.HTTPError as error:
            # The statuses that mean that there is no such crate.
            if error.code in (404, 410, 451):
                return None
            failure = error
        except OSError as error:
            failure = error
        time.sleep(5)
    else:
        sys.exit(f"packaging: {url} does not answer: {failure}")
    found = (json.loads(line) for line in lines if line)
    return next((entry["cksum"] for entry in found if entry["vers"] == version), None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dist", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--index", default=INDEX)
    arguments = parser.parse_args()
    words = [sys.executable, ROOT / "packaging/versions.py"]
    version = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    digests = {}
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "crates"
        subprocess.run([ROOT / "packaging/crates", made], check=True)
        for package in sorted(made.iterdir()):
            name = package.name.removesuffix(f"-{version}.crate")
            digests[name] = hashlib.sha256(package.read_bytes()).hexdigest()
            built = arguments.dist / "crates" / package.name
            if hashlib.sha256(built.read_bytes()).hexdigest() != digests[name]:
                sys.exit(f"packaging: {built} is not what Cargo packages here")
    if arguments.check:
        print(f"{len(digests)} crates are those of {arguments.dist}")
        return
    missing = []
    for name, digest in digests.items():
        there = published(arguments.index, name, version)
        if there is None:
            missing.append(name)
        elif there != digest:
            sys.exit(f"packaging: {name} {version} is published, and is another file: {there}")
        else:
            print(f"{name} {version} is published already")
    if not missing:
        return
    rust = (ROOT / "packaging/rust-version").read_text(encoding="utf-8").strip()
    words = ["cargo", f"+{rust}", "publish", "--locked", "--no-verify"]
    subprocess.run([*words, *(f"--package={name}" for name in missing)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
