"""Checks that all manifests state one version and one address, and prints the version.

    versions.py                    compares the manifests
    versions.py --release TAG      also fails if TAG is another version, if CHANGELOG.md has no
                                   section for it, if a place is not filled in, or if a page says
                                   that nothing is published yet
    versions.py --field NAME       prints `repository` or `maintainer`
    versions.py --set VERSION      writes the version into all manifests and lock files
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # before Python 3.11
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ["core", "attest", "client", "cli"]
NPM = "wasm/npm/package.json"
NPM_LOCK = "wasm/npm/package-lock.json"
PYTHON = "bindings/python/pyproject.toml"
# What users copy, with the version in it.
EXAMPLES = {
    "examples/github-actions/packages.yml": "PICOTUF_VERSION: {}",
    "examples/github-actions/publishers.yml": "PICOTUF_VERSION: {}",
    "examples/pre-commit/.pre-commit-config.yaml": "rev: v{}",
    "examples/cluster/kubernetes.yaml": "picotuf:{}",
}
# What README.md and the guides say until the first release.
NOT_PUBLISHED = re.compile(r"not published (?:to a registry )?yet")
# Stands in Cargo.toml and package.json until the project has an address.
PLACEHOLDER = "OWNER"


def read(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    return json.loads(text) if path.endswith(".json") else tomllib.loads(text)


def write(new):
    """Writes the version into the manifests and the lock files."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", new):
        sys.exit(f"packaging: {new} is no version like 1.2.3")
    old = read("Cargo.toml")["workspace"]["package"]["version"]
    # The lock file of npm has the version twice, before those of the dependencies.
    for path, form, times in [("Cargo.toml", 'version = "{}"', 0), (NPM, '"version": "{}"', 1),
                              (NPM_LOCK, '"version": "{}"', 2),
                              *((path, form, 0) for path, form in EXAMPLES.items())]:
        text = (ROOT / path).read_text(encoding="utf-8")
        text = re.sub(re.escape(form.format(old)), form.format(new), text, count=times)
        (ROOT / path).write_text(text, encoding="utf-8")
    names = subprocess.run(["git", "ls-files", "*Cargo.lock"], cwd=ROOT, check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    for name in names:
        manifest = (ROOT / name).with_suffix(".toml")
        words = ["cargo", "update", "--quiet", "--workspace", f"--manifest-path={manifest}"]
        subprocess.run(words, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", metavar="TAG")
    parser.add_argument("--field", choices=["repository", "maintainer"])
    parser.add_argument("--set", metavar="VERSION")
    arguments = parser.parse_args()
    if arguments.set:
        write(arguments.set)

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
    for folder in [*PUBLISHED, "bindings/python"]:
        manifest = read(f"{folder}/Cargo.toml")["package"]
        for field in ["version", "repository", "homepage", "license", "rust-version"]:
            same(f"{folder}/Cargo.toml: {field}", manifest.get(field), {"workspace": True})
    npm = read(NPM)
    same(f"{NPM}: version", npm["version"], version)
    lock = read(NPM_LOCK)
    same(f"{NPM_LOCK}: version", [lock["version"], lock["packages"][""]["version"]], [version] * 2)
    same(f"{NPM}: repository", npm.get("repository", {}).get("url"), f"git+{repository}.git")
    book = read("book.toml")["output"]["html"]
    same("book.toml: git-repository-url", book["git-repository-url"], repository)
    for path, form in EXAMPLES.items():
        if form.format(version) not in (ROOT / path).read_text(encoding="utf-8"):
            faults.append(f"{path} has no `{form.format(version)}`")
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
        for field, value in [("repository", repository), ("homepage", package["homepage"]),
                             ("maintainer", maintainer)]:
            if PLACEHOLDER in value:
                faults.append(f"Cargo.toml: {field} is not filled in: {value}")
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
            if NOT_PUBLISHED.search(" ".join(page.read_text(encoding="utf-8").split())):
                faults.append(f"{page.relative_to(ROOT)} says that it is not published yet")
        if not (ROOT / PYTHON).exists():
            faults.append(f"{PYTHON} is missing, and release.yml publishes that package")
    if faults:
        sys.exit("".join(f"packaging: {fault}\n" for fault in faults).rstrip())
    print(version)


if __name__ == "__main__":
    main()
