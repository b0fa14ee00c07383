#!/usr/bin/env bash
# uv 0.13.9 `uv export --format pylock.toml` writes a file `name` that the index does not have.
#
# The index calls a wheel `PyYAML-6.0.2-….whl`. uv writes its normalized name, `pyyaml-6.0.2-….whl`,
# as `name` beside the `url` that ends in the real one. `uv pip compile` of the same requirement
# writes no `name`. By PEP 751 a reader takes `name` before the end of `url`, so two locks of one
# file, by one tool, name two files. Whoever looks a file up by its name (a signed list of targets,
# a policy, an audit) does not find the first one.
#
# picotuf asks for both spellings where they are one name after parsing, and the hash decides:
# `a_file_in_two_spellings_holds_by_its_hash` in tests/behaviour/cli_check_formats.rs.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9
export UV_CACHE_DIR=$folder/cache UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never
uv=$folder/tools/bin/uv
python=$folder/tools/bin/python
mkdir "$folder/project"
cd "$folder/project"
cat >pyproject.toml <<'TOML'
[project]
name = "application"
version = "0"
requires-python = ">=3.11"
dependencies = ["PyYAML==6.0.2"]
TOML
echo 'PyYAML==6.0.2' >requirements.in
"$uv" lock --quiet --python "$python"
"$uv" export --quiet --frozen --format pylock.toml -o pylock.export.toml
"$uv" pip compile --quiet --universal --python "$python" -o pylock.compile.toml requirements.in
"$python" - <<'PYTHON'
import sys
import tomllib

seen = {}
for way in ("export", "compile"):
    with open(f"pylock.{way}.toml", "rb") as file:
        (package,) = tomllib.load(file)["packages"]
    wheels = [wheel for wheel in package["wheels"] if wheel["url"].endswith("-cp313-cp313-win_amd64.whl")]
    seen[way] = {(wheel.get("name"), wheel["url"].rsplit("/", 1)[1]) for wheel in wheels}
    print(f"uv 0.13.9, {way}: (name, end of url) = {seen[way]}")
wheel = "PyYAML-6.0.2-cp313-cp313-win_amd64.whl"
expected = {"export": {(wheel.lower(), wheel)}, "compile": {(None, wheel)}}
sys.exit(0 if seen == expected else "uv behaves otherwise now")
PYTHON
