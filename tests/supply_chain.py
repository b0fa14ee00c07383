"""Holds the locked dependencies against deny.toml: licences, doubled versions, sources.

What `cargo deny check licenses bans sources` does, with nothing but cargo and Python. Entries of deny.toml that nothing needs
any more are errors too, so that its lists only shrink.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

try:
    import tomllib
except ImportError:  # before Python 3.11
    from pip._vendor import tomli as tomllib

TOP = Path(__file__).parent.parent
CRATES_IO = "https://github.com/rust-lang/crates.io-index"


def allowed(expression, licenses, used):
    """Whether an SPDX expression can be met with these licences; notes in `used` which of them met it."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def one_of(position):
        good, position = all_of(position)
        while position < len(tokens) and tokens[position] == "OR":
            other, position = all_of(position + 1)
            good = good or other
        return good, position

    def all_of(position):
        good, position = term(position)
        while position < len(tokens) and tokens[position] == "AND":
            other, position = term(position + 1)
            good = good and other
        return good, position

    def term(position):
        if tokens[position] == "(":
            good, position = one_of(position + 1)
            if tokens[position] != ")":
                raise ValueError(expression)
            return good, position + 1
        name = tokens[position]
        position += 1
        if position < len(tokens) and tokens[position] == "WITH":
            name += " WITH " + tokens[position + 1]
            position += 2
        if name in licenses:
            used.add(name)
        return name in licenses, position

    good, position = one_of(0)
    if position != len(tokens):
        raise ValueError(expression)
    return good


def check_licenses(packages, rules):
    exceptions = {entry["crate"]: set(entry["allow"]) for entry in rules["exceptions"]}
    everywhere, used, excepted = set(rules["allow"]), set(), set()
    for package in packages:
        name, expression = package["name"], package["license"]
        if not expression:
            yield f"{name} {package['version']} states no licence"
        elif not allowed(expression, everywhere, used):
            if not allowed(expression, everywhere | exceptions.get(name, set()), set()):
                yield f"{name} {package['version']} is under {expression}, which is not allowed"
            excepted.add(name)
    yield from (f"deny.toml allows {name}, which no dependency needs" for name in sorted(everywhere - used))
    yield from (f"deny.toml makes an exception for {name}, which needs none" for name in sorted(set(exceptions) - excepted))


def check_bans(packages, members, rules):
    versions, skipped = defaultdict(set), {entry["crate"] for entry in rules["skip"]}
    for package in packages:
        versions[package["name"]].add(package["version"])
    needed = set()
    for name, found in sorted(versions.items()):
        # One of them may stay unnamed: the one that the others should become.
        left = {version for version in found if f"{name}@{version}" not in skipped}
        if len(found) > 1:
            needed |= {f"{name}@{version}" for version in found}
        if len(left) > 1:
            yield f"{name} is there in more than one version: {', '.join(sorted(left))}"
    yield from (f"deny.toml skips {name}, which is not doubled" for name in sorted(skipped - needed))
    for package in packages:
        if package["id"] in members:
            for dependency in package["dependencies"]:
                if dependency["req"] == "*" and not dependency.get("path"):
                    yield f"{package['name']} takes any version of {dependency['name']}"


def check_sources(lock_file, registries):
    for package in tomllib.loads(lock_file.read_text())["package"]:
        source = package.get("source")
        where = f"{lock_file.relative_to(TOP)}: {package['name']} {package['version']}"
        if source is None:
            continue
        if source.removeprefix("registry+") not in registries:
            yield f"{where} comes from {source}"
        elif len(package.get("checksum", "")) != 64:
            yield f"{where} has no checksum"


def main():
    rules = tomllib.loads((TOP / "deny.toml").read_text())
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run(command, cwd=TOP, check=True, stdout=subprocess.PIPE).stdout)
    members = set(metadata["workspace_members"])
    lock_files = subprocess.run(["git", "ls-files", "*Cargo.lock"], cwd=TOP, stdout=subprocess.PIPE, text=True)
    lock_files = [TOP / name for name in lock_files.stdout.split()] or [TOP / "Cargo.lock"]
    errors = [
        *check_licenses(metadata["packages"], rules["licenses"]),
        *check_bans(metadata["packages"], members, rules["bans"]),
    ]
    for lock_file in lock_files:
        errors += check_sources(lock_file, rules["sources"]["allow-registry"])
    for error in errors:
        print(f"supply chain: {error}", file=sys.stderr)
    print(f"{len(metadata['packages'])} packages, {len(lock_files)} lock files, {len(errors)} errors")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
