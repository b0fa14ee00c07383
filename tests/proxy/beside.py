"""How long an installation takes through picotuf and through other proxies, in one run."""

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from load import IS_FULL
from machine import Machine
from packages import Package
from upstream import Answer, Upstream, wait_for

PEERS = Path(os.environ.get("PICOTUF_PEERS", "tests/.cache/peers"))
PROJECTS = 100
# How often each tool installs through each proxy. pip takes the longest. devpi-server offers no
# METADATA beside wheels, so that pip asks it 200 times, and the others 300 times.
ROUNDS = {"uv": 7, "pip": 5}


class Prepared(Upstream):
    """Answers with what it answered before, so that it is no slower than it must be."""

    def __init__(self, packages: list[Package]) -> None:
        self.known: dict[tuple[str, str], Answer] = {}
        super().__init__(packages)

    def answer(self, path: str, accept: str) -> Answer:
        """The status, the headers and the content of an address."""
        key = (path, accept)
        if key not in self.known:
            self.known[key] = super().answer(path, accept)
        return self.known[key]


@unittest.skipUnless(IS_FULL, "it takes minutes, and needs other proxies")
class Beside(Machine):
    """Installations of 100 packages that every proxy has already."""

    names = [f"package-{number:03}" for number in range(PROJECTS)]

    def has(self) -> Upstream:
        """What the upstream has."""
        code = f"X = '{'x' * 40_000}'\n"
        return Prepared([Package(name, "1.0", sdist=False, code=code) for name in self.names])

    def test_an_installation_of_what_is_in_the_cache(self) -> None:
        with self.proxy() as proxy, self.devpi() as devpi, self.proxpi() as proxpi:
            urls = {
                "without a proxy": f"{self.server}/simple/",
                "picotuf proxy": proxy.url,
                "devpi-server": devpi,
                "proxpi": proxpi,
            }
            for tool, command in (("uv", self.uv), ("pip", self.pip)):
                times: dict[str, list[float]] = {name: [] for name in urls}
                # The first round fills the caches, and does not count.
                for number in range(ROUNDS[tool] + 1):
                    for name, url in urls.items():
                        taken = self.taken(command, url)
                        if number:
                            times[name].append(taken)
                least = {name: min(taken) for name, taken in times.items()}
                print(f"\n{tool}, {PROJECTS} packages, the best of {ROUNDS[tool]} installations:")
                for name, seconds in least.items():
                    ratio = seconds / least["without a proxy"]
                    print(f"  {name:<16} {seconds:6.2f} s  {ratio:5.2f} times")
            # Everything that was installed went through the proxies once.
            sent = PROJECTS * sum(rounds + 1 for rounds in ROUNDS.values())
            metrics = proxy.ask("/_picotuf/metrics").body.decode()
            self.assertIn(f"picotuf_files_total {sent}\n", metrics)

    def uv(self, url: str) -> list[str]:
        """Installs with uv."""
        uv = [self.tool("uv"), "pip", "install", "--quiet", "--no-deps", "--target", "site"]
        return [*uv, "--default-index", url, *self.names]

    def pip(self, url: str) -> list[str]:
        """Installs with pip."""
        pip = [self.tool("pip"), "install", "--quiet", "--no-deps", "--target", "site"]
        return [*pip, "--no-compile", "--index-url", url, *self.names]

    def taken(self, command: Callable[[str], list[str]], url: str) -> float:
        """How long an installation of everything takes, in seconds."""
        shutil.rmtree(self.project / "site", ignore_errors=True)
        start = time.monotonic()
        ended = self.call(*command(url))
        taken = time.monotonic() - start
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(len(list(self.project.glob("site/*.dist-info"))), PROJECTS)
        return taken

    @contextmanager
    def peer(self, port: int, *command: str, **variables: str) -> Iterator[None]:
        """Another proxy, as long as it is wanted."""
        log = self.folder / f"{Path(command[0]).name}.txt"
        with log.open("w") as file:
            process = subprocess.Popen(
                command,
                env=self.environment | variables,
                cwd=self.folder,
                stdout=file,
                stderr=file,
            )

        def listens() -> bool:
            self.assertIsNone(process.poll(), log.read_text())
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_for(listens, 120)
            yield
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def devpi(self) -> Iterator[str]:
        """devpi-server with a mirror of the upstream."""
        folder, port = str(self.folder / "devpi"), free_port()
        made = self.call(
            *(str(PEERS.absolute() / "bin" / "devpi-init"), "--no-root-pypi"),
            *("--serverdir", folder),
        )
        self.assertEqual(made.returncode, 0, made.stderr)
        server = str(PEERS.absolute() / "bin" / "devpi-server")
        options = ("--serverdir", folder, "--host", "127.0.0.1", "--port", str(port))
        with self.peer(port, server, *options):
            login = {"user": "root", "password": ""}
            session = told(port, "POST", "/+login", login, {})["result"]["password"]
            token = base64.b64encode(f"root:{session}".encode()).decode()
            mirror = {"type": "mirror", "mirror_url": f"{self.server}/simple/"}
            told(port, "PUT", "/root/up", mirror, {"X-Devpi-Auth": token})
            yield f"http://127.0.0.1:{port}/root/up/+simple/"

    @contextmanager
    def proxpi(self) -> Iterator[str]:
        """proxpi on gunicorn, as its own image runs it."""
        port = free_port()
        gunicorn = str(PEERS.absolute() / "bin" / "gunicorn")
        cache = self.folder / "proxpi"
        cache.mkdir()
        variables = {
            "PROXPI_INDEX_URL": f"{self.server}/simple/",
            "PROXPI_CACHE_DIR": str(cache),
            # Otherwise it redirects to the upstream what does not come at once.
            "PROXPI_DOWNLOAD_TIMEOUT": "60",
        }
        options = ("--bind", f"127.0.0.1:{port}", "--threads", "8", "proxpi.server:app")
        with self.peer(port, gunicorn, *options, **variables):
            yield f"http://127.0.0.1:{port}/index/"


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def told(port: int, method: str, path: str, body: dict, headers: dict[str, str]) -> dict:
    """The answer of devpi-server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kinds = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request(method, path, json.dumps(body), headers | kinds)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status not in (200, 201):
        raise AssertionError(f"{method} {path}: {answer.status} {content.decode()}")
    return json.loads(content)
