#!/usr/bin/env bash
# One ML-DSA key in a root, which no threshold needs, makes the root unreadable for python-tuf with
# securesystemslib before 1.6; tuf-js 5.0.1 reads it and verifies it by the other key.
#
# TUF's specification (section 4.2) lets a repository define types of keys, and a threshold that
# other keys meet needs nothing of a key that is not known. python-tuf builds every key when it
# reads the file, and securesystemslib refuses the one that it does not know: so a repository that
# lists its first post-quantum key beside the present ones stops all clients with an older library
# at that root. The newest versions of both do the same with what comes after ML-DSA.
#
# picotuf reads it: the row `unknown-key-types` in tests/DIFFERENCES.md, which a test holds to.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for versions in 'tuf==7.0.1 securesystemslib[crypto]==1.6.0' \
  'tuf==6.0.0 securesystemslib[crypto]==1.3.1'; do
  # shellcheck disable=SC2086 # Two requirements.
  python3 -m venv "${versions:5:5}" &&
    "${versions:5:5}/bin/python" -m pip install --quiet --disable-pip-version-check $versions
done
npm install --silent --no-audit --no-fund @tufjs/models@4.1.1
7.0.1/bin/python - <<'PYTHON'
import json
from copy import deepcopy
from datetime import datetime, timezone

from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Role, Root

signer, other = CryptoSigner.generate_ed25519(), CryptoSigner.generate_mldsa(scheme="ml-dsa-65/1")
keyid = signer.public_key.keyid
root = Root(expires=datetime(2040, 1, 1, tzinfo=timezone.utc), consistent_snapshot=True)
root.keys = {keyid: signer.public_key}
root.roles = {
    name: Role([keyid], 1) for name in ("root", "timestamp", "snapshot", "targets")
}
ml_dsa = other.public_key.to_dict()
later = {"keytype": "slh-dsa", "scheme": "slh-dsa-sha2-128s/1", "keyval": {"public": "00"}}
for name, key in (("ed25519", None), ("ml-dsa", ml_dsa), ("slh-dsa", later)):
    signed = deepcopy(root.to_dict())
    if key is not None:
        signed["keys"]["another"] = key
        signed["roles"]["root"]["keyids"].append("another")
    signature = signer.sign(encode_canonical(signed).encode())
    envelope = {"signatures": [signature.to_dict()], "signed": signed}
    with open(f"{name}.json", "w") as file:
        json.dump(envelope, file)
PYTHON
cat >read.py <<'PYTHON'
import sys

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata

try:
    root = Metadata.from_file(sys.argv[1])
    root.verify_delegate("root", root)
    print("ok")
except RepositoryError as error:
    print("refused:", error.__cause__)
PYTHON
cat >read.mjs <<'NODE'
import { readFileSync } from 'node:fs';
import { Metadata, MetadataKind } from '@tufjs/models';

const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(readFileSync(process.argv[2])));
root.verifyDelegate('root', root);
console.log('ok');
NODE
seen=$(for name in ed25519 ml-dsa slh-dsa; do
  echo "$name, python-tuf 7.0.1: $(7.0.1/bin/python read.py $name.json)"
  echo "$name, python-tuf 6.0.0: $(6.0.0/bin/python read.py $name.json)"
  echo "$name, tuf-js: $(node read.mjs $name.json)"
done)
echo "$seen"
ml_dsa='refused: Unsupported public key ml-dsa/ml-dsa-65/1'
slh_dsa='refused: Unsupported public key slh-dsa/slh-dsa-sha2-128s/1'
[[ $seen == "ed25519, python-tuf 7.0.1: ok
ed25519, python-tuf 6.0.0: ok
ed25519, tuf-js: ok
ml-dsa, python-tuf 7.0.1: ok
ml-dsa, python-tuf 6.0.0: $ml_dsa
ml-dsa, tuf-js: ok
slh-dsa, python-tuf 7.0.1: $slh_dsa
slh-dsa, python-tuf 6.0.0: $slh_dsa
slh-dsa, tuf-js: ok" ]] || { echo 'they behave otherwise now' >&2; exit 1; }
