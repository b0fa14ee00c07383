"""Collects the facts that the demo repository lists: writes files.json.

Asks the package index that pip is configured for, once per project, and keeps
what it publishes about the newest final release: its source distribution and one
wheel (the pure Python one where there is one). The wheel that the demo
embeds is downloaded too. Needs the network; make.py does not.

Usage: python collect.py
"""

import hashlib
import json
import os
import re
import ssl
import urllib.request
from pathlib import Path
from urllib.parse import urljoin, urlparse

from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
from pip._vendor.packaging.utils import (
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

PROJECTS = """
    attrs certifi click cryptography Django Flask iniconfig Jinja2 numpy pandas
    pip pytest requests scipy securesystemslib setuptools six SQLAlchemy tuf
    urllib3 Zope
""".split()
EMBEDDED = "iniconfig"
# The demo's time (time.txt): what was published later is not listed.
PUBLISHED_BEFORE = "2026-11-22T00:00:00"
# Files up to this size are downloaded, and their hashes compared, in bytes.
COMPARED_UP_TO = 1_000_000
HERE = Path(__file__).parent


def main() -> None:
    """Writes files.json, and the embedded wheel beside it."""
    index = index_url()
    facts = []
    for project in sorted(map(canonicalize_name, PROJECTS)):
        for file in newest_files(project, index):
            fact = {
                "project": project,
                "filename": file["filename"],
                "length": file["size"],
                "hashes": {
                    "blake2b-256": blake2b_of(file["url"]),
                    "sha256": file["hashes"]["sha256"],
                },
                "requires-python": file.get("requires-python"),
            }
            if file["size"] <= COMPARED_UP_TO:
                content = fetch(urljoin(f"{index}/{project}/", file["url"]))
                compare(content, fact)
                if project == EMBEDDED and file["filename"].endswith(".whl"):
                    (HERE / file["filename"]).write_bytes(content)
            facts.append(fact)
            print(f"{project:20} {file['filename']} {file['size']}")
    text = json.dumps(facts, indent=1, sort_keys=True)
    (HERE / "files.json").write_text(text + "\n")


def index_url() -> str:
    """The index of pip's configuration, or pip's own default."""
    configuration = Configuration(isolated=False)
    configuration.load()
    for name, value in configuration.items():
        if name.endswith(".index-url"):
            return value.rstrip("/")
    return PyPI.simple_url.rstrip("/")


def fetch(url: str, accept: str = "*/*") -> bytes:
    """The content at url."""
    certificates = os.environ.get("PIP_CERT") or None
    context = ssl.create_default_context(cafile=certificates)
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return answer.read()


def newest_files(project: str, index: str) -> list[dict]:
    """The sdist and the one wheel of the newest final release that has a wheel or sdist."""
    page = fetch(f"{index}/{project}/", "application/vnd.pypi.simple.v1+json")
    releases: dict = {}
    for file in json.loads(page)["files"]:
        if file.get("yanked") or file["upload-time"] >= PUBLISHED_BEFORE:
            continue
        name = file["filename"]
        if name.endswith(".whl"):
            version = parse_wheel_filename(name)[1]
        elif name.endswith((".tar.gz", ".zip")):
            version = parse_sdist_filename(name)[1]
        else:
            continue
        if not version.is_prerelease:
            releases.setdefault(version, []).append(file)
    files = releases[max(releases)]
    wheels = [file for file in files if file["filename"].endswith(".whl")]
    sdists = [file for file in files if not file["filename"].endswith(".whl")]
    return sdists[:1] + sorted(wheels, key=wheel_preference)[:1]


def wheel_preference(file: dict) -> tuple:
    """Pure Python first, then the common Linux, then by name: the choice is stable."""
    name = file["filename"]
    common = "manylinux" in name and name.endswith("x86_64.whl")
    return (not name.endswith("-none-any.whl"), not common, name)


def blake2b_of(url: str) -> str:
    """The index stores a file under the BLAKE2b-256 of its content, cut 2/2/60."""
    found = re.search(r"/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/", urlparse(url).path)
    if not found:
        raise SystemExit(f"no BLAKE2b-256 in the address of {url}")
    return "".join(found.groups())


def compare(content: bytes, fact: dict) -> None:
    """Stops when the content is not what the index published."""
    hashes = {
        "blake2b-256": hashlib.blake2b(content, digest_size=32).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if hashes != fact["hashes"] or len(content) != fact["length"]:
        raise SystemExit(f"{fact['filename']} differs from what the index says")


if __name__ == "__main__":
    main()
