"""Many requests at a time, and kills. PICOTUF_FULL=1 makes both long."""

import hashlib
import http.client
import os
import random
import shutil
import subprocess
import threading
import unittest
from pathlib import Path

from machine import BIN, BOTH, Machine
from packages import Package
from upstream import wait_for

IS_FULL = os.environ.get("PICOTUF_FULL") == "1"
CLIENTS = 500
REQUESTS = 100_000 if IS_FULL else 3_000
KILLS = 100 if IS_FULL else 6
# A process that held all 500 answers of 4 MB in memory would need 2 GB.
MEMORY_MAX = 128 * 1024 * 1024


@unittest.skipUnless(IS_FULL, "500 threads of Python: `tests/proxy/run full` only")
class Load(Machine):
    """500 requests in flight."""

    def test_500_requests_in_flight_lose_nothing_and_take_little_memory(self) -> None:
        noise = random.Random(1).randbytes(2_000_000).hex()
        package = Package("large", "1.0", sdist=False, code=f"NOISE = '{noise}'\n")
        self.upstream.add([package])
        names = [
            f"alpha-1.{minor}{end}" for minor in (0, 1) for end in ("-py3-none-any.whl", ".tar.gz")
        ]
        small = {f"/files/alpha/{name}": self.upstream.index.files[name] for name in names}
        name = "large-1.0-py3-none-any.whl"
        large = {f"/files/large/{name}": self.upstream.index.files[name]}
        shared = self.repository()
        # The upstream shares one interpreter with 500 clients.
        shared[shared.index("--timeout") + 1] = "300"
        with self.proxy(repository=shared) as proxy:
            failures: list[str] = []
            together = threading.Barrier(CLIENTS)
            left = iter(range(REQUESTS))

            def client(number: int) -> None:
                connection = http.client.HTTPConnection(proxy.address, timeout=300)
                try:
                    connection.connect()
                    together.wait(300)
                    ask(connection, large)
                    while next(left, None) is not None:
                        ask(connection, small)
                except Exception as error:
                    failures.append(repr(error))
                finally:
                    connection.close()

            def ask(connection: http.client.HTTPConnection, files: dict[str, bytes]) -> None:
                path, content = random.choice(list(files.items()))
                connection.request("GET", path)
                if connection.getresponse().read() != content:
                    failures.append(path)

            threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            status = Path(f"/proc/{proxy.process.pid}/status").read_text()
            peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
            print(f"{REQUESTS} requests by {CLIENTS} clients, {peak >> 20} MB at the most")
            self.assertLess(peak, MEMORY_MAX)
        for path in [*small, *large]:
            asked = [one for one in self.upstream.requests if one.endswith(path.rpartition("/")[2])]
            self.assertEqual(len(asked), 1, path)


class Kills(Machine):
    """Kills of the proxy during installs."""

    def test_after_a_kill_the_cache_holds_whole_files_only(self) -> None:
        folder = self.folder / "metadata" / "files"
        many = [
            Package(f"many-{number}", "1.0", sdist=False, code=f"X = '{'x' * 200_000}'\n")
            for number in range(8)
        ]
        self.upstream.add(many)
        whole = {
            hashlib.sha256(content).hexdigest() for content in self.upstream.index.files.values()
        }
        chance = random.Random(2)
        seen = 0
        for _ in range(KILLS):
            shutil.rmtree(folder, ignore_errors=True)
            count = len(self.upstream.requests)
            process = subprocess.Popen(
                [BIN, *self.repository(), "proxy", "--listen", "127.0.0.1:0"],
                stdout=subprocess.PIPE,
                text=True,
                env=self.environment,
            )
            url = next(line for line in process.stdout if "listening" in line).split()[-1]
            installer = subprocess.Popen(
                [
                    self.tool("uv"),
                    "pip",
                    "install",
                    "--quiet",
                    "--target",
                    "killed",
                    "--default-index",
                    url,
                    *(package.name for package in many),
                ],
                cwd=self.project,
                env=self.environment,
                stderr=subprocess.DEVNULL,
            )
            # Somewhere among the requests for the pages and files.
            until = count + chance.randrange(9, 22)
            wait_for(lambda: len(self.upstream.requests) >= until or installer.poll() is not None)
            process.kill()
            process.wait()
            process.stdout.close()
            installer.wait()
            for path in folder.glob("files/*/*"):
                found = hashlib.sha256(path.read_bytes()).hexdigest()
                self.assertEqual(found, path.name)
                self.assertIn(found, whole)
                seen += 1
        self.assertGreater(seen, 0)
        # The next one goes on with what is there.
        with self.proxy() as proxy:
            installed = self.install(proxy.url, "alpha")
            self.assertEqual(installed.returncode, 0, installed.stderr)
            self.assertEqual(self.installed(), BOTH)
