"""The command `picotuf` that the wheel brings."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import unittest
from pathlib import Path

from support import DEMO, SHA256, VERSION, WHEEL, InFolder

COMMAND = Path(sysconfig.get_path("scripts"), "picotuf")


class OfTheCommand(InFolder):
    def run_it(self, *arguments, command=(COMMAND,)):
        environment = {**os.environ, "PICOTUF_METADATA_DIR": str(self.folder / "trusted")}
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env=environment, check=False
        )

    def test_it_is_the_command_line(self):
        done = self.run_it(
            "init", DEMO / "root.json",
            "--metadata-url", DEMO / "metadata", "--target-base-url", DEMO / "targets",
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.run_it(
            "download", "--json", "--target-name", WHEEL, "--target-dir", self.folder,
            "--at", "2026-11-22T00:00:00Z",
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        (target,) = json.loads(done.stdout)["targets"]
        self.assertEqual(target["hashes"]["sha256"], SHA256)
        self.assertTrue((self.folder / WHEEL).is_file())

    def test_exit_codes_and_streams_are_those_of_the_command_line(self):
        said = f"picotuf {VERSION}\n"
        done = self.run_it("--version")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, said, ""))
        done = self.run_it("refresh")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("[not-initialized]", done.stderr)
        done = self.run_it("fly")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("fly", done.stderr)
        module = self.run_it("--version", command=(sys.executable, "-m", "picotuf"))
        self.assertEqual(module.stdout, said)

    def test_ctrl_c_ends_it_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            environment = {**os.environ, "PICOTUF_METADATA_DIR": str(self.folder / "trusted")}
            running = subprocess.Popen(
                [COMMAND, "refresh", "--root", DEMO / "root.json", "--metadata-url", url],
                env=environment, stderr=subprocess.DEVNULL,
            )
            # It waits for an answer that does not come.
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                running.send_signal(signal.SIGINT)
                self.assertEqual(running.wait(), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
