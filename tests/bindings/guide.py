"""Runs the program for wasmtime in docs/embedding.md: guide.py MODULE FOLDER.

It runs on the demo repository, in a new folder within FOLDER.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "cli/demo"
TARGET = "iniconfig/iniconfig-2.3.1-py3-none-any.whl"


def program():
    """Returns the program of the guide, with the names of the demo repository."""
    guide = (ROOT / "docs/embedding.md").read_text("utf-8")
    (text,) = re.findall(r"```python\n(.*?)```", guide, re.S)
    for name, ours in [
        ("picotuf.wasm", str(Path(sys.argv[1]).resolve())),
        ("/srv/mirror/metadata", str(DEMO / "metadata")),
        ("six/six-1.17.0.tar.gz", TARGET),
        ("six.tar.gz", "file.whl"),
    ]:
        assert f'"{name}"' in text, f"the program in docs/embedding.md has no {name}"
        text = text.replace(f'"{name}"', f'"{ours}"')
    return text


def main():
    text = program()
    signed = next((DEMO / "targets/iniconfig").iterdir()).read_bytes()
    os.chdir(tempfile.mkdtemp(dir=sys.argv[2]))
    day = datetime.fromisoformat((DEMO / "time.txt").read_text("utf-8").strip()[:10])
    now = day.replace(tzinfo=timezone.utc).timestamp()
    time.time = lambda: now
    Path("trusted").mkdir()
    shutil.copy(DEMO / "root.json", "trusted")
    for content, expected in [(signed, None), (signed + b"x", "length-mismatch")]:
        Path("file.whl").write_bytes(content)
        names = {}
        exec(compile(text, "docs/embedding.md", "exec"), names)
        verdict = names["verdict"]
        assert verdict.get("error", {}).get("code") == expected, verdict
        assert verdict["ok"] == (expected is None), verdict
        if verdict["ok"]:
            path = verdict["targets"][0]["delegation_path"]
            assert path == ["targets", "unclaimed", "bin-a"], path


if __name__ == "__main__":
    main()
