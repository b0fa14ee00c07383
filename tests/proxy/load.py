"""Many requests at a time, and kills. PICOTUF_FULL=1 makes both long."""

import hashlib
import http.client
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from machine import BIN, BOTH, Machine
from packages import Package
from upstream import Handler, wait_for

IS_FULL = os.environ.get("PICOTUF_FULL") == "1"
CLIENTS = 500 if IS_FULL else 200
REQUESTS = 100_000 if IS_FULL else 2_000
KILLS = 100 if IS_FULL else 6
# A process that held all 200 answers of 4 MB in memory would need 800 MB.
MEMORY_MAX = 128 * 1024 * 1024
# How long anything may take, in seconds: a debug build on a busy machine is slow.
PATIENCE = 300


class Load(Machine):
    """Many requests in flight."""

    def test_requests_in_flight_lose_nothing_and_take_little_memory(self) -> None:
        noise = random.Random(1).randbytes(2_000_000).hex()
        package = Package("large", "1.0", sdist=False, code=f"NOISE = '{noise}'\n")
        self.upstream.add([package])
        names = [
            f"alpha-1.{minor}{end}" for minor in (0, 1) for end in ("-py3-none-any.whl", ".tar.gz")
        ]
        small = [(f"/files/alpha/{name}", self.upstream.index.files[name]) for name in names]
        wheel = "large-1.0-py3-none-any.whl"
        large = (f"/files/large/{wheel}", self.upstream.index.files[wheel])
        all_wait = threading.Event()

        def hold(handler: Handler) -> None:
            all_wait.wait(PATIENCE)
            handler.send(200, {}, large[1])

        self.upstream.behaviours[f"/files/{wheel}"] = hold
        shared = self.repository()
        # The upstream waits for all clients, and shares one interpreter with them.
        shared[shared.index("--timeout") + 1] = str(PATIENCE)
        with self.proxy(repository=shared) as proxy:
            failures: list[str] = []
            together = threading.Barrier(CLIENTS)
            left = iter(range(REQUESTS))

            def client() -> None:
                connection = http.client.HTTPConnection(proxy.address, timeout=PATIENCE)
                try:
                    # All answers have begun before anybody reads on.
                    ask(connection, *large, lambda: together.wait(PATIENCE))
                    while (number := next(left, None)) is not None:
                        ask(connection, *small[number % len(small)], lambda: None)
                except Exception as error:
                    failures.append(repr(error))
                    together.abort()
                finally:
                    connection.close()

            def ask(
                connection: http.client.HTTPConnection,
                path: str,
                content: bytes,
                begun: Callable[[], object],
            ) -> None:
                connection.request("GET", path)
                response = connection.getresponse()
                begun()
                body = response.read()
                if (response.status, body) != (200, content):
                    failures.append(f"{path}: {response.status}, {len(body)} bytes: {body[:200]}")

            threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
            for thread in threads:
                thread.start()
            # This request is in flight itself.
            in_flight = f"picotuf_in_flight {CLIENTS + 1}\n"
            wait_for(lambda: in_flight in proxy.ask("/_picotuf/metrics").body.decode(), PATIENCE)
            all_wait.set()
            for thread in threads:
                thread.join()
            self.assertEqual(failures[:3], [])
            metrics = proxy.ask("/_picotuf/metrics").body.decode()
            self.assertIn(f"picotuf_files_total {CLIENTS + REQUESTS}\n", metrics)
            if sys.platform == "linux":
                status = Path(f"/proc/{proxy.process.pid}/status").read_text()
                peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
                print(f"{CLIENTS} in flight, {REQUESTS} requests: {peak >> 20} MB at the most")
                self.assertLess(peak, MEMORY_MAX)
        for path in [*(path for path, _ in small), large[0]]:
            asked = [one for one in self.upstream.requests if one.endswith(path.rpartition("/")[2])]
            self.assertEqual(len(asked), 1, path)


class Kills(Machine):
    """Kills of the proxy during installs."""

    def test_after_a_kill_the_cache_holds_whole_files_only(self) -> None:
        folder = self.folder / "metadata" / "files"

        def stored() -> list[Path]:
            return list(folder.glob("files/*/*"))

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
        for kill in range(KILLS):
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
            # Somewhere among the requests for the pages and files, often after some are stored.
            until, least = count + chance.randrange(9, 22), kill % 4
            wait_for(
                lambda: (
                    (len(self.upstream.requests) >= until and len(stored()) >= least)
                    or installer.poll() is not None
                )
            )
            process.kill()
            process.wait()
            process.stdout.close()
            installer.wait()
            for path in stored():
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
