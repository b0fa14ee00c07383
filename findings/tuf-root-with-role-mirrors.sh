#!/usr/bin/env bash
# python-tuf 7.0.1 cannot read a root that has the role `mirrors`; tuf-js 5.0.1 reads and verifies it.
#
# TUF's specification (1.0.34, section 4.3) lists `mirrors` as an optional role of root. python-tuf
# compares the names of all roles with the four others, and says only that the JSON could not be
# deserialized. So a repository cannot use what the specification offers.
#
# picotuf reads it: the row `mirrors-role` in tests/DIFFERENCES.md, which a test holds to.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check tuf==7.0.1 \
  'securesystemslib[crypto]==1.6.0'
cd "$folder"
npm install --silent --no-audit --no-fund @tufjs/models@4.1.1
cat >read.mjs <<'NODE'
import { readFileSync } from 'node:fs';
import { Metadata, MetadataKind } from '@tufjs/models';

const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(readFileSync(process.argv[2])));
root.verifyDelegate('root', root);
NODE
"$folder/tools/bin/python" - <<'PYTHON'
import json
import subprocess
import sys
from copy import deepcopy
from datetime import datetime, timezone

from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Role, Root
from tuf.api.serialization import DeserializationError

signer = CryptoSigner.generate_ed25519()
keyid = signer.public_key.keyid
root = Root(expires=datetime(2040, 1, 1, tzinfo=timezone.utc), consistent_snapshot=True)
root.keys = {keyid: signer.public_key}
root.roles = {name: Role([keyid], 1) for name in ("root", "timestamp", "snapshot", "targets")}
seen = {}
for more in ([], ["mirrors"]):
    signed = deepcopy(root.to_dict())
    signed["roles"] |= {name: {"keyids": [keyid], "threshold": 1} for name in more}
    signature = signer.sign(encode_canonical(signed).encode())
    with open("root.json", "w") as file:
        json.dump({"signatures": [signature.to_dict()], "signed": signed}, file)
    try:
        read = Metadata.from_file("root.json")
        read.verify_delegate("root", read)
        by_python = "verifies"
    except DeserializationError as error:
        by_python = str(error)
    run = subprocess.run(["node", "read.mjs", "root.json"], capture_output=True, check=False)
    by_js = "verifies" if run.returncode == 0 else run.stderr.decode()
    seen[" and ".join(["four roles", *more])] = by_python, by_js
    print(f"four roles {more}: python-tuf: {by_python}; tuf-js: {by_js}")
expected = {
    "four roles": ("verifies", "verifies"),
    "four roles and mirrors": ("Failed to deserialize JSON", "verifies"),
}
sys.exit(0 if seen == expected else "they behave otherwise now")
PYTHON
