"""Signed packages, unsigned ones beside them, an index that has both, and two TUF repositories.

All installers speak to the index as to a proxy, so that addresses are the same in every run, and
nothing of the real network can be reached. Two hosts answer:

  http://index.test  the index that lock files are made from, with some projects that nobody
                     signed. Once it is hostile, its pages list unsigned files beside the signed
                     ones: other content under the same names, wheels with a higher build number,
                     newer versions. Now and then they say no hashes.
  http://evil.test   the unsigned files alone, under the names of the signed ones

Each wheel has an unsigned archive beside it, at its address and `.tar.zst`.
"""

import io
import json
import os
import struct
import tarfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from index import Index, sha256
from packages import INDEX, Package

GOOD = "http://index.test"
EVIL = "http://evil.test"

# What unsigned code does when it is run: it leaves a line where the environment says.
MARK = "picotuf: this file is not signed"
CODE = f"""
import os
with open(os.environ.get("PICOTUF_RAN", os.devnull), "a") as ran:
    ran.write("{MARK}: " + __file__ + chr(10))
"""

# Projects with wheels alone: what a cautious user has.
WHEELS = [
    Package("alpha", "1.0", sdist=False),
    Package("beta.dotted", "2.0", wheels=("py3-none-any", "1-py3-none-any"), sdist=False),
    Package("gamma", "3.0", sdist=False, extras={"more": "beta.dotted>=1"}, requires=("alpha",)),
    Package("delta", "4.0.post1", sdist=False, wheels=("py3-none-any", "py3-none-win_amd64")),
]
# Projects whose sdists want what nobody has signed.
BUILT = [
    Package("builds", "1.0", build_requires=("builder",)),
    Package("built", "1.0", wheels=(), build_requires=("builder",)),
    Package("foreign", "1.0", wheels=("py3-none-win_amd64",), build_requires=("builder",)),
]
SIGNED = [*WHEELS, *BUILT, *INDEX]
# What stands on the machine beside the lock file, and in no index.
LOCAL = Package("local-tree", "1.0", code=CODE)
NOBODY = Package("nobody-signed", "1.0", code=CODE)


def unsigned() -> list[Package]:
    """What nobody has signed, much of it under names that somebody has."""
    packages = [Package("builder", "1.0", code=CODE), NOBODY]
    # What builds a source tree that does not say what builds it.
    packages += [Package("setuptools", "99.0", code=CODE), Package("wheel", "99.0", code=CODE)]
    for package in SIGNED:
        packages.append(replace(package, code=CODE, build_requires=()))
    newest = {package.normalized: package for package in SIGNED}
    packages += [
        replace(package, version="66.6", code=CODE, build_requires=(), yanked=False)
        for package in newest.values()
    ]
    for package in SIGNED:
        tags = tuple(f"9-{tag}" for tag in package.wheels if tag.count("-") == 2)
        tags = tags or ("9-py3-none-any",)
        packages.append(replace(package, code=CODE, wheels=tags, sdist=False))
    return packages


@dataclass(frozen=True)
class Fetched:
    """A distribution that was handed out."""

    address: str
    sha256: str
    signed: bool


