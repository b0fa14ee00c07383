"""Prints the parts of a program as a software bill of materials (CycloneDX 1.5, JSON).

    sbom.py --target TRIPLE [--package NAME] [--features LIST] [--licenses FILE]

The program is the command line, or the crate NAME of this workspace, with these features.

The parts are the crates that Cargo links for the target, with the SHA-256 of each package from
Cargo.lock, and the crates that only the build runs (`scope: excluded`). FILE gets the licences of
the linked crates, each text once. Rust's library is a part too, and musl of the static program,
whose notice comes from Debian's musl-dev. The same commit gives the same bytes.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

try:
    import tomllib
except ImportError:  # before Python 3.11
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "picotuf-cli"
MUSL_NOTICE = Path("/usr/share/doc/musl-dev/copyright")
# Names of files with licences and notices in a crate's package.
LICENSES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


def output(*words):
    return subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def metadata(target):
    words = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", target]
    return json.loads(output(*words))


def tree(program, target, features, edges):
    """Returns the ids of the packages that Cargo uses for the program."""
    words = ["cargo", "tree", "--locked", "--package", program, "--target", target]
    words += ["--features", features]
    words += ["--edges", edges, "--prefix", "none", "--format", "{p}"]
    return {tuple(line.split()[:2]) for line in output(*words).splitlines() if line}


def component(package, checksums, linked):
    name, version = package["name"], package["version"]
    key = (name, f"v{version}")
    purl = f"pkg:cargo/{name}@{version}"
    entry = {"type": "library", "bom-ref": purl, "name": name, "version": version}
    entry["scope"] = "required" if key in linked else "excluded"
    if checksum := checksums.get((name, version)):
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if license := package["license"]:
        # The old form of `OR`.
        entry["licenses"] = [{"expression": license.replace("/", " OR ")}]
    entry["purl"] = purl
    return entry


def foreign(name, version, license, source):
    """Returns a part that is no package of Cargo."""
    reference = f"pkg:generic/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "scope": "required",
        "licenses": [{"expression": license}],
        "purl": reference,
        "externalReferences": [{"type": "website", "url": source}],
    }


def rust_library():
    version = re.search(r"^release: (\S+)$", output("rustc", "--version", "--verbose"), re.M)[1]
    return foreign("rust-std", version, "MIT OR Apache-2.0", "https://www.rust-lang.org")


def musl(target):
    """Returns the C library that Rust brings for this target."""
    folder = Path(output("rustc", "--print", "sysroot").strip())
    library = folder / "lib/rustlib" / target / "lib/self-contained/libc.a"
    # The only text of this form is the version.
    found = set(re.findall(rb"\0(1\.[0-9]+\.[0-9]+)\0", library.read_bytes()))
    if len(found) != 1:
        sys.exit(f"packaging: {library} does not say which version of musl it is: {found}")
    return foreign("musl", found.pop().decode(), "MIT", "https://musl.libc.org")


def license_texts(packages):
    """Returns all texts of licences with the crates that have each, and the crates without one."""
    texts, without = {}, []
    for package in packages:
        folder = Path(package["manifest_path"]).parent
        files = sorted(f for f in folder.iterdir() if f.name.upper().startswith(LICENSES))
        files = [file for file in files if file.is_file()]
        crate = f"{package['name']} {package['version']} ({package['license']})"
        if not files:
            without.append(crate)
        for file in files:
            text = file.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault(text, []).append(crate)
    return texts, without


def write_licenses(path, packages, others):
    texts, without = license_texts(packages)
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write("These crates are compiled into picotuf, under these licences.\n")
        for text, crates in texts.items():
            out.write("\n" + "=" * 78 + "\n" + "\n".join(dict.fromkeys(crates)) + "\n\n")
            out.write(text.replace("\r\n", "\n") + "\n")
        if without:
            out.write("\n" + "=" * 78 + "\nThe packages of these crates have no file with a ")
            out.write("licence:\n\n" + "\n".join(without) + "\n")
        for part in others:
            license = part["licenses"][0]["expression"]
            name = f"{part['name']} {part['version']} ({license})"
            out.write("\n" + "=" * 78 + f"\n{name}\n\n")
            if part["name"] == "musl":
                out.write(MUSL_NOTICE.read_text(encoding="utf-8"))
            else:
                out.write("The standard library of Rust. The notices of its parts are in\n")
                out.write("share/doc/rust/COPYRIGHT-library.html of that version of Rust.\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--package", default=PROGRAM)
    parser.add_argument("--features", default="")
    parser.add_argument("--licenses")
    arguments = parser.parse_args()

    program = arguments.package, arguments.target, arguments.features
    linked = tree(*program, "normal,no-proc-macro")
    built = tree(*program, "normal,build")
    all_packages = metadata(arguments.target)
    by_id = {package["id"]: package for package in all_packages["packages"]}
    used = sorted(
        (p for p in by_id.values() if (p["name"], f"v{p['version']}") in built),
        key=lambda package: (package["name"], package["version"]),
    )
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    checksums = {(p["name"], p["version"]): p["checksum"] for p in locked if "checksum" in p}
    program = next(package for package in used if package["name"] == arguments.package)
    components = [component(package, checksums, linked) for package in used]
    references = {p["id"]: f"pkg:cargo/{p['name']}@{p['version']}" for p in used}
    dependencies = []
    for node in all_packages["resolve"]["nodes"]:
        if node["id"] in references:
            needs = {
                references[dep["pkg"]]
                for dep in node["deps"]
                if dep["pkg"] in references
                and any(kind["kind"] != "dev" for kind in dep["dep_kinds"])
            }
            dependencies.append({"ref": references[node["id"]], "dependsOn": sorted(needs)})
    main_entry = components.pop(used.index(program))
    others = [rust_library()]
    if arguments.package == PROGRAM:
        main_entry["type"] = "application"
        if arguments.target.endswith("-musl"):
            others.append(musl(arguments.target))
    components += others
    del main_entry["scope"]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    time = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": time, "component": main_entry},
        "components": components,
        "dependencies": sorted(dependencies, key=lambda entry: entry["ref"]),
    }
    digest = hashlib.sha256(json.dumps(bill, sort_keys=True).encode()).digest()
    bill["serialNumber"] = uuid.UUID(bytes=digest[:16], version=4).urn
    json.dump(bill, sys.stdout, indent=1)
    print()
    if arguments.licenses:
        theirs = [p for p in used if (p["name"], p["version"]) in checksums]
        parts = [p for p in theirs if (p["name"], f"v{p['version']}") in linked]
        write_licenses(arguments.licenses, parts, others)


if __name__ == "__main__":
    main()
