"""Checks what picotuf promises to programs: the JSON of each command, and the error codes.

    check.py codes              docs/errors.md still has every code of codes.txt, and no retired one
    check.py members            the schemas still have every member of members.txt
    check.py codes --write      adds the new codes of docs/errors.md to codes.txt: for each release,
                                and whenever a code is there to stay
    check.py members --write    writes members.txt: for each release
    check.py release            both lists are those of the present
    check.py run PROGRAM        runs each command on the demo repository, and checks what it prints
    check.py verdicts FOLDER    checks the JSON in FOLDER, one object a line, against the schemas

`run` and `verdicts` need the package jsonschema (tests/requirements.txt).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SCHEMAS = ROOT / "docs/schemas"
CODES = HERE / "codes.txt"
MEMBERS = HERE / "members.txt"


def schemas():
    return {path.name: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}


# Error codes


def baseline(path):
    """Returns the lines of a baseline without comments."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def codes_in(text):
    """Returns the codes in the tables of docs/errors.md."""
    codes = set(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \|$", text, re.M))
    # The other table of the page: who has to act.
    return codes - set(schemas()["report.json"]["$defs"]["error"]["properties"]["blame"]["enum"])


def check_codes(writes):
    present = codes_in((ROOT / "docs/errors.md").read_text("utf-8"))
    stated = dict((line.split() + [""])[:2] for line in baseline(CODES))
    kept = {code for code, mark in stated.items() if not mark}
    retired = {code for code, mark in stated.items() if mark == "retired"}
    faults = [f"{code} is gone from docs/errors.md" for code in sorted(kept - present)]
    if faults:
        faults.append("take a code that no release has out of codes.txt; mark any other `retired`")
    reused = sorted(retired & present)
    faults += [f"{code} is retired, and may not be used again" for code in reused]
    new = present - stated.keys()
    if new and not faults and writes:
        lines = CODES.read_text("utf-8").splitlines() if CODES.exists() else []
        comments = [line for line in lines if line.startswith("#")]
        lines = comments + sorted([*baseline(CODES), *new])
        CODES.write_text("\n".join(lines) + "\n", "utf-8")
    elif new:
        print(f"new error codes: {', '.join(sorted(new))}")
    fail(faults)
    print(f"{len(present)} error codes, {len(retired)} retired")


# Members of the schemas


def members(schema, documents, path, required, found):
    """Collects each member that a schema describes, with its type and whether it must be there."""
    if reference := schema.get("$ref"):
        name, _, place = reference.partition("#")
        target = documents[name]
        for step in place.split("/")[1:]:
            target = target[step]
        members(target, documents, path, required, found)
    if path and ("type" in schema or "const" in schema):
        types = schema.get("type", "string")
        types = types if isinstance(types, str) else "|".join(sorted(types))
        found[path] = f"{types} {'always' if required else 'sometimes'}"
    for name, member in schema.get("properties", {}).items():
        must = name in schema.get("required", [])
        members(member, documents, f"{path}.{name}" if path else name, must, found)
    for key, mark in [("items", "[]"), ("additionalProperties", ".*")]:
        if isinstance(schema.get(key), dict):
            members(schema[key], documents, path + mark, False, found)
    for branch in schema.get("oneOf", []):
        members(branch, documents, path, required, found)


def all_members():
    documents = schemas()
    lines = []
    for name, schema in sorted(documents.items()):
        if name != "report.json":
            found = {}
            members(schema, documents, "", False, found)
            lines += [f"{name.removesuffix('.json')} {path} {what}" for path, what in found.items()]
    return lines


def check_members(writes):
    now = all_members()
    if writes:
        head = "# The JSON of the last release: command, member, type. check.py writes this file.\n"
        MEMBERS.write_text(head + "".join(f"{line}\n" for line in now), "utf-8")
    gone = [line for line in baseline(MEMBERS) if line not in set(now)]
    fail([f"the last release has {line!r}, and the schemas do not" for line in gone])
    stated = len(baseline(MEMBERS))
    print(f"{len(now)} members, {stated} of them of the last release" if stated else
          f"{len(now)} members; no release yet")


def check_release():
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    known = {line.split()[0] for line in baseline(CODES)}
    faults = []
    if not codes_in(text) <= known:
        faults.append("codes.txt lacks new error codes: run check.py codes --write")
    if baseline(MEMBERS) != all_members():
        faults.append("members.txt is not up to date: run check.py members --write")
    fail(faults)


# Verdicts


def strict(schema, is_definition=False):
    """Returns the schema without leave for members that it does not describe."""
    if not isinstance(schema, dict):
        return schema
    new = {}
    for key, value in schema.items():
        if key == "$defs":
            new[key] = {name: strict(inner, True) for name, inner in value.items()}
        elif key == "properties":
            new[key] = {name: strict(inner) for name, inner in value.items()}
        elif key in ("items", "additionalProperties"):
            new[key] = strict(value)
        elif key == "oneOf":
            new[key] = [strict(inner) for inner in value]
        else:
            new[key] = value
    if not is_definition and ("properties" in new or "$ref" in new):
        if "additionalProperties" not in new:
            new["unevaluatedProperties"] = False
    return new


def validators():
    """Returns a validator for each command."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    documents = schemas()
    for schema in documents.values():
        Draft202012Validator.check_schema(schema)
    report = strict(documents["report.json"], True)
    registry = Registry().with_resource("report.json", Resource.from_contents(report))
    return {
        name.removesuffix(".json"): Draft202012Validator(strict(schema), registry=registry)
        for name, schema in documents.items()
        if name != "report.json"
    }


class Verdicts:
    """Counts verdicts by command, and collects what the schemas do not allow."""

    def __init__(self):
        self.validators = validators()
        self.counts = Counter()
        self.faults = {}

    def take(self, verdict, what):
        validator = self.validators.get(verdict.get("command"))
        if validator is None:
            self.faults.setdefault(f"no schema for {verdict.get('command')!r}", what)
            return
        self.counts[verdict["command"], verdict["ok"]] += 1
        for error in validator.iter_errors(verdict):
            place = re.sub(r"\[\d+\]", "[]", error.json_path)
            self.faults.setdefault(f"{verdict['command']}: {place}: {error.message[:300]}", what)

    def finish(self, needed):
        for command in sorted(self.validators):
            for ok in [True, False]:
                if (command, ok) in needed and not self.counts[command, ok]:
                    self.faults.setdefault(f"{command}: no verdict with ok = {ok}", "")
        fail([f"{fault}\n    in {what[:300]}" for fault, what in self.faults.items()])
        total = sum(self.counts.values())
        commands = {command for command, _ in self.counts}
        print(f"{total} verdicts of {len(commands)} commands are as their schemas say")


def check_folder(folder):
    verdicts = Verdicts()
    for path in sorted(Path(folder).glob("*.jsonl")):
        # Not `splitlines`, which also ends lines at characters that JSON has in strings.
        for line in path.read_text("utf-8").split("\n")[:-1]:
            verdicts.take(json.loads(line), line)
    if not verdicts.counts:
        sys.exit(f"tests/contract: {folder} has no verdicts")
    # `run` has what the tests do not read as JSON, except for the proxy's commands.
    without = {"demo", "completions", "man", "proxy", "run"}
    if os.environ.get("PICOTUF_WITHOUT_ATTESTATIONS"):
        without |= {"provenance", "publishers"}
    verdicts.finish({(command, True) for command in verdicts.validators.keys() - without})


TIME = "2026-11-22T00:00:00Z"
WHEEL = "iniconfig/iniconfig-2.3.1-py3-none-any.whl"


def runs(folder):
    """Yields the arguments of each run, and its exit code."""
    demo, attested = ROOT / "cli/demo", ROOT / "cli/demo/attested"
    here = ["--metadata-dir", f"{folder}/metadata", "--at", TIME]
    late = ["--metadata-dir", f"{folder}/metadata", "--at", "2027-11-22T00:00:00Z"]
    urls = ["--metadata-url", str(demo / "metadata"), "--target-base-url", str(demo / "targets")]
    urls += ["--target-dir", f"{folder}/wheels"]
    yield [*here, "refresh"], 1
    yield [*here, "show"], 1
    yield [*here, *urls, "init", f"{attested}/root.json"], 0
    yield [*here, *urls, "init", f"{demo}/root.json"], 2
    yield [*here, *urls, "init", "--force", f"{demo}/root.json"], 0
    yield [*here, "refresh"], 0
    yield [*here, "download", "--target-name", WHEEL], 0
    yield [*here, "download", "--target-name", "iniconfig/absent.whl"], 1
    yield [*here, "download"], 2
    wheel = f"{folder}/wheels/{WHEEL}"
    yield [*here, "verify", wheel, "--target-name", WHEEL], 0
    yield [*here, "verify", wheel, "--target-name", WHEEL, "--offline"], 0
    yield [*here, "verify", f"{demo}/time.txt", "--target-name", WHEEL], 1
    yield [*late, "refresh"], 1
    yield [*here, "--layout", "pep480", "check", f"{folder}/wheels"], 0
    yield [*here, "--layout", "pep480", "check", f"{folder}/requirements.txt", wheel], 1
    yield [*here, "--layout", "pep480", "metadata", Path(wheel).name], 1
    yield [*here, "show"], 0
    yield [*here, "show", "targets"], 0
    yield [*here, "show", "nobody"], 1
    yield [*here, "mirror", "--to", f"{folder}/mirror", "--targets"], 1
    yield [*here, "mirror", "--check", f"{folder}/mirror", "--targets"], 1
    yield [*here, "mirror", "--check", f"{folder}/absent"], 1
    sdist = "pypi_attestations-0.0.19.tar.gz"
    provenance = ["provenance", f"{attested}/{sdist}"]
    provenance += ["--provenance", f"{attested}/{sdist}.provenance"]
    provenance += ["--sigstore-url", f"{attested}/sigstore"]
    provenance += ["--sigstore-root", f"{attested}/root.json"]
    provenance += ["--metadata-dir", f"{folder}/sigstore", "--at", TIME, "--publisher"]
    yield [*provenance, "github:trailofbits/pypi-attestations:release.yml"], 0
    yield [*provenance, "github:trailofbits/pypi-attestations:other.yml"], 1
    yield ["publishers", "show", f"{folder}/publishers.toml"], 0
    yield ["publishers", "show", f"{folder}/requirements.txt"], 1
    yield ["demo"], 0
    yield ["completions", "bash"], 0
    yield ["man", "check"], 0
    yield ["man", "nothing"], 2


REQUIREMENTS = f"""\
iniconfig==2.3.1 --hash=sha256:{"0" * 64}
django==5.0 --hash=md5:{"0" * 32}
"""
PUBLISHERS = """\
version = 1

[[publisher]]
index = "https://pypi.org/simple"
project = "six"
publisher = "github:benjaminp/six:release.yml"
issuer = "https://token.actions.githubusercontent.com"
"""


def check_runs(program):
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "wheels").mkdir()
        (Path(folder) / "requirements.txt").write_text(REQUIREMENTS)
        (Path(folder) / "publishers.toml").write_text(PUBLISHERS)
        for arguments, code in runs(folder):
            words = [program, "--json", *map(str, arguments)]
            run = subprocess.run(words, cwd=folder, capture_output=True, text=True)
            line = " ".join(["picotuf", *words[1:]])
            try:
                verdict = json.loads(run.stdout)
            except json.JSONDecodeError:
                found = f"no JSON, exit code {run.returncode}: {run.stderr}"
                verdicts.faults.setdefault(found, line)
                continue
            verdicts.take(verdict, line)
            if run.returncode != code or verdict["ok"] != (code == 0):
                found = f"exit code {run.returncode}, not {code}: {run.stderr}"
                verdicts.faults.setdefault(found, line)
    # The demo repository has no METADATA, and a mirror of it lacks files: `verdicts` has both. The
    # proxy's commands need a server.
    without = {"metadata", "mirror", "proxy", "run"}
    verdicts.finish({(c, True) for c in verdicts.validators if c not in without})


def fail(faults):
    if faults:
        sys.exit("".join(f"tests/contract: {fault}\n" for fault in faults).rstrip())


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("what", choices=["codes", "members", "release", "run", "verdicts"])
    parser.add_argument("place", nargs="?")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    match arguments.what:
        case "codes":
            check_codes(arguments.write)
        case "members":
            check_members(arguments.write)
        case "release":
            check_release()
        case "run":
            check_runs(arguments.place)
        case "verdicts":
            check_folder(arguments.place)


if __name__ == "__main__":
    main()
