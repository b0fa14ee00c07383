"""Runs the table of verdicts on the Python package: `verdicts.py FOLDER`.

tests/hosts/README.md describes the protocol.
"""

import dataclasses
import json
import sys
from datetime import datetime
from pathlib import Path

import picotuf
from picotuf import attest


def of_repository(case, kind, now):
    """Returns the verdict on a repository, a target and its file."""
    limits = {}
    if (case / "limits").exists():
        for line in (case / "limits").read_text().splitlines():
            name, number = line.split()
            role = name.removesuffix("_length")
            limits[f"max_{name}" if role == name else f"{role}_max_length"] = int(number)
    client = picotuf.Client(
        case / "stored", case / "repository", at=now, limits=limits, offline=kind == "offline"
    )
    target = client.verify(case / "file", (case / "target").read_text())
    members = dataclasses.asdict(target)
    return {"roles": members.pop("roles"), "targets": [members]}


def of_attestation(case, now):
    """Returns the verdict on what is attested about a file."""
    asked = case / "publisher"
    name = (case / "name").read_text()
    file = case / name
    file.write_bytes((case / "file").read_bytes())
    verdict = attest.verify(
        file,
        case / "provenance",
        case / "trusted_root",
        publisher=asked.read_text() if asked.exists() else None,
        at=now,
    )
    publisher = {"kind": verdict.kind, "spec": verdict.publisher}
    return {"publisher": publisher, "attestations": verdict.attestations}


def verdict(case):
    """Returns the verdict on a case."""
    kind = (case / "kind").read_text()
    now = datetime.fromisoformat((case / "now").read_text().replace("Z", "+00:00"))
    try:
        if kind == "attestation":
            return {"ok": True, **of_attestation(case, now)}
        return {"ok": True, **of_repository(case, kind, now)}
    except picotuf.Error as error:
        roles = [dataclasses.asdict(role) for role in error.roles]
        found = {"ok": False, "error": {**vars(error)}, "roles": roles}
        found["error"].pop("roles")
        attestations = found["error"].pop("attestations")
        return {**found, "attestations": attestations} if attestations else found


for case in sorted(Path(sys.argv[1]).iterdir()):
    print(case.name, json.dumps(verdict(case)), sep="\t")
