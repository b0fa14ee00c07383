"""What the tests of the Python package share: the demo repository, and a server for folders."""

import contextlib
import functools
import http.server
import re
import shutil
import tempfile
import threading
import unittest
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text("utf-8"), re.M)[1]
DEMO = ROOT / "cli/demo"
ATTESTED = DEMO / "attested"
# The demo repository is valid on this day only.
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
WHEEL = "iniconfig/iniconfig-2.3.1-py3-none-any.whl"
SHA256 = "9121e2c1fdb355232495be3194c8dfe87ccc2d5dee45947b78e68f499790d7a7"
# The first of its signed hashes, which is in the name of its file in the repository.
BLAKE2B = "56434ca9e49d27a1fcf6bece6f6aec0ea46bb9112489b93d4b688fb415457bdb"
SDIST = "pypi_attestations-0.0.19.tar.gz"
PUBLISHER = "github:trailofbits/pypi-attestations:release.yml"


class InFolder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    if not hasattr(unittest.TestCase, "enterContext"):  # before Python 3.11

        def enterContext(self, manager):
            entered = manager.__enter__()
            self.addCleanup(manager.__exit__, None, None, None)
            return entered

    def copy_of(self, repository):
        """Returns a copy of a repository, for changes."""
        return Path(shutil.copytree(repository, self.folder / "repository"))


@contextlib.contextmanager
def serving(folder):
    """Serves a folder on the loopback interface; yields the URL and the list of what was asked."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            asked.append((self.path, self.headers["User-Agent"]))
            super().do_GET()

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read(base, folder):
    """Returns a function that fetches: it serves the URLs below `base` from a folder."""

    def fetch(url, max_length):
        assert url.startswith(base), url
        path = folder / url.removeprefix(base)
        return path.read_bytes()[:max_length] if path.is_file() else None

    return fetch
