"""Lock files as trees that can be changed, and written again."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib

Path = tuple[str | int, ...]


class Double(dict):
    """An object of JSON in which names may stand twice: `more` has the second ones."""

    more: list[tuple[str, Any]]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.more = []


@dataclass
class Tree:
    """A document of tables, lists and values."""

    root: dict[str, Any]
    syntax: ClassVar[str]

    def tables(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """All tables, the outermost first."""
        yield from _tables((), self.root)

    def values(self) -> Iterator[tuple[Path, dict[str, Any] | list, str | int, Any]]:
        """All values that are no tables: where, what holds them, under which key, and the value."""
        yield from _values((), self.root)

    def at(self, path: Path) -> Any:
        """What stands there."""
        value: Any = self.root
        for step in path:
            value = value[step]
        return value

    def copy(self) -> "Tree":
        """One that can be changed apart."""
        return copy.deepcopy(self)


def _tables(path: Path, value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from _tables((*path, key), inner)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _tables((*path, at), inner)


def _values(path: Path, value: Any) -> Iterator[tuple[Path, Any, str | int, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from _values((*path, key), inner)
        else:
            yield (*path, key), value, key, inner


class Toml(Tree):
    """TOML."""

    syntax = "toml"

    @staticmethod
    def parse(text: str) -> "Toml":
        """Reads it."""
        return Toml(tomllib.loads(text))

    def text(self) -> str:
        """Writes it."""
        lines: list[str] = []
        _write_table((), self.root, lines)
        return "\n".join(lines) + "\n"


def _write_table(path: tuple[str, ...], table: dict[str, Any], lines: list[str]) -> None:
    """Values first, then tables, then lists of tables, as they have to stand."""
    later = []
    for key, value in table.items():
        if isinstance(value, dict) and (len(path) < 2 or not value):
            later.append((key, value))
        elif len(path) < 2 and is_tables(value):
            later.append((key, value))
        else:
            lines.append(f"{toml_key(key)} = {toml_value(value)}")
    for key, value in later:
        name = ".".join(map(toml_key, (*path, key)))
        if isinstance(value, dict):
            lines += ["", f"[{name}]"]
            _write_table((*path, key), value, lines)
        else:
            for item in value:
                lines += ["", f"[[{name}]]"]
                _write_table((*path, key), item, lines)


def is_tables(value: Any) -> bool:
    """Whether it is a list of tables and of nothing else."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def toml_key(key: str) -> str:
    """Bare where it can be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)


def toml_value(value: Any) -> str:
    """In one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # JSON's escapes are TOML's, but for the character 0x7f.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case int() | float():
            return repr(value)
        case list():
            return "[" + ", ".join(map(toml_value, value)) + "]"
        case dict():
            items = (f"{toml_key(key)} = {toml_value(inner)}" for key, inner in value.items())
            return "{ " + ", ".join(items) + " }" if value else "{}"
        case _:
            # Dates and times.
            return value.isoformat().replace("+00:00", "Z")


class Json(Tree):
    """JSON."""

    syntax = "json"

    @staticmethod
    def parse(text: str) -> "Json":
        """Reads it."""
        return Json(json.loads(text, object_hook=Double))

    def text(self) -> str:
        """Writes it."""
        return _json(self.root, "") + "\n"


def _json(value: Any, indent: str) -> str:
    deeper = indent + "    "
    if isinstance(value, dict):
        items = [*value.items(), *getattr(value, "more", [])]
        lines = [f"{deeper}{json.dumps(key)}: {_json(inner, deeper)}" for key, inner in items]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}" if lines else "{}"
    if isinstance(value, list):
        return json.dumps(value)
    return json.dumps(value)


@dataclass
class Requirements:
    """requirements.txt: lines, those that a backslash joins as one."""

    lines: list[str] = field(default_factory=list)
    syntax: ClassVar[str] = "requirements"

    @staticmethod
    def parse(text: str) -> "Requirements":
        """Reads it."""
        joined = text.replace("\\\n", " ")
        lines = [" ".join(line.split()) for line in joined.splitlines()]
        return Requirements([line for line in lines if line and not line.startswith("#")])

    def text(self) -> str:
        """Writes it."""
        return "\n".join(self.lines) + "\n"

    def copy(self) -> "Requirements":
        """One that can be changed apart."""
        return Requirements(list(self.lines))


Document = Toml | Json | Requirements


def parse(name: str, text: str) -> Document:
    """A lock file by its name."""
    if name.endswith(".txt"):
        return Requirements.parse(text)
    return Json.parse(text) if name == "Pipfile.lock" else Toml.parse(text)
