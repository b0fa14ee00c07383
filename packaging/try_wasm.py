"""Tries the plain WebAssembly modules with wasmtime: try_wasm.py DEMO FOLDER MODULE...

DEMO is cli/demo, FOLDER is new. docs/embedding.md has the same program.
"""

import json
import shutil
import sys
from datetime import datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests/bindings"))
from wasmtime_runner import CHECK, FIND, FINISH, UPDATE, Picotuf  # noqa: E402

WHEEL = "iniconfig/iniconfig-2.3.1-py3-none-any.whl"
demo, folder = Path(sys.argv[1]), Path(sys.argv[2])
time = (demo / "time.txt").read_text("utf-8").strip().replace("Z", "+00:00")
now = int(datetime.fromisoformat(time).timestamp())
files = (demo / "targets" / Path(WHEEL).parent).glob(f"*.{Path(WHEEL).name}")
content = next(files).read_bytes()


def verdict(picotuf, file):
    trusted = folder / "trusted"
    trusted.mkdir(parents=True)
    shutil.copy(demo / "root.json", trusted)
    handle = picotuf.call("open", UPDATE, now)
    picotuf.answer(handle, FIND, WHEEL.encode())
    assert picotuf.update(handle, trusted, demo / "metadata"), picotuf.read("verdict", handle)
    picotuf.answer(handle, CHECK, file)
    picotuf.answer(handle, FINISH)
    shutil.rmtree(folder)
    return json.loads(picotuf.read("verdict", handle))


for module in map(Path, sys.argv[3:]):
    picotuf = Picotuf(module)
    good = verdict(picotuf, content)
    assert good["ok"], good
    changed = verdict(picotuf, content[:-1] + bytes([content[-1] ^ 1]))
    assert changed["error"]["code"] == "hash-mismatch", changed
    print(module.name, "verifies the demo repository")