class World(Index):
    """The index, and what is signed of it."""

    def __init__(self) -> None:
        super().__init__(SIGNED, [])
        self.evil = Index(unsigned(), [])
        self.signed = {sha256(content) for content in self.files.values()}
        self.log: list[Fetched] = []
        # Whether unsigned files stand in the pages.
        self.hostile = False
        # Whether files of the signed names are the unsigned ones.
        self.exchanged = False
        # Whether the pages say nothing of hashes.
        self.unhashed = False
        self._pages: dict[tuple[str, bool, bool, bool], dict] = {}

    def page(self, project: str) -> dict:
        """The page of a project, as it is now."""
        key = (project, self.hostile, self.exchanged, self.unhashed)
        if key not in self._pages:
            self._pages[key] = self._page(project)
        return self._pages[key]

    def signed_page(self, project: str) -> dict:
        """The page that is signed."""
        return super().page(project)

    def _page(self, project: str) -> dict:
        page = super().page(project)
        if not self.hostile:
            return page
        other = self.evil.page(project)
        for file in other["files"]:
            file["url"] = f"{EVIL}/files/{file['filename']}"
        files = ([] if self.exchanged else page["files"]) + other["files"]
        if self.unhashed:
            files = [file | {"hashes": {}, "core-metadata": False} for file in files]
        versions = sorted({*page["versions"], *other["versions"]})
        return page | {"files": files, "versions": versions}

    def answer(self, path: str, accept: str) -> tuple[str, bytes] | None:
        """The type and the content of an address, asked of a proxy."""
        host, path = (EVIL, path.removeprefix(EVIL)) if path.startswith(EVIL) else (GOOD, path)
        path = path.removeprefix(GOOD)
        match path.strip("/").split("/"):
            case ["files", name] if name.endswith(".whl.tar.zst"):
                content = self.evil.files.get(name.removesuffix(".tar.zst"))
                return content and ("application/octet-stream", as_tar_zst(content))
            case ["files", name] if self.exchanged and name in self.evil.files:
                host = EVIL
            case ["files", name] if name not in self.files:
                host = EVIL
            case ["simple", project] if project not in self.projects:
                # What builds a package has to be there also while lock files are made.
                host = EVIL
        if host == EVIL:
            return self.evil.answer(path, accept)
        return super().answer(path, accept)

    def handed_out(self, path: str, content: bytes) -> None:
        """Remembers distributions."""
        if "/files/" in path and not path.endswith(".metadata"):
            digest = sha256(content)
            self.log.append(Fetched(path, digest, digest in self.signed))

    def rivals(self, address: str) -> bool:
        """Whether the file stands in a page beside signed ones."""
        name = address.rsplit("/", 1)[-1]
        return any(name.startswith(f"{project.replace('-', '_')}-") for project in self.projects)

    def sign(self, folder: Path) -> None:
        """Writes two repositories: FOLDER/rstuf signs pages, FOLDER/pep458 files by their names."""
        from make_repositories import TestSigner, add_root, add_targets, publish
        from support import Repository

        pages: dict[str, bytes] = {}
        files: dict[str, bytes] = {}
        for project, packages in self.projects.items():
            pages[project] = json.dumps(self.signed_page(project)).encode()
            for package in packages:
                for name, content in package.files().items():
                    files[f"{project}/{name}"] = content
        for layout, targets in (("rstuf", pages), ("pep458", files)):
            repository = Repository()
            online = [TestSigner("installers online")]
            add_root(repository, [TestSigner("installers root")], 1, online)
            # Two hashes: a lock file may have either.
            hashes = ["sha256", "sha512"]
            add_targets(repository, "targets", online, targets, hash_names=hashes)
            publish(repository, online)
            repository.write(folder / layout)


def as_tar_zst(wheel: bytes) -> bytes:
    """The files of a wheel as an archive of Zstandard, in blocks that are not compressed."""
    tar = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(wheel)) as archive,
        tarfile.open(fileobj=tar, mode="w") as out,
    ):
        for name in archive.namelist():
            content = archive.read(name)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644
            out.addfile(member, io.BytesIO(content))
    content = tar.getvalue()
    # RFC 8878: the magic number, a header of one segment with its size in 4 bytes, raw blocks.
    out = [struct.pack("<IBI", 0xFD2FB528, 0b10100000, len(content))]
    blocks = range(0, len(content), 1 << 16)
    for at in blocks:
        block = content[at : at + (1 << 16)]
        last = at + (1 << 16) >= len(content)
        out.append(struct.pack("<I", len(block) << 3 | last)[:3] + block)
    return b"".join(out)


def environment(home: Path, address: str, ran: Path) -> dict[str, str]:
    """An environment in which nothing of this machine is heard, for every installer."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "http_proxy": address,
        "https_proxy": address,
        "HTTP_PROXY": address,
        "HTTPS_PROXY": address,
        "PICOTUF_RAN": str(ran),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": f"{GOOD}/simple/",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "PIP_RETRIES": "0",
        "PIP_TRUSTED_HOST": "index.test evil.test",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_DEFAULT_INDEX": f"{GOOD}/simple/",
        "UV_HTTP_RETRIES": "0",
        "UV_NO_CACHE": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "POETRY_CACHE_DIR": str(home / "poetry"),
        "POETRY_NO_INTERACTION": "1",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_VIRTUALENVS_OPTIONS_NO_PIP": "true",
        "POETRY_REQUESTS_MAX_RETRIES": "0",
        "PIPENV_CACHE_DIR": str(home / "pipenv"),
        "PIPENV_NOSPIN": "1",
        # From a pylock.toml pipenv asks PyPI, whatever index the file names.
        "PIPENV_PYPI_MIRROR": f"{GOOD}/simple/",
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_VERBOSITY": "-1",
        "PIPENV_YES": "1",
        "PDM_CACHE_DIR": str(home / "pdm"),
        "PDM_CHECK_UPDATE": "0",
        "PDM_NON_INTERACTIVE": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
