"""Small packages, the same bytes every time: wheels, sdists and source trees.

An sdist brings its own build backend, so that nothing has to be fetched to build it.
"""

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

DATE = (2020, 2, 2, 0, 0, 0)

PYPROJECT = """\
[build-system]
requires = {requires}
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "{version}"
"""

BACKEND = '''\
"""Builds the wheel of this folder, editable or not."""
{code}
import base64
import hashlib
import os
import zipfile

NAME = {stem!r}
METADATA = {metadata!r}
WHEEL = "Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def _wheel(directory, files):
    name = NAME + "-py3-none-any.whl"
    info = NAME + ".dist-info/"
    files = {{**files, info + "METADATA": METADATA, info + "WHEEL": WHEEL}}
    record = ""
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record += f"{{path}},sha256={{digest}},{{len(text.encode())}}\\n"
            archive.writestr(path, text)
        archive.writestr(info + "RECORD", record + info + "RECORD,,\\n")
    return name


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    info = NAME + ".dist-info"
    os.mkdir(os.path.join(metadata_directory, info))
    for name, text in (("METADATA", METADATA), ("WHEEL", WHEEL)):
        with open(os.path.join(metadata_directory, info, name), "w") as file:
            file.write(text)
    return info


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {{{module!r} + ".py": ""}})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {{{module!r} + ".pth": os.getcwd() + "\\n"}})
'''


@dataclass
class Package:
    """One version of a project."""

    name: str
    version: str
    wheels: tuple[str, ...] = ("py3-none-any",)
    sdist: bool = True
    extras: dict[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    yanked: bool = False
    # What has to be there to build the sdist.
    build_requires: tuple[str, ...] = ()
    # ASCII: what the module does, and the sdist's build.
    code: str = ""

    @property
    def normalized(self) -> str:
        """PEP 503."""
        return self.name.lower().replace("_", "-").replace(".", "-")

    @property
    def module(self) -> str:
        """The name's form in file names, as PEP 427 and PEP 625 have it."""
        return self.normalized.replace("-", "_")

    def metadata(self) -> str:
        """The METADATA of a wheel, the PKG-INFO of an sdist."""
        lines = [
            "Metadata-Version: 2.2",
            f"Name: {self.name}",
            f"Version: {self.version}",
            "Requires-Python: >=3.8",
        ]
        lines += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        for extra, requirement in self.extras.items():
            lines += [
                f"Provides-Extra: {extra}",
                f'Requires-Dist: {requirement} ; extra == "{extra}"',
            ]
        return "\n".join(lines) + "\n"

    def tree(self) -> dict[str, str]:
        """The source tree."""
        stem = f"{self.module}-{self.version}"
        return {
            "pyproject.toml": PYPROJECT.format(
                name=self.name, version=self.version, requires=json.dumps(self.build_requires)
            ),
            "backend.py": BACKEND.format(
                stem=stem, metadata=self.metadata(), module=self.module, code=self.code
            ),
            f"{self.module}.py": self.code,
        }

    def write_tree(self, folder: Path) -> None:
        """Writes the source tree."""
        folder.mkdir(parents=True)
        for name, text in self.tree().items():
            (folder / name).write_text(text)

    def files(self) -> dict[str, bytes]:
        """What an index has of it."""
        files = {f"{self.module}-{self.version}-{tag}.whl": self.wheel(tag) for tag in self.wheels}
        if self.sdist:
            files[f"{self.module}-{self.version}.tar.gz"] = self.source_distribution()
        return files

    def wheel(self, tag: str) -> bytes:
        """A wheel; the tag may begin with a build number."""
        info = f"{self.module}-{self.version}.dist-info"
        *build, python, abi, platform = tag.split("-")
        tags = f"Tag: {python}-{abi}-{platform}\n" + "".join(
            f"Build: {number}\n" for number in build
        )
        files = {
            f"{self.module}.py": self.code,
            f"{info}/METADATA": self.metadata(),
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: packages\n"
            f"Root-Is-Purelib: true\n{tags}",
        }
        record = "".join(
            f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text)}\n"
            for path, text in files.items()
        )
        files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path, DATE), text)
        return content.getvalue()

    def source_distribution(self) -> bytes:
        """An sdist."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, text in {**self.tree(), "PKG-INFO": self.metadata()}.items():
                member = tarfile.TarInfo(f"{self.module}-{self.version}/{name}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        return gzip.compress(content.getvalue(), mtime=0)


# What the loopback index serves.
INDEX = [
    Package("plain", "1.0"),
    Package("plain", "1.1"),
    Package("Dotted.Name", "2.0", wheels=("py3-none-any", "1-py3-none-any")),
    Package("under_score", "0.3.post1", sdist=False),
    Package("CapitalCase", "2026.1"),
    Package("with-extras", "3.0", extras={"more": "Dotted.Name>=1"}, requires=("under_score",)),
    Package("sdist-only", "1.2", wheels=()),
    Package("yanked", "1.0"),
    Package("yanked", "1.1", yanked=True),
    Package("marked", "5.0", wheels=("py3-none-any", "py3-none-win_amd64")),
]
# What lies elsewhere: at a URL, in a repository, in folders.
BY_URL = Package("by-url", "1.0", sdist=False)
BY_GIT = Package("by-git", "1.0")
BY_PATH = Package("by-path", "1.0")
BY_PATH_WHEEL = Package("by-path-wheel", "1.0", sdist=False)
EDITABLE = Package("editable-one", "1.0")
MEMBER = Package("member", "1.0")
