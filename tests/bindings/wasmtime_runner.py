"""Runs the table of verdicts on picotuf.wasm with wasmtime: `wasmtime_runner.py MODULE FOLDER`.

tests/hosts/README.md describes the protocol. The class Picotuf is what a host needs of
docs/wasm-protocol.md.
"""

import hashlib
import json
import sys
from pathlib import Path

import wasmtime

UPDATE, OFFLINE, ATTESTATION = range(3)
FILE, ABSENT, DONE, FIND, CHECK, FINISH, LIMIT = range(7)
NAME, SHA256, PROVENANCE, TRUSTED_ROOT, PUBLISHER = range(16, 21)


class Picotuf:
    """An instance of the module."""

    def __init__(self, module: Path):
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        instance = wasmtime.Instance(self.store, wasmtime.Module.from_file(engine, str(module)), [])
        self.exports = instance.exports(self.store)
        if self.call("abi_version") != 1:
            sys.exit("picotuf.wasm has another protocol")

    def call(self, name, *arguments):
        return self.exports[f"picotuf_{name}"](self.store, *arguments)

    def read(self, name, handle):
        """Returns the bytes that a function points to: the address is in the upper half."""
        packed = self.call(name, handle) & 0xFFFFFFFFFFFFFFFF
        address, length = packed >> 32, packed & 0xFFFFFFFF
        return bytes(self.exports["memory"].read(self.store, address, address + length))

    def answer(self, handle, answer, data=b""):
        address = 0
        if data:
            address = self.call("allocate", len(data)) & 0xFFFFFFFF
            if address == 0:
                sys.exit("the module has no memory")
            self.exports["memory"].write(self.store, data, address)
        return self.call("answer", handle, answer, address, len(data))

    def update(self, handle, stored: Path, repository: Path):
        """Takes the steps of a session, until it is done or refuses something."""
        while (step := json.loads(self.read("step", handle)))["step"] != "done":
            match step["step"]:
                case "load" | "fetch":
                    is_load = step["step"] == "load"
                    file = stored / step["file"] if is_load else repository / step["name"]
                    if file.is_file():
                        status = self.answer(handle, FILE, file.read_bytes())
                    else:
                        status = self.answer(handle, ABSENT)
                case "store":
                    (stored / step["file"]).write_bytes(self.read("data", handle))
                    status = self.answer(handle, DONE)
                case "delete":
                    (stored / step["file"]).unlink(missing_ok=True)
                    status = self.answer(handle, DONE)
            if status != 0:
                return False
        return True


def verdict(picotuf: Picotuf, case: Path):
    kind = (case / "kind").read_text()
    kinds = {"update": UPDATE, "offline": OFFLINE, "attestation": ATTESTATION}
    handle = picotuf.call("open", kinds[kind], int((case / "seconds").read_text()))
    if kind == "attestation":
        picotuf.answer(handle, SHA256, hashlib.sha256((case / "file").read_bytes()).digest())
        for answer, name in [
            (NAME, "name"),
            (PROVENANCE, "provenance"),
            (TRUSTED_ROOT, "trusted_root"),
            (PUBLISHER, "publisher"),
        ]:
            if (case / name).is_file():
                picotuf.answer(handle, answer, (case / name).read_bytes())
    else:
        if (case / "limits").is_file():
            picotuf.answer(handle, LIMIT, (case / "limits").read_bytes())
        picotuf.answer(handle, FIND, (case / "target").read_bytes())
        if picotuf.update(handle, case / "stored", case / "repository"):
            picotuf.answer(handle, CHECK, (case / "file").read_bytes())
            picotuf.answer(handle, FINISH)
    said = picotuf.read("verdict", handle).decode()
    picotuf.call("close", handle)
    return said


def main():
    picotuf = Picotuf(Path(sys.argv[1]))
    for case in sorted(Path(sys.argv[2]).iterdir()):
        print(f"{case.name}\t{verdict(picotuf, case)}")


if __name__ == "__main__":
    main()
