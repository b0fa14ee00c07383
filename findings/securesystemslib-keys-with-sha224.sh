#!/usr/bin/env bash
# securesystemslib 1.6.0 makes RSA keys with SHA-224, signs and verifies with them, and cannot read
# them back: so python-tuf 7.0.1 writes a root that it cannot read.
#
# `CryptoSigner.generate_rsa` takes every scheme whose hash function it knows, and `Key.from_dict`
# only those in a table, which has `rsa-pkcs1v15-sha224` and `rsassa-pss-sha224` not. The repository
# is signed, verifies in memory, and fails for everybody who fetches it.
#
# picotuf reads `rsa-pkcs1v15-sha224`: the row `pkcs1-sha224` in
# tests/DIFFERENCES.md, which a test holds to.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check tuf==7.0.1 \
  'securesystemslib[crypto]==1.6.0'
cd "$folder"
"$folder/tools/bin/python" - <<'PYTHON'
import sys
from datetime import datetime, timezone

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Role, Root
from tuf.api.serialization import DeserializationError

seen = {}
for scheme in (
    "rsa-pkcs1v15-sha224",
    "rsa-pkcs1v15-sha256",
    "rsassa-pss-sha224",
    "rsassa-pss-sha256",
):
    signer = CryptoSigner.generate_rsa(scheme=scheme, size=2048)
    keyid = signer.public_key.keyid
    root = Root(expires=datetime(2040, 1, 1, tzinfo=timezone.utc), consistent_snapshot=True)
    root.keys = {keyid: signer.public_key}
    root.roles = {name: Role([keyid], 1) for name in ("root", "timestamp", "snapshot", "targets")}
    metadata = Metadata(root)
    metadata.sign(signer)
    metadata.verify_delegate("root", metadata)
    try:
        Metadata.from_bytes(metadata.to_bytes())
        seen[scheme] = "is read back"
    except DeserializationError as error:
        seen[scheme] = str(error.__cause__)
    print(f"{scheme}: signs and verifies; then {seen[scheme]}")
expected = {
    "rsa-pkcs1v15-sha224": "Unsupported public key rsa/rsa-pkcs1v15-sha224",
    "rsa-pkcs1v15-sha256": "is read back",
    "rsassa-pss-sha224": "Unsupported public key rsa/rsassa-pss-sha224",
    "rsassa-pss-sha256": "is read back",
}
sys.exit(0 if seen == expected else "it behaves otherwise now")
PYTHON
