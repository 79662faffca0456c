"""The phone's words: each is said somewhere, so that nobody translates or mends what nobody reads."""

import ast
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from schemas.text import load_text

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "schemas" / "text" / "id"
SAYING = ("field_app", "sync", "schemas")
LANGUAGES = ("id", "jv")
"""Of recordings that may be laid into field_app/suara; its README names them."""


@cache
def strings() -> frozenset[str]:
    """Every string that stands in the phone's code and screens, and each name of a value that is sent."""
    found = set[str](LANGUAGES)
    for where in SAYING:
        for path in (ROOT / where).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Constant(value=str(value)) | ast.AnnAssign(target=ast.Name(id=value)):
                        found.add(value)
                    case _:
                        pass
        for path in (ROOT / where).rglob("*.kv"):
            found |= set(re.findall(r'"([^"\n]+)"', path.read_text("utf-8")))
    return frozenset(found)


@cache
def joined() -> frozenset[str]:
    """Patterns of the keys that code puts together, a group for each part that is filled in."""
    found = set[str]()
    for where in SAYING:
        for path in (ROOT / where).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    found.add("".join(_part(part) for part in node.values))
    return frozenset(found)


def _part(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"([\w.]+)"


def is_said(key: str) -> bool:
    """Whether a key stands in the code, or can be put together of what stands there."""
    if key in strings() or key.removesuffix("_salah") in strings():
        return True
    return any(all(_stands(word) for word in words) for words in _filled(key))


def _stands(word: str) -> bool:
    """Whether a part of a key stands in the code: as it is, as a number, or put together itself."""
    if word.isdigit() or word in strings():
        return True
    return any(all(part.isdigit() or part in strings() for part in parts) for parts in _filled(word))


def _filled(key: str) -> list[tuple[str, ...]]:
    """Return what would be filled into each pattern that gives this, but those that begin with no word."""
    found = [pattern for pattern in joined() if not pattern.startswith("(")]
    return [match.groups() for pattern in found if (match := re.fullmatch(pattern, key))]


@pytest.mark.parametrize("name", ["aplikasi.toml", "lapangan.toml"])
def test_every_text_of_the_phone_is_said_somewhere(name: str, tmp_path: Path) -> None:
    shutil.copy(TEXTS / name, tmp_path)
    assert [key for key in load_text("id", tmp_path).keys_under() if not is_said(key)] == []
