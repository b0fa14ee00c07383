"""Named lock files of which an installer takes what nobody signed.

Each is tried on the installers whatever `check` says, and has to succeed there with an unsigned
file: otherwise the case, or what watches the installers, sees nothing any more. `check` has to
refuse each, but for those that are named beyond-: these show what it cannot see.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import documents
from mutations import Facts, File
from seeds import Seed
from world import LOCAL

Edit = Callable[[Any, Facts], None]


@dataclass(frozen=True)
class Case:
    """A lock file that `check` must refuse."""

    name: str
    format: str
    # The name and the kind of the seed that is edited.
    seed: str
    kind: str
    edit: Edit
    # The installers that take an unsigned file because of it.
    fooled: tuple[str, ...]
    # The options with which `check` refuses it all the same.
    guard: tuple[str, ...] = ()
    # What stands before all else.
    mark: str = ""

    @property
    def beyond(self) -> bool:
        """Whether `check` cannot see it."""
        return self.name.startswith("beyond-")

    def files(self, seeds: list[Seed], facts: Facts) -> dict[str, str]:
        """The seed, edited."""
        wanted = (self.format, self.seed, self.kind)
        seed = next(one for one in seeds if (one.format, one.name, one.kind) == wanted)
        files = {name: documents.parse(name, text) for name, text in seed.files.items()}
        # What has several files is edited as a whole.
        self.edit(files if self.edit is hashes_in_constraints else files[seed.main], facts)
        return {name: self.mark + document.text() for name, document in files.items()}


def of(facts: Facts, name: str) -> File:
    """An unsigned file by its name."""
    return next(file for files in facts.files.values() for file in files if file.name == name)


HIGHER = "alpha-1.0-9-py3-none-any.whl"


def package(document: Any, name: str) -> dict[str, Any]:
    """The entry of a package."""
    packages = document.root.get("package") or document.root.get("packages")
    return next(one for one in packages if one["name"] == name)


def nothing(_document: Any, _facts: Facts) -> None:
    """The seed as it is."""


def poetry_files(document: Any, facts: Facts) -> None:
    """Poetry prefers the files of the package to those in [metadata.files], also in 1.x."""
    file = of(facts, HIGHER)
    package(document, "alpha")["files"] = [{"file": file.name, "hash": f"sha256:{file.sha256}"}]


def pipenv_hashes(document: Any, facts: Facts) -> None:
    """pipenv adds the hashes in [packages.tool.pipenv] to the others."""
    hashes = [f"sha256:{of(facts, HIGHER).sha256}"]
    package(document, "alpha")["tool"] = {"pipenv": {"hashes": hashes}}


def pipenv_sha512(document: Any, facts: Facts) -> None:
    """pipenv takes hashes from SHA-256 alone: without one, it installs whatever there is."""
    for wheel in package(document, "alpha")["wheels"]:
        wheel["hashes"] = {"sha512": facts.sha512[wheel["name"]]}


def zstd(document: Any, facts: Facts) -> None:
    """uv of a while fetched the archive beside the wheel, by a hash of its own."""
    for wheel in package(document, "alpha")["wheels"]:
        wheel["zstd"] = of(facts, wheel["url"].rsplit("/", 1)[1]).zstd


def in_pipfile(**members: Any) -> Edit:
    """Members of a package in a Pipfile.lock; `~` is the hash of the unsigned file."""

    def edit(document: Any, facts: Facts) -> None:
        hash = f"sha256:{of(facts, HIGHER).sha256}"
        for name, value in members.items():
            document.root["default"]["alpha"][name] = filled(value, hash)

    return edit


def filled(value: Any, hash: str) -> Any:
    """The value with the hash put in."""
    if isinstance(value, list):
        return [filled(one, hash) for one in value]
    return value.replace("~", hash) if isinstance(value, str) else value


def pylock_marker(document: Any, facts: Facts) -> None:
    """pipenv puts the marker into a line for pip."""
    hash = f"sha256:{of(facts, HIGHER).sha256}"
    package(document, "alpha")["marker"] = f"python_version >= '3' --hash={hash}"


def without_dependency(document: documents.Requirements, _facts: Facts) -> None:
    """gamma depends on alpha, which nothing pins any more."""
    document.lines = [line for line in document.lines if not line.startswith("alpha==")]


def no_require_hashes(document: documents.Requirements, facts: Facts) -> None:
    """pip then fetches what nothing pins."""
    without_dependency(document, facts)
    document.lines.insert(0, "--no-require-hashes")


def hashes_in_constraints(files: dict[str, documents.Document], _facts: Facts) -> None:
    """pip goes by the hashes of constraints, uv does not."""
    main = files["requirements.txt"]
    files["constraints.txt"] = main.copy()
    main.lines = [re.sub(r" --hash=\S+", "", line) for line in main.lines]
    main.lines.append("-c constraints.txt")


def no_binary(document: documents.Requirements, _facts: Facts) -> None:
    """pip then builds what has wheels."""
    document.lines.insert(0, "--no-binary builds")


def without_wheels(document: Any, _facts: Facts) -> None:
    """What has wheels is built."""
    del package(document, "builds")["wheels"]


def pdm_as_poetry(document: Any, _facts: Facts) -> None:
    """To `check` it looks like a poetry.lock; pdm takes the folder."""
    document.root["metadata"]["lock-version"] = "2.1"
    package(document, "alpha")["path"] = f"./{LOCAL.name}"


def uv_own(document: Any, _facts: Facts) -> None:
    """uv builds the project itself, with what the index has to build it."""
    package(document, "application")["source"] = {"editable": "."}


def uv_member(document: Any, _facts: Facts) -> None:
    """uv builds a folder that the lock file, and nothing else, calls a member of the workspace."""
    document.root["manifest"] = {"members": ["application", LOCAL.name]}
    source = {"editable": LOCAL.name}
    document.root["package"].append({"name": LOCAL.name, "version": "1.0", "source": source})
    package(document, "application")["dependencies"].append({"name": LOCAL.name})


CASES = [
    Case("poetry-1-files-of-package", "poetry", "1", "wheels", poetry_files, ("poetry sync",)),
    Case("pylock-pipenv-hashes", "pylock", "pipenv", "wheels", pipenv_hashes, ("pipenv sync",)),
    Case("pylock-pipenv-sha512", "pylock", "pipenv", "wheels", pipenv_sha512, ("pipenv sync",)),
    Case("pylock-pipenv-marker", "pylock", "pipenv", "wheels", pylock_marker, ("pipenv sync",)),
    Case("uv-zstd", "uv", "uv", "wheels", zstd, ("uv 0.12 sync",)),
    Case(
        "requirements-no-require-hashes",
        "requirements",
        "uv",
        "wheels",
        no_require_hashes,
        ("pip",),
    ),
    Case(
        "requirements-hashes-in-constraints",
        "requirements",
        "uv",
        "wheels",
        hashes_in_constraints,
        ("uv pip sync",),
    ),
    Case(
        "requirements-no-binary", "requirements", "uv", "mixed", no_binary, ("pip", "uv pip sync")
    ),
    Case("uv-without-wheels", "uv", "uv", "mixed", without_wheels, ("uv sync",)),
    Case("pylock-without-wheels", "pylock", "uv", "mixed", without_wheels, ("pip", "uv pip sync")),
    Case("pdm-as-poetry", "pdm", "pdm", "wheels", pdm_as_poetry, ("pdm sync",)),
    Case("beyond-uv-own-project", "uv", "uv", "wheels", uv_own, ("uv sync",)),
    Case("beyond-uv-member", "uv", "uv", "wheels", uv_member, ("uv sync",)),
    Case(
        "beyond-uv-pip-install",
        "requirements",
        "uv",
        "wheels",
        without_dependency,
        ("uv pip install, no hashes required",),
    ),
    Case(
        "pipfile-markers",
        "pipenv",
        "pipenv",
        "wheels",
        in_pipfile(markers="python_version >= '3' --hash=~"),
        ("pipenv sync",),
    ),
    # pipenv cannot read it, says nothing, and locks anew.
    Case(
        "pipfile-byte-order-mark",
        "pipenv",
        "pipenv",
        "wheels",
        nothing,
        ("pipenv sync", "pipenv install --deploy"),
        mark="\ufeff",
    ),
    Case(
        "pipfile-extras",
        "pipenv",
        "pipenv",
        "wheels",
        in_pipfile(extras=["more]==1.0 -i x --hash=~ "]),
        ("pipenv sync",),
    ),
    Case(
        "pipfile-os-markers",
        "pipenv",
        "pipenv",
        "wheels",
        in_pipfile(os_markers="python_version >= '3' --hash=~ "),
        ("pipenv sync",),
    ),
    *(
        Case(
            f"build-{format}-{reader}".replace(" ", "-"), format, seed, "sdists", nothing, (reader,)
        )
        for format, seed, reader in (
            ("requirements", "uv", "pip --require-hashes"),
            ("requirements", "uv", "uv pip sync"),
            ("pylock", "pip", "pip"),
            ("pylock", "uv", "uv pip sync"),
            ("pylock", "pdm", "pdm sync"),
            ("uv", "uv", "uv sync"),
            ("poetry", "2", "poetry sync"),
            ("pdm", "pdm", "pdm sync"),
            ("pipenv", "pipenv", "pipenv sync"),
        )
    ),
    *(
        Case(
            f"beyond-foreign-wheels-{format}-{reader}".replace(" ", "-"),
            format,
            seed,
            "foreign",
            nothing,
            (reader,),
            guard=("--require", "wheels"),
        )
        for format, seed, reader in (
            ("requirements", "uv", "pip --require-hashes"),
            ("requirements", "uv", "uv pip sync"),
            ("pylock", "uv", "pip"),
            ("pylock", "uv", "uv pip sync"),
            ("uv", "uv", "uv sync"),
            ("poetry", "2", "poetry sync"),
            ("pdm", "pdm", "pdm sync"),
            ("pipenv", "pipenv", "pipenv sync"),
        )
    ),
]
assert len({case.name for case in CASES}) == len(CASES)
