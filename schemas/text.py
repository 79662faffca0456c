"""What people read, by key, from schemas/text/<language>/*.toml.

One rule: code names a key, the TOML says the words. A key is the dotted path of tables (`status.draf`); a key
given in two files is refused, and so is a field that is more than a plain `{name}`. TextError is the one
exception of loading; a key or value that is missing when a text is asked for is a KeyError that names it.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from schemas.folders import listed


class TextError(ValueError):
    """The text files themselves are wrong: a key twice, a value that is no text, or an unusable field."""


class Text:
    """All texts of one language; call it with a key and the values of its `{fields}`."""

    def __init__(self, language: str, strings: Mapping[str, str]) -> None:
        self.language = language
        self._strings = dict(strings)
        self._fields = {key: _fields(key, value) for key, value in self._strings.items()}

    def __call__(self, key: str, **values: object) -> str:
        """Give the text of `key` with its fields filled. Raises KeyError naming the key, or key and field."""
        template = self._strings[key]
        for field in self._fields[key]:
            if field not in values:
                raise KeyError(f"{key}: {field}")
        return template.format_map(values)

    def __contains__(self, key: object) -> bool:
        return key in self._strings

    def keys_under(self, under: str = "") -> tuple[str, ...]:
        """List the keys, or those under one table, in file order."""
        prefix = f"{under}." if under else ""
        return tuple(key for key in self._strings if key.startswith(prefix))

    def fields(self, key: str) -> tuple[str, ...]:
        """List the fields that a text needs, in their order in it."""
        return self._fields[key]


def load_text(language: str = "id", folder: Path | None = None) -> Text:
    """Read every file of a language (default: those shipped with the program). Raises TextError."""
    base = folder or Path(__file__).parent / "text" / language
    strings: dict[str, str] = {}
    origin: dict[str, str] = {}
    for path in listed(base, "*.toml"):
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise TextError(f"{path.name}: {error}") from error
        for key, value in _flat(table, path.name):
            if key in strings:
                raise TextError(f"{key}: given in {origin[key]} and in {path.name}")
            strings[key], origin[key] = value, path.name
    if not strings:
        raise TextError(f"no texts for language {language!r}")
    return Text(language, strings)


def _flat(table: Mapping[str, object], file: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = prefix + name
        match value:
            case str():
                yield key, value
            case dict():
                yield from _flat(cast(dict[str, object], value), file, key + ".")
            case _:
                raise TextError(f"{file}: {key} is not a text")


def _fields(key: str, template: str) -> tuple[str, ...]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise TextError(f"{key}: {error}") from error
    found: list[str] = []
    for _, field, specification, conversion in parts:
        if field is None:
            continue
        # {a.b} or {a!r} would read into whatever value is handed over: only a bare name is a field.
        if not field.isidentifier() or specification or conversion:
            raise TextError(f"{key}: {{{field}}} is not a plain field name")
        if field not in found:
            found.append(field)
    return tuple(found)
