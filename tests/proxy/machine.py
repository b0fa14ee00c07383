"""A user's machine: a home, the installers, and picotuf in front of an upstream."""

import http.client
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import upstream
from upstream import Upstream

BIN = os.environ["PICOTUF_BIN"]
INSTALLERS = Path(os.environ["PICOTUF_INSTALLERS"])
AT = "2026-11-22T00:00:00Z"
PYPROJECT = """\
[project]
name = "application"
version = "0.1"
requires-python = ">=3.10"
dependencies = ["alpha"]
"""


class Answer:
    """What a server answered."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.reason = response.reason
        self.headers = response.headers
        self.body = response.read()


class Proxy:
    """A running `picotuf proxy`."""

    def __init__(self, process: subprocess.Popen, errors: Path) -> None:
        self.process = process
        self.errors = errors
        for line in process.stdout:
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                break
        else:
            raise AssertionError(f"the proxy did not start: {errors.read_text()}")
        self.address = urlsplit(self.url).netloc

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def send(self, sent: bytes) -> list[int]:
        """The statuses of all answers to these bytes, sent as they are, and to a last request."""
        host, port = self.address.rsplit(":", 1)
        last = f"GET {HEALTH} HTTP/1.1\r\nHost: {self.address}\r\nConnection: close\r\n\r\n"
        received = b""
        with socket.create_connection((host, int(port)), 60) as connection:
            # A server that ends a connection early may reset it.
            with suppress(ConnectionError):
                connection.sendall(sent + last.encode())
            with suppress(ConnectionError):
                while piece := connection.recv(65536):
                    received += piece
        return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]

    def said(self) -> str:
        """What is on standard error."""
        return self.errors.read_text()


class Machine(unittest.TestCase):
    """Each test has a machine and an upstream of its own."""

    def setUp(self) -> None:
        self.stack = ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.home = self.folder / "home"
        self.home.mkdir()
        self.upstream = self.has()
        self.server = self.stack.enter_context(upstream.serve(self.upstream))
        self.root = self.folder / "root.json"
        self.root.write_bytes(self.upstream.root)
        self.project = self.folder / "project"
        self.project.mkdir()
        self.environment = {
            # Poetry and pdm give a Python that they start no more than 5 seconds otherwise.
            "FINDPYTHON_GET_VERSION_TIMEOUT": "120",
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "LANG": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONDONTWRITEBYTECODE": "1",
            "UV_HTTP_RETRIES": "0",
            "UV_NO_CACHE": "1",
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "POETRY_CACHE_DIR": str(self.home / "poetry"),
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_VIRTUALENVS_OPTIONS_NO_PIP": "true",
            "PIPENV_CACHE_DIR": str(self.home / "pipenv"),
            "PIPENV_NOSPIN": "1",
            "PIPENV_VENV_IN_PROJECT": "1",
            "PIPENV_YES": "1",
            "PDM_CACHE_DIR": str(self.home / "pdm"),
            "PDM_CHECK_UPDATE": "0",
            "PDM_NON_INTERACTIVE": "1",
        }

    def has(self) -> Upstream:
        """What the upstream has."""
        return Upstream()

    def repository(self) -> list[str]:
        """The options for the repository of the upstream."""
        return [
            *("--root", str(self.root), "--metadata-dir", str(self.folder / "metadata")),
            *("--metadata-url", f"{self.server}/metadata"),
            *("--target-base-url", f"{self.server}/targets"),
            *("--layout", "pep691", "--at", AT, "--timeout", "4", "--connect-timeout", "4"),
        ]

    @contextmanager
    def proxy(
        self,
        *options: str,
        repository: list[str] | None = None,
        limits: Callable[[], None] | None = None,
    ) -> Iterator[Proxy]:
        """A proxy on a free port, and that it stops with 0 when it is told to. `limits` is called
        in its process before it starts."""
        shared = self.repository() if repository is None else repository
        listen = [] if "--listen" in options else ["--listen", "127.0.0.1:0"]
        errors = self.folder / "errors.txt"
        with errors.open("w") as file:
            process = subprocess.Popen(
                [BIN, *shared, "proxy", *listen, *options],
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env=self.environment,
                cwd=self.project,
                preexec_fn=limits,
                restore_signals=limits is None,
            )
        try:
            yield Proxy(process, errors)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 0, errors.read_text())
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def call(self, *command: str, **variables: str) -> subprocess.CompletedProcess:
        """Runs a command in the project."""
        return subprocess.run(
            command,
            cwd=self.project,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def tool(self, name: str) -> str:
        """The path of an installer."""
        program = "uv" if name == "uv-zstd" else name
        return str(INSTALLERS / name / "bin" / program)

    def picotuf_run(
        self,
        *command: str,
        options: tuple[str, ...] = (),
        variables: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess:
        """`picotuf run` with the repository of the upstream."""
        run = (*self.repository(), "run", "--index-url", f"{self.server}/simple/", *options)
        return self.call(BIN, *run, "--", *command, **(variables or {}))

    def install(self, url: str, *requirements: str) -> subprocess.CompletedProcess:
        """Installs with uv, the fastest, into a folder."""
        return self.call(
            *(self.tool("uv"), "pip", "install", "--quiet", "--target", "site"),
            *("--default-index", url, *requirements),
        )

    def installed(self, folder: str = "site") -> list[str]:
        """What lies in a folder of installed modules, of the upstream's projects."""
        names = {path.name for path in self.project.glob(f"{folder}/*.dist-info")}
        wanted = re.compile(r"(alpha|beta_dotted|gamma|yanked)-(.*)\.dist-info")
        found = (wanted.fullmatch(name) for name in names)
        return sorted(f"{match[1]} {match[2]}" for match in found if match)


HEALTH = "/_picotuf/health"
SITE = ".venv/lib/python*/site-packages"
BOTH = ["alpha 1.1", "beta_dotted 2.0"]
