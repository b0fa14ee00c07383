#!/usr/bin/env bash
# A target whose path has a `#` is signed and listed, and neither python-tuf 7.0.1 nor tuf-js 5.0.1
# can download it over HTTP.
#
# A target path is any string of a URL path (TUF specification, section 4.5, PATHPATTERN and
# TARGETPATH); a client has to encode it. Both clients join it to the base URL as it is, so that
# what follows `#` is a fragment and is not sent: the server is asked for another file. Both find
# the target in the metadata before. The same path without `#` comes.
#
# picotuf encodes it: the row `target-urls` in tests/DIFFERENCES.md, which a test holds to.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check tuf==7.0.1 \
  'securesystemslib[crypto]==1.6.0' requests==2.34.2
cd "$folder"
npm install --silent --no-audit --no-fund tuf-js@5.0.1
cat >tuf-js.mjs <<'NODE'
import { mkdirSync, copyFileSync } from 'node:fs';
import { Updater } from 'tuf-js';

const [base, ...paths] = process.argv.slice(2);
mkdirSync('by-js/targets', { recursive: true });
copyFileSync('root.json', 'by-js/root.json');
const updater = new Updater({
  metadataDir: 'by-js',
  targetDir: 'by-js/targets',
  metadataBaseUrl: `${base}/metadata`,
  targetBaseUrl: `${base}/targets`,
  config: { fetchRetries: 0 },
});
await updater.refresh();
for (const path of paths) {
  const target = await updater.getTargetInfo(path);
  const came = await updater.downloadTarget(target).then(
    () => true,
    () => false,
  );
  console.log(JSON.stringify(came));
}
NODE
"$folder/tools/bin/python" - <<'PYTHON'
import json
import subprocess
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadError
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.ngclient import Updater

PATHS = ["c-1.0.txt", "c#-1.0.txt"]
signer = CryptoSigner.generate_ed25519()
keyid = signer.public_key.keyid
expires = datetime(2040, 1, 1, tzinfo=timezone.utc)
names = ("root", "timestamp", "snapshot", "targets")
files = {}


def sign(name, signed):
    metadata = Metadata(signed)
    metadata.sign(signer)
    files[f"metadata/{name}.json"] = metadata.to_bytes()


targets = {path: TargetFile.from_data(path, path.encode(), ["sha256"]) for path in PATHS}
for path, target in targets.items():
    files |= {f"targets/{name}": path.encode() for name in target.get_prefixed_paths()}
root = Root(expires=expires, consistent_snapshot=True)
root.keys = {keyid: signer.public_key}
root.roles = {name: Role([keyid], 1) for name in names}
sign("1.root", root)
sign("1.targets", Targets(expires=expires, targets=targets))
sign("1.snapshot", Snapshot(expires=expires, meta={"targets.json": MetaFile(1)}))
sign("timestamp", Timestamp(expires=expires, snapshot_meta=MetaFile(1)))
Path("root.json").write_bytes(files["metadata/1.root.json"])
asked = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        content = files.get(unquote(self.path[1:]))
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
Path("by-python/targets").mkdir(parents=True)
updater = Updater(
    "by-python",
    f"{base}/metadata/",
    target_dir="by-python/targets",
    target_base_url=f"{base}/targets/",
    bootstrap=files["metadata/1.root.json"],
)
seen = {"python-tuf": {}, "tuf-js": {}}
for path in PATHS:
    target = updater.get_targetinfo(path)
    try:
        updater.download_target(target)
        seen["python-tuf"][path] = True
    except DownloadError:
        seen["python-tuf"][path] = False
run = subprocess.run(["node", "tuf-js.mjs", base, *PATHS], capture_output=True, check=True)
answers = [json.loads(line) for line in run.stdout.splitlines()]
seen["tuf-js"] = dict(zip(PATHS, answers, strict=True))
for client, came in seen.items():
    print(f"{client}: {came}")
print("asked for:", *sorted({path for path in asked if path.startswith("/targets/")}), sep="\n  ")
expected = {PATHS[0]: True, PATHS[1]: False}
sys.exit(0 if all(came == expected for came in seen.values()) else "they behave otherwise now")
PYTHON
