#!/usr/bin/env bash
# python-tuf 7.0.1 and tuf-js 5.0.1 end the search for a target at its succinct bin. TAP 15, which
# defines succinct roles, says that they do not end it.
#
# TAP 15: all succinct delegations are non-terminating; whoever wants them to be terminating says so
# in the delegation to their delegator. Both clients treat each bin as if its delegation had
# `"terminating": true`. So a role that comes after bins for the same path is never asked, although
# no file says `terminating`: with hash prefixes in the place of the succinct roles, it is found.
#
# picotuf does as both clients do, because repositories are made and tried with them: the section
# "Where both differ from a specification" in tests/DIFFERENCES.md, tests/behaviour/succinct.rs.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check tuf==7.0.1 \
  'securesystemslib[crypto]==1.6.0'
cd "$folder"
npm install --silent --no-audit --no-fund tuf-js@5.0.1
cat >find.mjs <<'NODE'
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Updater } from 'tuf-js';

const [folder, metadataDir, path] = process.argv.slice(2);
const server = createServer((request, response) => {
  try {
    response.end(readFileSync(folder + decodeURIComponent(request.url)));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const metadataBaseUrl = `http://127.0.0.1:${server.address().port}`;
const updater = new Updater({ metadataDir, metadataBaseUrl });
await updater.refresh();
console.log((await updater.getTargetInfo(path)) === undefined ? 'not found' : 'found');
server.close();
NODE
"$folder/tools/bin/python" - <<'PYTHON'
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot, SuccinctRoles, TargetFile,
    Targets, Timestamp,
)
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface

PATH = "six-1.17.0.tar.gz"
signer = CryptoSigner.generate_ed25519()
key = signer.public_key
keys = {key.keyid: key}
expires = datetime(2040, 1, 1, tzinfo=timezone.utc)


class Folder(FetcherInterface):
    """A repository in a folder."""

    def _fetch(self, url):
        from tuf.api.exceptions import DownloadHTTPError

        file = Path(url.removeprefix("local:"))
        if not file.is_file():
            raise DownloadHTTPError("absent", 404)
        yield file.read_bytes()


def role(name):
    return DelegatedRole(name, [key.keyid], 1, terminating=False, paths=["*"])


def make(folder, below_first):
    folder.mkdir()
    targets = Targets(expires=expires)
    targets.delegations = Delegations(keys, {name: role(name) for name in ("first", "second")})
    first, second, bins = (Targets(expires=expires) for _ in range(3))
    first.delegations = below_first
    second.targets[PATH] = TargetFile.from_data(PATH, b"a file")
    roles = {"targets": targets, "first": first, "second": second}
    roles |= {f"bins-{number}": bins for number in (0, 1)}
    snapshot = Snapshot(expires=expires, meta={f"{name}.json": MetaFile() for name in roles})
    root = Root(expires=expires, consistent_snapshot=True)
    for name in ("root", "timestamp", "snapshot", "targets"):
        root.add_key(key, name)
    others = {"root": root, "snapshot": snapshot, "timestamp": Timestamp(expires=expires)}
    for name, signed in (roles | others).items():
        file = Metadata(signed)
        file.sign(signer)
        file.to_file(str(folder / ("timestamp.json" if name == "timestamp" else f"1.{name}.json")))


def find(folder):
    for store in ("python-store", "js-store"):
        shutil.rmtree(store, ignore_errors=True)
        Path(store).mkdir()
        shutil.copy(folder / "1.root.json", Path(store) / "root.json")
    root = (folder / "1.root.json").read_bytes()
    updater = Updater("python-store", f"local:{folder}/", fetcher=Folder(), bootstrap=root)
    by_python = "not found" if updater.get_targetinfo(PATH) is None else "found"
    command = ["node", "find.mjs", str(folder), "js-store", PATH]
    by_js = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    return by_python, by_js


prefix = sha256(PATH.encode()).hexdigest()[0]
by_prefix = DelegatedRole("bins-0", [key.keyid], 1, terminating=False, path_hash_prefixes=[prefix])
kinds = {
    "hash prefixes": Delegations(keys, {"bins-0": by_prefix}),
    "succinct roles": Delegations(
        keys, succinct_roles=SuccinctRoles([key.keyid], 1, bit_length=1, name_prefix="bins")
    ),
}
seen = {}
for number, (kind, delegations) in enumerate(kinds.items()):
    folder = Path(f"repository-{number}")
    make(folder, delegations)
    seen[kind] = find(folder)
    print(f"a role after bins by {kind}: python-tuf, tuf-js: {', '.join(seen[kind])}")
expected = {
    "hash prefixes": ("found", "found"),
    "succinct roles": ("not found", "not found"),
}
sys.exit(0 if seen == expected else "they behave otherwise now")
PYTHON
