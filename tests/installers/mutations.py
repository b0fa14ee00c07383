"""Changes to lock files, drawn by number: the same format, seed and number are the same change.

Nothing here knows what picotuf or an installer would say of a change. Values are drawn so that an
installer can get far with them: hashes, names and addresses are those of unsigned files that exist.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import documents
from documents import Double, Json, Requirements, Toml, Tree
from index import sha256, sha512
from seeds import Seed
from world import EVIL, GOOD, LOCAL, NOBODY, World, as_tar_zst


@dataclass(frozen=True)
class File:
    """An unsigned file."""

    name: str
    project: str
    version: str
    sha256: str
    sha512: str
    size: int
    zstd: dict[str, Any]


class Facts:
    """The unsigned files, by project."""

    def __init__(self, world: World) -> None:
        self.files: dict[str, list[File]] = {}
        # Of the signed files, by name.
        self.sha512 = {name: sha512(content) for name, content in world.files.items()}
        for project, packages in world.evil.projects.items():
            files = self.files.setdefault(project, [])
            for package in packages:
                for name, content in package.files().items():
                    archive = as_tar_zst(content) if name.endswith(".whl") else b""
                    zstd = {"hash": f"sha256:{sha256(archive)}", "size": len(archive)}
                    hashes = (sha256(content), sha512(content))
                    file = File(name, project, package.version, *hashes, len(content), zstd)
                    files.append(file)

    def draw(self, rng: random.Random, project: str | None, name: str | None) -> File:
        """An unsigned file of the project, or one of a project that nobody signed.

        Often the one that installers prefer to the signed ones, or the one of this name.
        """
        if project not in self.files or rng.random() < 0.1:
            project = NOBODY.normalized
        files = self.files[project]
        preferred = [file for file in files if "-9-" in file.name]
        alike = [file for file in files if file.name == name]
        return rng.choice(rng.choices([preferred or files, alike or files, files], [2, 2, 1])[0])


@dataclass(frozen=True)
class Mutation:
    """A changed lock file."""

    format: str
    seed: int
    number: int
    origin: Seed
    what: tuple[str, ...]
    files: dict[str, str]

    def __str__(self) -> str:
        what = "; ".join(self.what)
        where = f"{self.format}:{self.seed}:{self.number}"
        return f"{where} [{self.origin.name}, {self.origin.kind}] {what}"


def mutation(facts: Facts, seeds: list[Seed], format: str, seed: int, number: int) -> Mutation:
    """The change of this number."""
    rng = random.Random(f"{format}:{seed}:{number}")
    kind = rng.choices(["wheels", "mixed", "sdists"], [10, 8, 1])[0]
    origin = rng.choice([one for one in seeds if one.format == format and one.kind == kind])
    files = {name: documents.parse(name, text) for name, text in origin.files.items()}
    draw = Draw(rng, facts, files, origin.main)
    what: list[str] = []
    wanted = rng.choices([1, 2, 3], [7, 2, 1])[0]
    while len(what) < wanted:
        what += filter(None, [draw.change()])
    texts = {name: document.text() for name, document in files.items()}
    if rng.random() < 0.08:
        name = rng.choice(list(texts))
        texts[name], said = draw.rewrite(texts[name])
        what.append(f"{name}: {said}")
    texts |= draw.more
    return Mutation(format, seed, number, origin, tuple(what), texts)


class Draw:
    """Draws changes."""

    def __init__(
        self, rng: random.Random, facts: Facts, files: dict[str, documents.Document], main: str
    ) -> None:
        self.rng = rng
        self.facts = facts
        self.files = files
        self.main = main
        # Further files that a change wants.
        self.more: dict[str, str] = {}

    def change(self) -> str | None:
        """Changes one of the files; nothing where what was drawn does not fit."""
        name = self.main
        if len(self.files) > 1 and self.rng.random() < 0.5:
            name = self.rng.choice(list(self.files))
        document = self.files[name]
        prefix = "" if name == self.main else f"{name}: "
        if isinstance(document, Requirements):
            said = self.rng.choice(LINE_CHANGES)(self, document.lines)
        else:
            said = self.rng.choices(TREE_CHANGES, TREE_WEIGHTS)[0](self, document)
        return said and prefix + said

    # Values.

    def file(self, project: str | None, name: str | None = None) -> File:
        """An unsigned file."""
        return self.facts.draw(self.rng, project, name)

    def alike(self, file: File, name: str | None) -> File:
        """The unsigned file of this name, if there is one."""
        files = self.facts.files[file.project]
        return next((one for one in files if one.name == name), file)

    def address(self, file: File) -> str:
        """Where it can be had."""
        fragment = self.rng.choice(["", "", "", f"#sha256={file.sha256}", f"?{file.name}"])
        base = self.rng.choice([f"{EVIL}/files", f"{GOOD}/files", "file://@PROJECT@/unsigned"])
        return f"{base}/{file.name}{fragment}"

    def path(self, file: File) -> str:
        """Where it lies on the machine."""
        return self.rng.choice(
            [f"unsigned/{file.name}", f"./unsigned/{file.name}", f"@PROJECT@/unsigned/{file.name}"]
        )

    def pinned(self, file: File) -> dict[str, Any]:
        """An entry of a file, as one of the formats has it, or in the way of several."""
        forms: list[dict[str, Any]] = [
            {"file": file.name, "hash": f"sha256:{file.sha256}"},
            {"url": self.address(file), "hash": f"sha256:{file.sha256}"},
            {"url": self.address(file), "hash": f"sha256:{file.sha256}", "size": file.size},
            {"name": file.name, "url": self.address(file), "hashes": {"sha256": file.sha256}},
            {"name": file.name, "path": self.path(file), "hashes": {"sha256": file.sha256}},
            {"filename": file.name, "path": self.path(file), "hash": f"sha256:{file.sha256}"},
            {"url": self.address(file)},
            {"path": self.path(file)},
        ]
        form = dict(self.rng.choice(forms))
        if self.rng.random() < 0.2:
            form |= self.rng.choice(forms)
        return form

    def elsewhere(self, file: File) -> dict[str, Any]:
        """A source."""
        return self.rng.choice(
            [
                {"registry": f"{EVIL}/simple/"},
                {"registry": "unsigned"},
                {"url": self.address(file)},
                {"path": self.path(file)},
                {"directory": LOCAL.name},
                {"editable": LOCAL.name},
                {"virtual": LOCAL.name},
                {"virtual": "."},
                {"git": "file://@PROJECT@/repository"},
                {"type": "legacy", "url": f"{EVIL}/simple", "reference": "evil"},
                {"type": "legacy", "url": f"{EVIL}/simple/", "reference": "loopback"},
                {"type": "url", "url": self.address(file)},
                {"type": "file", "url": self.path(file)},
                {"type": "directory", "url": LOCAL.name},
                {"type": "git", "url": "file://@PROJECT@/repository", "reference": "main"},
                {"type": "pypi", "url": f"{EVIL}/simple/"},
            ]
        )

    def injected(self, project: str | None) -> str:
        """A string that says more than its place allows."""
        file = self.file(project)
        hash = f"--hash=sha256:{file.sha256}"
        said = self.rng.choice(
            [
                hash,
                hash,
                hash,
                hash,
                f"{hash} ; python_version >= '3'",
                f"==1.0 -i x {hash}",
                f"--index-url {EVIL}/simple/",
                f"--extra-index-url={EVIL}/simple/",
                "--find-links @PROJECT@/unsigned",
                "--no-require-hashes",
                "--no-binary :all:",
                "--no-binary=:all:",
                f"-e @PROJECT@/{LOCAL.name}",
                NOBODY.normalized,
                f"{NOBODY.normalized}==1.0",
                f"@ {self.address(file)}",
                self.address(file),
                f"@PROJECT@/{LOCAL.name}",
                f"-r {EVIL}/requirements.txt",
                f"or {file.project}",
            ]
        )
        before = self.rng.choice(
            ["\n", " \n", "\r", "\t", " \\\n", ";", ",", "]", "] ", "#", " #", ""]
        )
        before = self.rng.choice([" ", before])
        return before + said + self.rng.choice(["", " "])

    def text(self, project: str | None) -> str:
        """Some string."""
        file = self.file(project)
        return self.rng.choice(
            [
                "",
                " ",
                file.name,
                file.project,
                file.version,
                f"=={file.version}",
                "==1.0,!=2.0",
                "*",
                "==1.*",
                ">=0",
                file.sha256,
                f"sha256:{file.sha256}",
                f"SHA256:{file.sha256.upper()}",
                self.address(file),
                self.path(file),
                LOCAL.name,
                f"./{LOCAL.name}",
                f"{EVIL}/simple/",
                "unsigned",
                "file://@PROJECT@/repository",
                "git+file://@PROJECT@/repository",
                "main",
                "python_version >= '3.8'",
                "extra == 'more'",
                "more",
                "evil",
                self.injected(project),
            ]
        )

    def value(self, name: str, project: str | None, beside: str | None = None) -> Any:
        """A value for a member of this name, in the table of the file `beside`."""
        file = self.file(project, beside)
        pins = [self.pinned(self.file(project)) for _ in range(self.rng.randint(1, 2))]
        known: dict[str, list[Any]] = {
            "archive": [self.pinned(file), self.address(file)],
            "build-constraints": [[{"name": file.project, "specifier": f"=={file.version}"}]],
            "build-requires": [[NOBODY.normalized]],
            "build-system": [{"requires": [NOBODY.normalized], "build-backend": "nobody_signed"}],
            "constraints": [[{"name": file.project, "specifier": f"=={file.version}"}]],
            "default-groups": [["default", "dev"], ["evil"]],
            "dependencies": [
                [{"name": NOBODY.normalized}],
                [{"name": file.project, "version": file.version}],
                {NOBODY.normalized: "*"},
                [f"{NOBODY.normalized}==1.0"],
                [{"name": file.project, "version": file.version, "source": self.elsewhere(file)}],
            ],
            "dependency-metadata": [
                [{"name": file.project, "requires-dist": [{"name": NOBODY.normalized}]}]
            ],
            "develop": [True, {NOBODY.normalized: {"version": "==1.0"}}],
            "directory": [{"path": LOCAL.name}, {"path": LOCAL.name, "editable": True}, LOCAL.name],
            "editable": [True, LOCAL.name],
            "extra": [["more"], "more"],
            "extras": [["more"], ["more" + self.injected(project)], "more"],
            "file": [file.name, self.address(file), self.path(file)],
            "filename": [file.name],
            "files": [pins, {file.project: pins}, pins[0]],
            "git": ["file://@PROJECT@/repository", "repository"],
            "groups": [["main", "default", "dev"], ["evil"]],
            "hash": [f"sha256:{file.sha256}", file.sha256, {"sha256": file.sha256}],
            "hashes": [
                {"sha256": file.sha256},
                [f"sha256:{file.sha256}"],
                [f"sha256:{one.sha256}" for one in self.facts.files[file.project]],
                f"sha256:{file.sha256}",
                {},
                [],
            ],
            "index": [f"{EVIL}/simple/", "evil", "loopback", "pypi"],
            "marker": ["python_version >= '3'", "python_version >= '3'" + self.injected(project)],
            "markers": ["python_version >= '3'", "python_version >= '3'" + self.injected(project)],
            "os_markers": ["python_version >= '3'" + self.injected(project) + " "],
            "metadata": [
                {"files": {file.project: pins}},
                {"requires-dist": [{"name": file.project}]},
            ],
            "name": [file.project, file.name, NOBODY.normalized],
            "optional": [True, False],
            "optional-dependencies": [{"more": [{"name": NOBODY.normalized}]}],
            "options": [{"no-build": False, "no-binary": True}],
            "package": [[{"name": file.project, "version": file.version, "files": pins}]],
            "packages": [[{"name": file.project, "version": file.version, "wheels": pins}]],
            "path": [self.path(file), LOCAL.name, f"./{LOCAL.name}"],
            "python-versions": ["*", "<3"],
            "ref": ["main"],
            "registry": [f"{EVIL}/simple/", "unsigned"],
            "requires-python": ["<3", ">=3.8", "*"],
            "requirements": [[f"{NOBODY.normalized}==1.0"]],
            "resolution-markers": [["python_version < '3'"]],
            "sdist": [pins[0], pins],
            "sha256": [file.sha256],
            "size": [file.size, 1],
            "source": [self.elsewhere(file), "evil"],
            "sources": [[{"name": "loopback", "url": f"{EVIL}/simple/", "verify_ssl": False}]],
            "specifier": [f"=={file.version}", ">=0"],
            "subdirectory": [".", LOCAL.name, "../" + LOCAL.name],
            "tool": [
                {tool: {member: value}}
                for tool in ("pipenv", "pdm", "uv", "poetry", "pip")
                for member, value in (
                    ("hashes", [f"sha256:{file.sha256}"]),
                    ("files", pins),
                    ("url", self.address(file)),
                )
            ],
            "url": [self.address(file)],
            "uri": [self.address(file)],
            "urls": [[self.address(file)]],
            "vcs": [{"type": "git", "url": "file://@PROJECT@/repository", "commit-id": "main"}],
            "version": [file.version, f"=={file.version}", "*", ">=0", f"=={file.version}, >=0"],
            "wheel": [pins[0]],
            "wheels": [pins, pins[0]],
            "zstd": [self.alike(file, beside).zstd],
        }
        if name in known and self.rng.random() < 0.85:
            return self.rng.choice(known[name])
        return self.rng.choice(
            [
                self.text(project),
                [self.text(project)],
                {self.rng.choice(NAMES): self.text(project)},
                pins,
                pins[0],
                True,
                False,
                1,
                [],
                {},
            ]
        )

    # Changes to trees.

    def table(self, document: Tree) -> tuple[documents.Path, dict[str, Any]]:
        """Some table; most often that of a package or of a file."""
        tables = list(document.tables())
        kinds = {"package": 2, "file": 2, "": 1}
        kind = self.rng.choices(list(kinds), list(kinds.values()))[0]
        wanted = [found for found in tables if kind_of(*found) == kind]
        return self.rng.choice(wanted or tables)

    def member(self, document: Tree) -> tuple[documents.Path, dict[str, Any], str] | None:
        """Some member of some table."""
        path, table = self.table(document)
        if not table:
            return None
        return path, table, self.rng.choice(list(table))

    def add(self, document: Tree) -> str:
        """Adds a member."""
        path, table = self.table(document)
        beside = [key for key in SIBLINGS.get(kind_of(path, table), NAMES)]
        fetched = FETCHED.get(kind_of(path, table), FETCHED["package"])
        name = self.rng.choice(self.rng.choices([beside, fetched, NAMES], [2, 3, 1])[0])
        value = self.value(name, project_of(document, path), name_of(table))
        verb = "set" if name in table else "add"
        table[name] = value
        return f"{verb} {shown(path, name)} = {short(value)}"

    def vary(self, document: Tree) -> str | None:
        """Sets a member that is there to another value for its name, of the same type."""
        found = self.member(document)
        if found is None:
            return None
        path, table, key = found
        for _ in range(5):
            value = self.value(key, project_of(document, path), name_of(table))
            if type(value) is type(table[key]):
                table[key] = value
                return f"set {shown(path, key)} = {short(value)}"
        return None

    def move(self, document: Tree) -> str | None:
        """Moves or copies a member to another table, or to another name."""
        found = self.member(document)
        if found is None:
            return None
        path, table, key = found
        other, target = self.table(document)
        value = table[key]
        if other[: len(path)] == path and key in other[len(path) :][:1]:
            return None
        name = key if self.rng.random() < 0.7 else self.rng.choice(NAMES)
        copied = self.rng.random() < 0.4
        value = Tree({"value": value}).copy().root["value"]
        if not copied:
            del table[key]
        target[name] = value
        verb = "copy" if copied else "move"
        return f"{verb} {shown(path, key)} to {shown(other, name)}"

    def double(self, document: Tree) -> str | None:
        """Sets a member a second time, where the syntax allows it."""
        found = self.member(document)
        if found is None or not isinstance(found[1], Double):
            return None
        path, table, key = found
        value = self.value(key, project_of(document, path))
        table.more.append((key, value))
        return f"double {shown(path, key)} = {short(value)}"

    def retype(self, document: Tree) -> str | None:
        """Gives a value another type."""
        found = self.member(document)
        if found is None:
            return None
        path, table, key = found
        value = table[key]
        choices: list[Any] = [[value], {"value": value}, {}, [], "", 0, True, str(value)]
        if isinstance(value, list) and value:
            choices += [value[0], [value], {str(at): one for at, one in enumerate(value)}]
        if isinstance(value, str):
            choices += [[value, value], list(value.split())]
        table[key] = self.rng.choice(choices)
        return f"retype {shown(path, key)} to {short(table[key])}"

    def hash(self, document: Tree) -> str | None:
        """Sets a hash to that of an unsigned file, in its place or beside."""
        hashes = [found for found in document.values() if is_hash(found[3])]
        if not hashes:
            return None
        path, holder, key, value = self.rng.choice(hashes)
        file = self.file(project_of(document, path))
        prefix = "sha256:" if ":" in value else ""
        new = prefix + (file.sha256 if self.rng.random() < 0.9 else file.sha256.upper())
        if isinstance(holder, list) and self.rng.random() < 0.6:
            holder.insert(self.rng.randint(0, len(holder)), new)
            return f"add the hash of {file.name} to {shown(path[:-1])}"
        if isinstance(holder, dict) and key == "sha256" and self.rng.random() < 0.3:
            # The other hash that is signed, alone or beside; of the file, or of the unsigned one.
            name = name_of(document.at(path[:-2])) or ""
            signed = self.facts.sha512.get(name, "")
            holder["sha512"] = signed if self.rng.random() < 0.5 else file.sha512
            if self.rng.random() < 0.5:
                del holder[key]
            return f"{shown(path[:-1])} is {short(holder)}"
        if isinstance(holder, dict) and self.rng.random() < 0.2:
            name = self.rng.choice(["SHA256", "sha-256", "sha512", "md5", "sha1", "blake2b"])
            del holder[key]
            holder[name] = value if self.rng.random() < 0.5 else new
            return f"{shown(path)} becomes {name} = {short(holder[name])}"
        holder[key] = new
        return f"{shown(path)} is the hash of {file.name}"

    def fitting(self, document: Tree) -> str | None:
        """Exchanges a file for an unsigned one whole: hash, name, address and length."""
        entries = [
            (path, table)
            for path, table in document.tables()
            if any(is_hash(value) for value in table.values())
            or isinstance(table.get("hashes"), dict)
        ]
        if not entries:
            return None
        path, table = self.rng.choice(entries)
        file = self.file(project_of(document, path), name_of(table))
        fitting = {
            "hash": f"sha256:{file.sha256}",
            "hashes": {"sha256": file.sha256},
            "sha256": file.sha256,
            "url": self.address(file),
            "path": self.path(file),
            "name": file.name,
            "file": file.name,
            "filename": file.name,
            "size": file.size,
        }
        wanted = [key for key in fitting if key in table and self.rng.random() < 0.8]
        table |= {key: fitting[key] for key in wanted}
        return f"{', '.join(wanted)} of {shown(path)} are those of {file.name}" if wanted else None

    def exchange(self, document: Tree) -> str | None:
        """Sets an address, a path or a name to an unsigned one."""
        places = [
            found
            for found in document.values()
            if isinstance(found[3], str)
            and (found[2] in ADDRESSES or found[3].startswith("http") or ".whl" in found[3])
        ]
        if not places:
            return None
        path, holder, key, value = self.rng.choice(places)
        file = self.file(project_of(document, path))
        if ".whl" in value or ".tar.gz" in value:
            new = self.rng.choice([file.name, self.address(file), self.path(file)])
        else:
            new = self.rng.choice(
                [f"{EVIL}/simple/", "unsigned", f"{EVIL}/simple", self.path(file)]
            )
        holder[key] = new
        return f"{shown(path)} = {new!r}"

    def say_more(self, document: Tree) -> str | None:
        """Lets a string say more, or something else."""
        strings = [found for found in document.values() if isinstance(found[3], str)]
        if not strings:
            return None
        path, holder, key, value = self.rng.choice(strings)
        project = project_of(document, path)
        new = self.rng.choice(
            [value + self.injected(project), self.text(project), self.injected(project) + value]
        )
        holder[key] = new
        return f"{shown(path)} = {short(new)}"

    def rename(self, document: Tree) -> str | None:
        """Gives a package another name, version or both."""
        packages = [found for found in document.tables() if is_package(*found)]
        if not packages:
            return None
        path, table = self.rng.choice(packages)
        file = self.file(project_of(document, path))
        prefix = "==" if str(table.get("version", "")).startswith("==") else ""
        new: dict[str, Any] = {}
        if self.rng.random() < 0.7:
            new["version"] = prefix + file.version
        if "name" in table and (not new or self.rng.random() < 0.4):
            new["name"] = file.project
        table |= new
        return f"{shown(path)}: {short(new)}"

    def remove(self, document: Tree) -> str | None:
        """Removes a member."""
        found = self.member(document)
        if found is None:
            return None
        path, table, key = found
        del table[key]
        return f"remove {shown(path, key)}"

    def repeat(self, document: Tree) -> str | None:
        """Repeats an entry of a list, changed."""
        lists = [
            (path, key, value)
            for path, table in document.tables()
            for key, value in table.items()
            if isinstance(value, list) and value
        ]
        if not lists:
            return None
        path, key, items = self.rng.choice(lists)
        at = self.rng.randrange(len(items))
        one = Tree({"value": items[at]}).copy().root["value"]
        changed = ""
        if isinstance(one, dict):
            root = {"name": project_of(document, (*path, key, at)) or "", "package": [one]}
            inner = Toml(root) if isinstance(document, Toml) else Json(root)
            choices = (Draw.rename, Draw.fitting, Draw.add, Draw.hash, Draw.exchange)
            changed = self.rng.choice(choices)(self, inner) or ""
        else:
            one = self.text(project_of(document, path))
            changed = short(one)
        items.insert(self.rng.choice([at, at + 1, len(items)]), one)
        return f"repeat {shown(path, key)}[{at}]: {changed}"

    def enter(self, document: Tree) -> str | None:
        """A further package, which nobody signed, or signed as another version."""
        file = self.file(self.rng.choice(list(self.facts.files)))
        entry: dict[str, Any] = {"name": file.project, "version": file.version}
        for _ in range(self.rng.randint(0, 3)):
            name = self.rng.choice(["files", "wheels", "sdist", "source", "hashes", *NAMES])
            entry[name] = self.value(name, file.project)
        lists = [key for key in ("package", "packages") if isinstance(document.root.get(key), list)]
        if lists:
            document.root[lists[0]].append(entry)
        elif isinstance(document, Json):
            del entry["name"]
            entry["version"] = f"=={file.version}"
            group = self.rng.choice(["default", "develop", "evil"])
            if not isinstance(document.root.setdefault(group, Double()), dict):
                return None
            document.root[group][file.project] = Double(entry)
        else:
            return None
        roots = [
            table
            for path, table in document.tables()
            if isinstance(table.get("source"), dict)
            and ("virtual" in table["source"] or "editable" in table["source"])
        ]
        for root in roots:
            if isinstance(root.get("dependencies"), list):
                root["dependencies"].append({"name": file.project})
        return f"enter {file.project} {short(entry)}"

    # Changes to lines.

    def pins(self, lines: list[str]) -> list[int]:
        """The lines that name a version."""
        return [at for at, line in enumerate(lines) if "==" in line and not line.startswith("-")]

    def option(self, lines: list[str]) -> str:
        """A further line of options."""
        line = self.options()
        at = self.rng.randint(0, len(lines))
        lines.insert(at, line)
        return f"line {at + 1}: {line!r}"

    def options(self) -> str:
        """Options that stand in a line of their own."""
        file = self.file(self.rng.choice(list(self.facts.files)))
        choices = [
            *["--no-require-hashes", "--no-binary :all:"] * 3,
            "--no-require",
            "--require-hashes",
            "--no-binary :all:",
            f"--no-binary={file.project}",
            "--only-binary=:none:",
            "--prefer-binary",
            "--pre",
            "--all-releases :all:",
            f"--index-url {EVIL}/simple/",
            f"-i {EVIL}/simple/",
            f"-i{EVIL}/simple/",
            f"--index {EVIL}/simple/",
            f"--pypi-url {EVIL}/simple/",
            f"--extra-index-url {EVIL}/simple/",
            "--find-links unsigned",
            "-f @PROJECT@/unsigned",
            f"-f {EVIL}/simple/{file.project}/",
            "--no-index",
            "--trusted-host evil.test",
            "--use-feature fast-deps",
            "--use-feature inprocess-build-deps",
            "--use-deprecated legacy-resolver",
            f"-e ./{LOCAL.name}",
            f"-e {LOCAL.name}",
            f"--edit ./{LOCAL.name}",
            f"--editable=./{LOCAL.name}",
            "-r more.txt",
            "--req more.txt",
            "-rmore.txt",
            "-c more.txt",
            "--constraint more.txt",
            "-b more.txt",
            "--build-constraint more.txt",
            "-r pylock.toml",
            f"-r {EVIL}/requirements.txt",
            "--group dev",
            "--no-deps",
            "--no-build-isolation",
            "--target evil",
            "--uploaded-prior-to 2020-01-01",
            "--config-settings a=b",
            f"--hash=sha256:{file.sha256}",
            "--global-option=x",
        ]
        line = self.rng.choice(choices)
        if "more.txt" in line:
            self.more["more.txt"] = self.requirement() + "\n"
        if self.rng.random() < 0.15:
            line += self.rng.choice([" ", "  # ", "\t", " ; "]) + self.rng.choice(choices)
        return line

    def requirement(self) -> str:
        """A line that asks for something unsigned."""
        file = self.file(self.rng.choice(list(self.facts.files)))
        name = self.rng.choice([file.project, file.project.upper(), file.project.replace("-", "_")])
        head = self.rng.choice(
            [
                name,
                f"{name}=={file.version}",
                f"{name}==={file.version}",
                f"{name} == {file.version}",
                f"{name}>=0",
                f"{name}[more]=={file.version}",
                f"{name} ({'=='}{file.version})",
                f"{name} @ {self.address(file)}",
                f"{name}@{self.address(file)}",
                f"{name}=={file.version}; python_version >= '3'",
                f"{name}=={file.version} ; python_version < '3'",
                self.address(file),
                self.path(file),
                f"./{LOCAL.name}",
                f"{LOCAL.name}/",
                f"{LOCAL.name}",
                f"{LOCAL.name}[more]",
                f"{LOCAL.name}==1.0",
                f"unsigned/{file.name}[more]",
                "git+file://@PROJECT@/repository",
                "local-tree @ git+file://@PROJECT@/repository@main",
            ]
        )
        hashes = self.rng.choice(
            [
                "",
                f" --hash=sha256:{file.sha256}",
                f" --hash sha256:{file.sha256}",
                f" --has=sha256:{file.sha256}",
                f" --hash=sha256:{file.sha256.upper()}",
            ]
        )
        return head + hashes

    def line(self, lines: list[str]) -> str:
        """A further line that asks for something."""
        line = self.requirement()
        at = self.rng.randint(0, len(lines))
        lines.insert(at, line)
        return f"line {at + 1}: {line!r}"

    def append(self, lines: list[str]) -> str | None:
        """More in the line of a requirement."""
        pins = self.pins(lines)
        if not pins:
            return None
        at = self.rng.choice(pins)
        project = re.split(r"[^A-Za-z0-9._-]", lines[at])[0].lower().replace("_", "-")
        file = self.file(project.replace(".", "-"))
        more = self.rng.choice(
            [
                f" --hash=sha256:{file.sha256}",
                f" --hash=sha512:{'0' * 128}",
                f" --hash=md5:{'0' * 32}",
                f" {self.options()}",
                f" ; {self.options()}",
                f" # {self.options()}",
                " \\",
                " # \\",
                f"\x0c{self.requirement()}",
                f"\x0b{self.requirement()}",
                f"\x1c{self.requirement()}",
                f"\x85{self.requirement()}",
                f"\u2028{self.requirement()}",
                f"\r{self.requirement()}",
                f" {NOBODY.normalized}",
                self.injected(file.project),
                f" --config-settings=--build-option={LOCAL.name}",
                " -C editable_mode=compat",
                " --global-option=x",
            ]
        )
        lines[at] += more
        return f"line {at + 1} ends with {more!r}"

    def respell(self, lines: list[str]) -> str | None:
        """Another version, name, extra or hash in the line of a requirement."""
        pins = self.pins(lines)
        if not pins:
            return None
        at = self.rng.choice(pins)
        before = lines[at]
        name = re.split(r"[^A-Za-z0-9._-]", before)[0]
        file = self.file(re.sub(r"[._]", "-", name.lower()))
        changes: list[Callable[[], str]] = [
            lambda: re.sub(r"==[^ ;]+", f"=={file.version}", before),
            lambda: re.sub(r"==", ">=", before),
            lambda: re.sub(r"==([^ ;]+)", r"==\1,>=0", before),
            lambda: re.sub(r"==([^ ;]+)", r"~=\1", before),
            lambda: re.sub(r"==[^ ;]+", "", before),
            lambda: re.sub(r"==([^ ;.]+)[^ ;]*", r"==\1.*", before),
            lambda: re.sub(r"==[^ ;]+", f" @ {self.address(file)}", before),
            lambda: re.sub(r"==", "[more]==", before, count=1),
            lambda: re.sub(r"==", "[evil,more]===", before, count=1),
            lambda: before.replace(name, file.project, 1),
            lambda: before.replace(name, f"unsigned/{file.name}", 1),
            lambda: re.sub(
                r"--hash=sha256:[0-9a-f]+", f"--hash=sha256:{file.sha256}", before, count=1
            ),
            lambda: re.sub(r" --hash=\S+", "", before),
            lambda: re.sub(r" --hash=\S+", "", before, count=1),
            lambda: re.sub(r"--hash=", "--hash ", before),
            lambda: re.sub(r"(--hash=\S+)", r"'\1'", before),
            lambda: re.sub(r"--hash=", "--has=", before),
            lambda: re.sub(r" --hash", " # --hash", before, count=1),
            lambda: re.sub(r" --hash", "\n--hash", before, count=1),
            lambda: re.sub(r" --hash", " \\\n  --hash", before),
            lambda: re.sub(r" --hash", " \\\n# \\\n  --hash", before, count=1),
            lambda: "\\\n" + before,
            lambda: " " + before,
            lambda: "\ufeff" + before,
            lambda: f'"{before}"',
            lambda: before + " " + before,
        ]
        lines[at] = self.rng.choice(changes)()
        return f"line {at + 1} is {short(lines[at])}" if lines[at] != before else None

    def shuffle(self, lines: list[str]) -> str | None:
        """Removes a line, joins two, or says one as another kind."""
        if not lines:
            return None
        at = self.rng.randrange(len(lines))
        line = lines[at]
        match self.rng.randrange(5):
            case 0:
                del lines[at]
                return f"remove line {at + 1}, {short(line)}"
            case 1 if at + 1 < len(lines):
                lines[at : at + 2] = [f"{line} {lines[at + 1]}"]
                return f"join lines {at + 1} and {at + 2}"
            case 2:
                self.more["more.txt"] = line + "\n"
                lines[at] = self.rng.choice(["-c more.txt", "-r more.txt"])
                return f"line {at + 1}, {short(line)}, goes to {lines[at]}"
            case 3:
                lines[at] = "# " + line
                return f"line {at + 1} is a comment"
            case _:
                lines.append(re.sub(r" --hash=\S+", "", line))
                return f"line {at + 1} once more, without hashes"

    def constrain(self, lines: list[str]) -> str | None:
        """Hashes stand in constraints, and not with the requirements."""
        pins = self.pins(lines)
        if not pins:
            return None
        moved = pins if self.rng.random() < 0.5 else [self.rng.choice(pins)]
        self.more["more.txt"] = "".join(f"{lines[at]}\n" for at in moved)
        kept = self.rng.random() < 0.3
        for at in moved:
            lines[at] = lines[at] if kept else re.sub(r" --hash=\S+", "", lines[at])
        lines.insert(self.rng.randint(0, len(lines)), "-c more.txt")
        what = "are also" if kept else "are"
        return f"hashes of lines {', '.join(str(at + 1) for at in moved)} {what} in constraints"

    # Changes to the text.

    def rewrite(self, text: str) -> tuple[str, str]:
        """Another spelling of the whole, or a line that no tree has."""
        lines = text.split("\n")
        at = self.rng.randrange(len(lines))
        file = self.file(None)
        extra = self.rng.choice(
            [
                f'hash = "sha256:{file.sha256}"',
                f'"hash" = "sha256:{file.sha256}"',
                f'version = "{file.version}"',
                f'"{chr(92)}u0066iles" = []',
                f'wheels = [{{ url = "{self.address(file)}" }}]',
                "[[package]]",
                f"# {NOBODY.normalized}",
                f'"version": "=={file.version}",',
                NOBODY.normalized,
            ]
        )
        match self.rng.randrange(6):
            case 0:
                return "\ufeff" + text, "a byte order mark"
            case 1:
                return text.replace("\n", "\r\n"), "lines end with CR LF"
            case 2:
                return text.replace("\n", "\r"), "lines end with CR"
            case 3:
                return text + "\x00", "NUL at the end"
            case 4:
                return "# -*- coding: utf-7 -*-\n" + text, "another encoding is declared"
            case _:
                lines.insert(at, extra)
                return "\n".join(lines), f"line {at + 1}: {extra!r}"


def is_package(path: documents.Path, table: dict[str, Any]) -> bool:
    """Whether it is the entry of a package."""
    if len(path) == 2 and path[0] in ("package", "packages", "default", "develop"):
        return True
    return False


def kind_of(path: documents.Path, table: dict[str, Any]) -> str:
    """What sort of table it is."""
    if not path:
        return "root"
    if is_package(path, table):
        return "package"
    if any(is_hash(value) for value in table.values()) or "hashes" in table:
        return "file"
    return str(path[-1])


def project_of(document: Tree, path: documents.Path) -> str | None:
    """The project that a place speaks of, normalized."""
    for end in range(len(path), -1, -1):
        try:
            value = document.at(path[:end])
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            name = value["name"]
            if not name.endswith((".whl", ".gz")):
                return re.sub(r"[-_.]+", "-", name.lower())
    if len(path) >= 2 and isinstance(path[1], str):
        return re.sub(r"[-_.]+", "-", path[1].lower())
    return None


def name_of(table: dict[str, Any]) -> str | None:
    """The name of the file that a table is of."""
    for key in ("url", "file", "filename", "name", "path"):
        if isinstance(value := table.get(key), str) and value.endswith((".whl", ".gz")):
            return value.rsplit("/", 1)[-1]
    return None


def is_hash(value: Any) -> bool:
    """Whether it looks like one."""
    return isinstance(value, str) and re.fullmatch(r"(sha256:)?[0-9a-f]{64}", value) is not None


def shown(path: documents.Path, key: str | None = None) -> str:
    """A place, for a person."""
    steps = [*path] if key is None else [*path, key]
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.lstrip(".") or "the root"


def short(value: Any) -> str:
    """A value in one line."""
    text = repr(value)
    text = re.sub(r"[0-9a-f]{64}", lambda found: found[0][:8] + "~", text)
    return text if len(text) <= 200 else text[:200] + "~"


ADDRESSES = {"url", "path", "file", "filename", "index", "registry", "git", "directory", "editable"}

# The members that stand in a table of the kind in one of the formats.
SIBLINGS = {
    "root": [
        "build-constraints", "constraints", "conflicts", "created-by", "default", "default-groups",
        "dependency-groups", "develop", "distribution", "environments", "extras", "files",
        "lock-version", "manifest", "metadata", "options", "overrides", "package", "packages",
        "requires-python", "resolution-markers", "revision", "sources", "supported-markers",
        "tool", "version", "_meta",
    ],
    "package": [
        "archive", "attestation-identities", "build-requires", "build-system", "category",
        "dependencies", "description", "dev-dependencies", "develop", "directory", "editable",
        "extra", "extras", "file", "files", "git", "groups", "hash", "hashes", "index", "marker",
        "markers", "metadata", "name", "no-binary", "no-build", "optional",
        "optional-dependencies", "options", "path", "python-versions", "ref", "requires-python",
        "resolution-markers", "sdist", "skip_resolver", "source", "subdirectory", "summary",
        "svn", "sys_platform", "tool", "uri", "url", "vcs", "version", "wheels", "platform_machine",
        "python_version", "os_name", "os_markers", "revision", "hg", "bzr",
    ],
    "file": [
        "core-metadata", "file", "filename", "hash", "hashes", "name", "path", "requires-python",
        "sha256", "size", "subdirectory", "tool", "upload-time", "url", "yanked", "zstd",
    ],
}  # fmt: skip
# Those by which something is fetched, or says how it is.
FETCHED = {
    "root": ["files", "index", "manifest", "metadata", "options", "package", "packages", "sources"],
    "package": [
        "archive", "dependencies", "extras", "file", "files", "hash", "hashes", "index", "marker",
        "markers", "os_markers", "path", "sdist", "source", "tool", "url", "version", "wheels",
    ],
    "file": ["file", "filename", "hash", "hashes", "name", "path", "sha256", "tool", "url", "zstd"],
}  # fmt: skip
NAMES = sorted(
    {name for names in SIBLINGS.values() for name in names}
    | {
        "content-hash", "content_hash", "lock_version", "strategy", "static_urls", "targets",
        "requires_python", "direct_minimal_versions", "inherit_metadata", "pipfile-spec",
        "requires", "members", "build-dependencies", "dependency-metadata", "requires-dist",
        "provides-extras", "specifier", "registry", "virtual", "type", "reference",
        "resolved_reference", "commit-id", "requested-revision", "wheel", "urls", "dynamic",
        "verify_ssl", "requirements", "exclude-newer", "resolution-mode", "prerelease-mode",
        "Hashes", "HASHES", "Files", "hash_", "unknown", "x-files", "patches", "overrides",
        "pip", "uv", "pdm", "pipenv", "poetry", "install-options", "global-options",
    }
)  # fmt: skip

TREES: list[tuple[Callable[[Draw, Tree], str | None], int]] = [
    (Draw.add, 12),
    (Draw.vary, 8),
    (Draw.move, 3),
    (Draw.double, 3),
    (Draw.retype, 1),
    (Draw.hash, 3),
    (Draw.fitting, 3),
    (Draw.exchange, 4),
    (Draw.say_more, 4),
    (Draw.rename, 2),
    (Draw.remove, 2),
    (Draw.repeat, 3),
    (Draw.enter, 3),
]
TREE_CHANGES = [change for change, _ in TREES]
TREE_WEIGHTS = [weight for _, weight in TREES]
LINE_CHANGES = [
    Draw.option,
    Draw.option,
    Draw.line,
    Draw.append,
    Draw.respell,
    Draw.shuffle,
    Draw.constrain,
]
