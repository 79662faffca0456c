"""The house keeps its shape: where files stand, how long they are, what they may name.

One rule: a rule about the tree is checked on what git would commit, so a new file is held to it at once.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "sync", "field_app", "server")

TOP_LEVEL = {
    *PACKAGES, "tests", "docs", "typings",
    ".ci", ".editorconfig", ".gitignore", ".pre-commit-config.yaml",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "NOTICE", "README.md",
    "pyproject.toml", "requirements.lock",
}  # fmt: skip

LINES_AT_MOST = 400
WRITTEN_BY_HAND = {".py", ".kv", ".html", ".css", ".js", ".sql"}

# put together here, so that this file does not break its own rule
NAMES_OF_PLACES = tuple(
    "".join(parts)
    for parts in [("/wo", "rk/"), ("/ro", "ot/"), ("pypi", ".org"), ("python", "hosted"), ("npm", "js.")]
)

# numbers that prove a warning about a region, and so cannot be of the kecamatan that does not exist
NIK_THAT_PROVE_A_WARNING = {"3372994107900001", "3314980107900001"}

# words that Indonesian and English share: as a type name they need no entry in the glossary
SHARED_WORDS = {
    "api", "app", "data", "demo", "disk", "enrol", "field", "folder", "form", "host", "http", "key", "keys",
    "label", "media", "menu", "office", "pin", "purpose", "record", "restore", "server", "status", "sync",
    "version",
}  # fmt: skip


def committed() -> list[Path]:
    """Every file that is committed or would be by `git add --all`, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return sorted(Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file())


def is_carried(path: Path) -> bool:
    """Whether others made it: data, or what stands in a folder with its own licence."""
    return "data" in path.parts or any((ROOT / path.parent).glob("*LICENSE*"))


def modules() -> list[Path]:
    """The Python files of the four packages."""
    return [path for path in committed() if path.parts[0] in PACKAGES and path.suffix == ".py"]


def text_of(path: Path) -> str | None:
    """What the file says, or None for a picture, a font and the like."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_bytes(), filename=str(path))


def test_the_top_level_holds_the_packages_and_little_else() -> None:
    found = {path.parts[0] for path in committed()}
    assert found <= TOP_LEVEL, f"not agreed: {sorted(found - TOP_LEVEL)}"
    assert set(PACKAGES) <= found


def test_no_file_written_by_hand_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        str(path): (ROOT / path).read_text(encoding="utf-8").count("\n")
        for path in committed()
        if path.parts[0] in PACKAGES and path.suffix in WRITTEN_BY_HAND and not is_carried(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LINES_AT_MOST} == {}


def test_every_module_says_what_lives_in_it() -> None:
    assert [str(path) for path in modules() if not ast.get_docstring(tree_of(path))] == []


def test_tests_have_no_init_and_no_name_twice() -> None:
    """An __init__.py in tests/x would shadow the package x; pytest reports by base name."""
    tests = [path for path in committed() if path.parts[0] == "tests" and path.suffix == ".py"]
    assert [str(path) for path in tests if path.name == "__init__.py"] == []
    counted = Counter(path.name for path in tests if path.name.startswith("test_"))
    assert [name for name, times in counted.items() if times > 1] == []


def test_nothing_names_a_package_index_or_a_place_on_someones_machine() -> None:
    found = [
        f"{path}: {place}"
        for path in committed()
        for place in NAMES_OF_PLACES
        if place in (text_of(path) or "")
    ]
    assert found == []


def test_every_nik_is_of_a_kecamatan_that_does_not_exist() -> None:
    """No real person may stand in a file: 33 14 99 is no kecamatan of Sragen."""
    found = [
        f"{path}: {number}"
        for path in committed()
        for number in re.findall(r"(?<![\w.])33\d{14}(?!\w)", text_of(path) or "")
        if not number.startswith("331499") and number not in NIK_THAT_PROVE_A_WARNING
    ]
    assert found == []


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a module imports."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]


@pytest.mark.parametrize(
    ("package", "besides"),
    [("schemas", {"msgspec"}), ("sync", {"msgspec", "schemas"})],
)
def test_the_shared_packages_need_little(package: str, besides: set[str]) -> None:
    allowed = sys.stdlib_module_names | besides | {package}
    found = {
        f"{path}: {name}"
        for path in modules()
        if path.parts[0] == package
        for name in imported(path)
        if name not in allowed
    }
    assert found == set()


def words_of(name: str) -> list[str]:
    """The words of a CamelCase name, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", name)]


def types_of(path: Path) -> Iterator[str]:
    """The classes, NewTypes and aliases that a module defines."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) if re.fullmatch(r"_?[A-Z][a-z]\w*", name):
                yield name


def strings_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings_in(inner)
        case list():
            for inner in value:
                yield from strings_in(inner)


def indonesian_words() -> set[str]:
    """Every word that the project shows to people; what a command is called and its options are English."""
    words: set[str] = set()
    for path in committed():
        if path.suffix == ".toml" and path.parts[:2] in {
            ("schemas", "text"),
            ("schemas", "forms"),
            ("schemas", "blocks"),
            ("schemas", "workflows"),
        }:
            holds = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))
            # what is wrong with a form is told with the names that TOML has for it: those are code
            holds.get("kantor", {}).get("formulir", {}).pop("kesalahan", None)
            for shown in strings_in(holds):
                if not re.fullmatch(r"[a-z0-9_.]+", shown):  # that is a code, not a text
                    said = re.sub(r"python -m server \w+|--[a-z-]+", " ", shown.lower())
                    words.update(re.findall(r"[a-z]+", said))
    return words


def glossary_words() -> set[str]:
    """Every word in the first column of the glossary's tables."""
    first_columns = re.findall(
        r"^\| *([^|]+?) *\|", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.M
    )
    return {word for column in first_columns for word in re.findall(r"[a-z]+", column.lower())}


def test_every_domain_noun_used_as_a_type_is_in_the_glossary() -> None:
    """A word of a type's name that people also read in Indonesian is a domain noun."""
    shown = indonesian_words()
    assert {"kunjungan", "warga", "kecamatan"} <= shown
    known = glossary_words() | SHARED_WORDS
    missing = {
        f"{path}: {name} ({word})"
        for path in modules()
        for name in types_of(path)
        for word in words_of(name)
        if len(word) > 2 and word in shown and word not in known
    }
    assert missing == set()
