"""A loopback upstream in PyPI's form, with TUF metadata, that misbehaves where it is told to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from index import Index
from packages import Package
from support import (
    Repository,
    Snapshot,
    Targets,
    TestSigner,
    Timestamp,
    make_root,
    parse_time,
)

NOW = parse_time("2026-11-22T00:00:00Z")
EXPIRES = NOW + timedelta(days=1)
PAGE = "simple/{}/vnd.pypi.simple.v1.json"
JSON = "application/vnd.pypi.simple.v1+json"

# A project with dependencies, and what may be changed in it.
APPLICATION = [
    Package("alpha", "1.0", requires=("beta.dotted",)),
    Package("alpha", "1.1", requires=("beta.dotted",)),
    Package("Beta.Dotted", "2.0"),
    Package("gamma", "3.0", wheels=()),
    Package("yanked", "1.0"),
    Package("yanked", "1.1", yanked=True),
]
# As small as the others, and another code: what a thief puts in the place of a wheel.
EVIL = [
    Package("alpha", "1.1", code="raise SystemExit('evil')\n"),
    Package("Beta.Dotted", "2.0", code="raise SystemExit('evil')\n"),
]

Answer = tuple[int, dict[str, str], bytes]


class Upstream:
    """What is served. `signed` says for which state of the pages the metadata is."""

    def __init__(self, packages: list[Package] = APPLICATION) -> None:
        self.packages = packages
        self.index = Index(packages, [])
        self.requests: list[str] = []
        self.behaviours: dict[str, Callable[["Handler"], None]] = {}
        self.version = 0
        self.files: dict[str, bytes] = {}
        self.sign()

    def add(self, packages: list[Package]) -> None:
        """Has these too, and signs."""
        self.packages = self.packages + packages
        self.index = Index(self.packages, [])
        self.sign()

    def sign(self, expires: timedelta = timedelta(days=1)) -> None:
        """Signs the pages as they are now."""
        self.version += 1
        signers = {name: TestSigner(f"proxy {name}") for name in ROLES}
        roles = {name: ([signer], 1) for name, signer in signers.items()}
        repository = Repository(consistent=False)
        repository.add_root(
            make_root(roles, NOW + timedelta(days=365), consistent=False), [signers["root"]]
        )
        pages = {
            PAGE.format(project): json.dumps(self.index.page(project)).encode()
            for project in self.index.projects
        }
        targets = Targets(version=self.version, expires=NOW + timedelta(days=1))
        for path, page in self.pages(pages).items():
            targets.targets[path] = repository.add_target(path, page, ["sha256"])
        repository.add_role("targets", targets, [signers["targets"]])
        entry = repository.add_snapshot(
            Snapshot(version=self.version, expires=NOW + timedelta(days=1)), [signers["snapshot"]]
        )
        timestamp = Timestamp(version=self.version, expires=NOW + expires)
        timestamp.snapshot_meta = entry
        repository.add_timestamp(timestamp, [signers["timestamp"]])
        self.root = repository.files["root.json"]
        self.files = dict(repository.files)

    def pages(self, pages: dict[str, bytes]) -> dict[str, bytes]:
        """The pages that are signed: links are relative to the page among the targets."""
        return {
            path: page.replace(b'"../../files/', b'"../../../files/')
            for path, page in pages.items()
        }

    def answer(self, path: str, accept: str) -> Answer:
        """The status, the headers and the content of an address."""
        content = self.files.get(path.lstrip("/"))
        if content is not None:
            return 200, {"Content-Type": "application/octet-stream"}, content
        answer = self.index.answer(path, accept)
        if answer is None:
            return 404, {"Content-Type": "text/plain"}, b"not there\n"
        return 200, {"Content-Type": answer[0]}, answer[1]

    def exchange(self, path: str, content: bytes) -> None:
        """Answers with other bytes."""
        self.behaviours[path] = lambda handler: handler.send(200, {}, content)


ROLES = ("root", "timestamp", "snapshot", "targets")


class Handler(BaseHTTPRequestHandler):
    """Answers for an upstream."""

    protocol_version = "HTTP/1.1"
    # Otherwise the content waits until the client has confirmed the headers.
    disable_nagle_algorithm = True
    upstream: Upstream
    over: threading.Event

    def do_GET(self) -> None:
        """Answers."""
        path = self.path.split("?")[0]
        self.upstream.requests.append(path)
        behaviour = self.upstream.behaviours.get(path)
        if behaviour is not None:
            behaviour(self)
            return
        self.send(*self.upstream.answer(path, self.headers.get("Accept", "")))

    do_HEAD = do_GET

    def send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        """Sends all of an answer."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def status(code: int) -> Callable[[Handler], None]:
    """Answers with this status."""
    return lambda handler: handler.send(code, {}, b"no\n")


def redirect(to: str) -> Callable[[Handler], None]:
    """Leads elsewhere."""
    return lambda handler: handler.send(302, {"Location": to}, b"")


def cut(content: bytes) -> Callable[[Handler], None]:
    """Announces all of it, sends half of it, and ends the connection."""

    def behave(handler: Handler) -> None:
        handler.send(200, {"Content-Length": str(len(content))}, content[: len(content) // 2])
        handler.close_connection = True

    return behave


def endless(handler: Handler) -> None:
    """Announces no length, and never ends."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    try:
        while not handler.over.is_set():
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass


def slow(handler: Handler) -> None:
    """Sends a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.close_connection = True
    try:
        while not handler.over.wait(0.2):
            handler.wfile.write(b" ")
    except OSError:
        pass


@contextmanager
def serve(upstream: Upstream) -> Iterator[str]:
    """The upstream at a loopback address, as long as it is wanted."""
    over = threading.Event()
    kind = type("Bound", (Handler,), {"upstream": upstream, "over": over})

    class Server(ThreadingHTTPServer):
        request_queue_size = 512
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for what comes soon."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not come")
        time.sleep(0.02)
