"""Keeps the pages for auditors true.

    check.py tests             every test that docs/threat-model.md names exists
    check.py dependencies      docs/dependencies.md has a row for each direct dependency, and one
                               for each version of a build script
    check.py unsafe            docs/audit.md lists all folders with unsafe code, and all crates of
                               the command line that have C
    check.py linked            prints what is linked into the command line, with the number of
                               places with unsafe code
    check.py sigstore FILE     the carried Sigstore root is at most two versions behind FILE

`dependencies`, `unsafe` and `linked` need the sources that Cargo downloads.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "tests/audit/check.py"
MODEL = ROOT / "docs/threat-model.md"
DEPENDENCIES = ROOT / "docs/dependencies.md"
AUDIT = ROOT / "docs/audit.md"
CARRIED = ROOT / "client/src/sigstore/root.json"
VERSIONS_BEHIND = 2
PROGRAM = "picotuf-cli"
TARGET = "x86_64-unknown-linux-gnu"


def output(*words):
    return subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def metadata(*words):
    return json.loads(output("cargo", "metadata", "--format-version=1", "--locked", *words))


def rows(text, heading):
    """Yields the cells of each row of the first table below a heading."""
    _, found, rest = text.partition(f"\n## {heading}\n")
    if not found:
        sys.exit(f"tests/audit: there is no section {heading!r}")
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    for line in lines:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def fail(faults):
    if faults:
        sys.exit("".join(f"tests/audit: {fault}\n" for fault in faults).rstrip())


def check_tests():
    named = re.findall(r"`(\w+)/([\w/]+)::(\w+)`", MODEL.read_text("utf-8"))
    faults = []
    for folder, module, test in named:
        path = ROOT / "tests" / folder / f"{module}.rs"
        source = path.read_text("utf-8") if path.exists() else ""
        if not re.search(rf"#\[test\]\n(?:\s*#\[[^\n]*\n)*\s*fn {test}\(\)", source):
            faults.append(f"docs/threat-model.md: there is no test {folder}/{module}::{test}")
    if not named:
        faults.append("docs/threat-model.md names no test")
    for cells in re.findall(r"^\| (.*) \|$", MODEL.read_text("utf-8"), re.M):
        cells = cells.split(" | ")
        if len(cells) == 3 and "::" not in cells[2] and cells[0] not in ("rule", "attacker"):
            if not re.match(r"[a-z ,.:']*(everything|files|links)", cells[2]):
                faults.append(f"docs/threat-model.md: a rule without a test: {cells[0]}")
    fail(faults)
    print(f"{len(named)} tests of the threat model are there")


def check_dependencies():
    text = DEPENDENCIES.read_text("utf-8")
    packages = metadata()["packages"]
    members = [package for package in packages if package["source"] is None]
    used = {d["name"] for p in members for d in p["dependencies"] if d["source"] is not None}
    listed = [cells[0].strip("`") for cells in rows(text, "Direct dependencies")]
    faults = [f"{name} has no row in docs/dependencies.md: say why it is there" for name in
              sorted(used - set(listed))]
    spare = [f"nothing depends on {name}" for name in sorted(set(listed) - used)]
    scripts = {
        (package["name"], package["version"])
        for package in packages
        if package["source"] and any("custom-build" in t["kind"] for t in package["targets"])
    }
    looked = {(c[0].strip("`"), c[1]) for c in rows(text, "Build scripts")}
    for name, version in sorted(scripts - looked):
        faults.append(f"the build script of {name} {version} was not looked at: read it, and write "
                      "what it does into docs/dependencies.md")
    spare += [f"no build script of {n} {v} is in Cargo.lock" for n, v in sorted(looked - scripts)]
    for row in spare:
        print(f"note: docs/dependencies.md: {row}: remove the row")
    fail(faults)
    print(f"{len(used)} direct dependencies and {len(scripts)} build scripts have their rows")


def unsafe_count(text):
    """Returns how often Rust source says `unsafe` outside comments, texts and lints."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r'r#*".*?"#*|"(?:[^"\\]|\\.)*"', '""', text, flags=re.S)
    return len(re.findall(r"\bunsafe\b(?=\s*(?:\{|fn\b|impl\b|extern\b|trait\b|\())", text))


def check_unsafe():
    text = AUDIT.read_text("utf-8")
    folders = [cells[0].strip("`") for cells in rows(text, "Unsafe code of this repository")]
    counts = dict.fromkeys(folders, 0)
    faults = []
    for name in output("git", "ls-files", "*.rs").splitlines():
        if count := unsafe_count((ROOT / name).read_text("utf-8")):
            folder = next((folder for folder in folders if name.startswith(f"{folder}/")), None)
            if folder is None:
                faults.append(f"{name} has unsafe code, and docs/audit.md does not list its folder")
            else:
                counts[folder] += count
    foreign = {cells[0].strip("`") for cells in rows(text, "Other languages in the command line")}
    found = {package["name"] for package in linked() if compiles(package)}
    faults += [f"{n} has C, and docs/audit.md does not list it" for n in sorted(found - foreign)]
    faults += [f"docs/audit.md: {n} has no C or is not linked" for n in sorted(foreign - found)]
    fail(faults)
    own = ", ".join(f"{count} in {folder}" for folder, count in counts.items())
    print(f"places with unsafe code: {own}; C in the command line: {', '.join(sorted(found))}")


def linked():
    """Returns the packages that are linked into the program, by name."""
    words = ["cargo", "tree", "--locked", "--package", PROGRAM, "--target", TARGET]
    words += ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]
    used = {tuple(line.split()[:2]) for line in output(*words).splitlines() if line}
    packages = metadata("--filter-platform", TARGET)["packages"]
    return sorted((p for p in packages if (p["name"], f"v{p['version']}") in used),
                  key=lambda package: package["name"])


def compiles(package):
    """Returns whether the crate's build compiles another language."""
    return any(d["name"] == "cc" and d["kind"] == "build" for d in package["dependencies"])


def print_linked():
    total = 0
    for package in linked():
        source = Path(package["manifest_path"]).parent / "src"
        count = sum(unsafe_count(p.read_text("utf-8", "replace")) for p in source.rglob("*.rs"))
        foreign = "C, assembly" if compiles(package) else ""
        print(f"{package['name']:28} {package['version']:20} {count:5} {foreign}".rstrip())
        total += count
    print(f"{total} places with unsafe code, tests in the source included")


def check_sigstore(path):
    def version(file):
        return json.loads(Path(file).read_text("utf-8"))["signed"]["version"]

    carried, newest = version(CARRIED), version(path)
    if newest - carried > VERSIONS_BEHIND:
        sys.exit(f"tests/audit: the carried Sigstore root has version {carried}, and {path} has "
                 f"{newest}: renew it as client/src/sigstore/README.md says")
    if newest < carried:
        sys.exit(f"tests/audit: {path} has version {newest}, and the carried root {carried}: "
                 "compare with a newer one")
    if newest == carried and Path(path).read_bytes() != CARRIED.read_bytes():
        sys.exit(f"tests/audit: the carried Sigstore root and {path} have version {carried}, and "
                 "they differ")
    print(f"the carried Sigstore root has version {carried}, and the newest one here {newest}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("what", choices=["tests", "dependencies", "unsafe", "linked", "sigstore"])
    parser.add_argument("file", nargs="?")
    arguments = parser.parse_args()
    match arguments.what:
        case "tests":
            check_tests()
        case "dependencies":
            check_dependencies()
        case "unsafe":
            check_unsafe()
        case "linked":
            print_linked()
        case "sigstore":
            check_sigstore(arguments.file)


if __name__ == "__main__":
    main()
