"""Checks that all manifests state one version and one address, and prints the version.

    versions.py                    compares the manifests
    versions.py --release TAG      also fails if TAG is another version, if CHANGELOG.md has no
                                   section for it, or if a place is not filled in
    versions.py --field NAME       prints `repository` or `maintainer`
"""

import argparse
import json
import re
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # before Python 3.11
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ["core", "attest", "client", "cli"]
NPM = "wasm/npm/package.json"
PYTHON = "bindings/python/pyproject.toml"
# Stands in Cargo.toml and package.json until the project has an address.
PLACEHOLDER = "OWNER"


def read(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    return json.loads(text) if path.endswith(".json") else tomllib.loads(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", metavar="TAG")
    parser.add_argument("--field", choices=["repository", "maintainer"])
    arguments = parser.parse_args()

    workspace = read("Cargo.toml")["workspace"]
    package = workspace["package"]
    version, repository = package["version"], package["repository"]
    maintainer = workspace["metadata"]["release"]["maintainer"]
    if arguments.field:
        print({"repository": repository, "maintainer": maintainer}[arguments.field])
        return

    faults = []

    def same(place, found, expected):
        if found != expected:
            faults.append(f"{place} is {found!r}, and Cargo.toml has {expected!r}")

    for name, dependency in workspace["dependencies"].items():
        # What is not published has no version to be found by.
        if dependency.get("path") in PUBLISHED:
            same(f"Cargo.toml: the version of {name}", dependency.get("version"), version)
    for folder in PUBLISHED:
        manifest = read(f"{folder}/Cargo.toml")["package"]
        for field in ["version", "repository", "homepage", "license", "rust-version"]:
            same(f"{folder}/Cargo.toml: {field}", manifest.get(field), {"workspace": True})
    npm = read(NPM)
    same(f"{NPM}: version", npm["version"], version)
    same(f"{NPM}: repository", npm.get("repository", {}).get("url"), f"git+{repository}.git")
    book = read("book.toml")["output"]["html"]
    same("book.toml: git-repository-url", book["git-repository-url"], repository)
    if (ROOT / PYTHON).exists():
        project = read(PYTHON)["project"]
        # maturin takes a dynamic version from Cargo.toml.
        if "version" not in project.get("dynamic", []):
            same(f"{PYTHON}: version", project["version"], version)

    if tag := arguments.release:
        same("the tag", tag, f"v{version}")
        changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        if not re.search(rf"^## {re.escape(version)}\b", changes, re.M):
            faults.append(f"CHANGELOG.md has no section `## {version}`")
        for field, value in [("repository", repository), ("maintainer", maintainer)]:
            if PLACEHOLDER in value:
                faults.append(f"Cargo.toml: {field} is not filled in: {value}")
        if not (ROOT / PYTHON).exists():
            faults.append(f"{PYTHON} is missing, and release.yml publishes that package")
    if faults:
        sys.exit("".join(f"packaging: {fault}\n" for fault in faults).rstrip())
    print(version)


if __name__ == "__main__":
    main()
