"""A loopback index: PEP 503 and PEP 691, with PEP 658 metadata."""

import hashlib
import html
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from packages import Package

JSON = "application/vnd.pypi.simple.v1+json"


class Index:
    """What is served, under the port that the system gave."""

    def __init__(self, packages: list[Package], by_url: list[Package]) -> None:
        self.files: dict[str, bytes] = {}
        self.projects: dict[str, list[Package]] = {}
        for package in packages:
            self.projects.setdefault(package.normalized, []).append(package)
        for package in packages + by_url:
            files = package.files()
            self.files |= files
            self.files |= {
                f"{name}.metadata": package.metadata().encode()
                for name in files
                if name.endswith(".whl")
            }

    def page(self, project: str) -> dict:
        """The JSON page of a project."""
        files = []
        for package in self.projects[project]:
            for name, content in package.files().items():
                file = {
                    "filename": name,
                    "url": f"../../files/{name}",
                    "hashes": {"sha256": sha256(content)},
                    "requires-python": ">=3.8",
                    "size": len(content),
                    "upload-time": "2020-02-02T00:00:00Z",
                    "yanked": "broken" if package.yanked else False,
                }
                if name.endswith(".whl"):
                    file["core-metadata"] = {"sha256": sha256(package.metadata().encode())}
                files.append(file)
        versions = [package.version for package in self.projects[project]]
        return {
            "meta": {"api-version": "1.1"},
            "name": project,
            "versions": versions,
            "files": files,
        }

    def html(self, project: str) -> str:
        """The same as HTML."""
        lines = ["<!DOCTYPE html><html><body>"]
        for file in self.page(project)["files"]:
            yanked = f' data-yanked="{file["yanked"]}"' if file["yanked"] else ""
            hash = file["hashes"].get("sha256")
            href = f"{file['url']}#sha256={hash}" if hash else file["url"]
            python = html.escape(file["requires-python"])
            lines.append(
                f'<a href="{href}" data-requires-python="{python}"{yanked}>{file["filename"]}</a>'
            )
        return "\n".join([*lines, "</body></html>"])

    def answer(self, path: str, accept: str) -> tuple[str, bytes] | None:
        """The type and the content of an address."""
        match path.strip("/").split("/"):
            case ["simple"]:
                projects = [{"name": name} for name in self.projects]
                return JSON, json.dumps(
                    {"meta": {"api-version": "1.1"}, "projects": projects}
                ).encode()
            case ["simple", project] if project in self.projects:
                if JSON in accept:
                    return JSON, json.dumps(self.page(project)).encode()
                return "text/html", self.html(project).encode()
            case ["files", name] if name in self.files:
                return "application/octet-stream", self.files[name]
        return None

    def handed_out(self, path: str, content: bytes) -> None:
        """Hears of each answer that was sent whole."""


@contextmanager
def serve(index: Index) -> Iterator[str]:
    """The index at a loopback address, as long as it is wanted."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            answer = index.answer(path, self.headers.get("Accept", ""))
            status, (kind, content) = (
                (200, answer) if answer else (404, ("text/plain", b"not there\n"))
            )
            # The only reader of parts are tools that look into a wheel from afar; they take the
            # whole as well.
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
                if answer:
                    index.handed_out(path, content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *address: object) -> None:
            # Tools that are done close what they hold open.
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(*address)

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


def sha512(content: bytes) -> str:
    """In hex."""
    return hashlib.sha512(content).hexdigest()
