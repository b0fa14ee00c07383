#!/usr/bin/env bash
# pip 26.3 reads a pylock.toml of lock-version "2.0rc1" or "2.0.dev1" and only warns; packaging 26.4
# refuses it.
#
# PEP 751 has tools refuse another major version. A pre-release of 2.0 comes before 2.0 in the order
# of PEP 440, so that "1 <= version < 2", which pip's copy of the reader asks, holds for it.
# packaging 26.4 looks at the major number. One file is a lock for the one and none for the other,
# though both are the same reader by origin.
#
# picotuf refuses every major version but 1: `versions_that_are_not_known` in
# client/src/lock/tests/refusals.rs.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check pip==26.3
"$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check packaging==26.4
cd "$folder"
"$folder/tools/bin/python" - <<'PYTHON'
import subprocess
import sys
import tomllib

from packaging.pylock import Pylock, PylockUnsupportedVersionError

seen = {}
for version in ("1.0", "2.0", "2.0rc1", "2.0.dev1"):
    text = f'lock-version = "{version}"\ncreated-by = "nobody"\npackages = []\n'
    with open("pylock.toml", "w") as file:
        file.write(text)
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--no-index", "-r", "pylock.toml"],
        capture_output=True,
        check=False,
    )
    try:
        Pylock.from_dict(tomllib.loads(text))
        packaging = "reads"
    except PylockUnsupportedVersionError:
        packaging = "refuses"
    seen[version] = ("reads" if pip.returncode == 0 else "refuses", packaging)
    print(f"lock-version {version}: pip 26.3 {seen[version][0]} it, packaging 26.4 {packaging} it")
expected = {
    "1.0": ("reads", "reads"),
    "2.0": ("refuses", "refuses"),
    "2.0rc1": ("reads", "refuses"),
    "2.0.dev1": ("reads", "refuses"),
}
sys.exit(0 if seen == expected else "they behave otherwise now")
PYTHON
