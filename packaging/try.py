"""Tries the installed Python package: try.py DEMO FOLDER. DEMO is cli/demo, FOLDER is new."""

import sys
from datetime import datetime, timezone
from pathlib import Path

import picotuf

WHEEL = "iniconfig/iniconfig-2.3.1-py3-none-any.whl"
demo, folder = Path(sys.argv[1]), Path(sys.argv[2])
now = (demo / "time.txt").read_text("utf-8").strip().removesuffix("Z")
client = picotuf.Client(
    folder / "trusted",
    demo / "metadata",
    demo / "targets",
    root=demo / "root.json",
    at=datetime.fromisoformat(now).replace(tzinfo=timezone.utc),
)
done = client.download(WHEEL, folder)
assert done.target.delegation_path == ("targets", "unclaimed", "bin-a"), done.target
with open(done.file, "ab") as file:
    file.write(b"x")
try:
    client.verify(done.file, WHEEL)
except picotuf.Error as error:
    assert error.code == "length-mismatch", error
else:
    sys.exit("a changed file was not refused")
print(picotuf.__version__, "is installed, and verifies the demo repository")
