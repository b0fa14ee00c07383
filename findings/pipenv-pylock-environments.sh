#!/usr/bin/env bash
# pipenv 2026.10.3 writes a pylock.toml that packaging 26.4 and uv 0.13.9 refuse on every machine.
#
# With `use_pylock = true`, `pipenv lock` writes `environments = []`. PEP 751 says that a lock file
# is for the listed environments, and that it is for all where the key is missing. packaging and uv
# take the empty list at its word: no environment is listed, so none will do. pip 26.3 takes it for
# a missing key and installs.
#
# picotuf evaluates no markers: what is pinned for another system counts too, so it checks such a
# file like any other.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check pip==26.3
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check packaging==26.4 pipenv==2026.10.3 uv==0.13.9
mkdir "$folder/project"
cd "$folder/project"
printf '[pipenv]\nuse_pylock = true\n[packages]\nsix = "==1.17.0"\n' >Pipfile
export PIPENV_VENV_IN_PROJECT=1 PIPENV_YES=1 PIPENV_NOSPIN=1 UV_CACHE_DIR=$folder/cache UV_NO_CONFIG=1
export PIPENV_PYTHON=$folder/tools/bin/python
"$folder/tools/bin/pipenv" lock >/dev/null 2>&1
grep '^environments' pylock.toml
"$folder/tools/bin/python" - <<'PYTHON'
import os
import subprocess
import sys
import tomllib

from packaging.pylock import Pylock, PylockSelectError

with open("pylock.toml", "rb") as file:
    lock = tomllib.load(file)
try:
    list(Pylock.from_dict(lock).select())
    packaging = "takes"
except PylockSelectError:
    packaging = "refuses"
bin = os.path.dirname(sys.executable)


def run(*command: str) -> str:
    return "takes" if subprocess.run(command, capture_output=True, check=False).returncode == 0 else "refuses"


seen = {
    "environments": lock.get("environments"),
    "packaging 26.4": packaging,
    "uv 0.13.9": run(f"{bin}/uv", "pip", "sync", "--dry-run", "--python", sys.executable, "--target", "t", "pylock.toml"),
    "pip 26.3": run(sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "-r", "pylock.toml"),
}
for name, what in seen.items():
    print(f"{name}: {what}")
expected = {"environments": [], "packaging 26.4": "refuses", "uv 0.13.9": "refuses", "pip 26.3": "takes"}
sys.exit(0 if seen == expected else "they behave otherwise now")
PYTHON
