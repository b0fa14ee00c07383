#!/usr/bin/env bash
# uv 0.13.9 records no hash of a wheel that it installs from a path; pip 26.3 records its SHA-256.
#
# In `direct_url.json`, an `archive_info` should have the hashes of the archive (PEP 610, and the
# specification "Recording the Direct URL Origin"). From what uv leaves, nobody can tell which file
# of that name was installed. With `--require-hashes`, uv knows the hash, and does not record it
# either.
#
# picotuf check --installed says `path` of such a project: the test
# `what_the_installers_do_not_record_is_said_of_every_project`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
pip=("$folder/tools/bin/python" -m pip --disable-pip-version-check)
"${pip[@]}" install --quiet pip==26.3 uv==0.13.9
cd "$folder"
"${pip[@]}" download --quiet --no-deps six==1.17.0
wheel=$(echo six-*.whl)
hash=$(sha256sum "$wheel" | cut -d' ' -f1)
printf './%s --hash=sha256:%s\n' "$wheel" "$hash" >requirements.txt
python3 -m venv --without-pip by-pip
"${pip[@]}" --python by-pip install --quiet --no-index "$wheel"
"$folder/tools/bin/uv" venv --quiet by-uv
"$folder/tools/bin/uv" pip install --quiet --python by-uv --no-index "./$wheel"
"$folder/tools/bin/uv" venv --quiet by-uv-with-hash
"$folder/tools/bin/uv" pip install --quiet --python by-uv-with-hash --no-index --require-hashes \
  -r requirements.txt
"$folder/tools/bin/python" - "$hash" <<'PYTHON'
import json
import sys
from pathlib import Path

seen = {}
for name in ("by-pip", "by-uv", "by-uv-with-hash"):
    (path,) = Path(name).glob("lib/*/site-packages/six-*.dist-info/direct_url.json")
    archive = json.loads(path.read_text())["archive_info"]
    seen[name] = archive.get("hashes", {}).get("sha256")
    print(f"{name}: {archive}")
expected = {"by-pip": sys.argv[1], "by-uv": None, "by-uv-with-hash": None}
sys.exit(0 if seen == expected else "they behave otherwise now")
PYTHON
