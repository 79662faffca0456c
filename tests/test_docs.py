"""What the documents say is so: paths exist, commands run, generated pages are current.

One rule: a document is checked as its reader would use it. A path that git ignores is made by a command and
need not exist yet; a NAME in capitals stands for any name.
"""

import argparse
import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from schemas.form_reading import read_form
from server.__main__ import COMMANDS, office_parser

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
GUIDES = sorted((ROOT / "docs/panduan").glob("*.md"))
NOT_ON_SCREEN = {
    "Soetarmi", "Sutarmi", "Moch.", "Muhammad",  # ways to write a name
    "Kode wilayah",  # the head of a column in somebody's own list
}  # fmt: skip
ENDINGS = (
    ".py",
    ".md",
    ".toml",
    ".kv",
    ".sql",
    ".lock",
    ".yaml",
    ".json",
    ".csv",
    ".geojson",
    ".html",
    ".spec",
)

# what the end-to-end tests and CI itself run, and what a newcomer does before there is anything to check
RUN_ELSEWHERE = ("make test", "make demo", "git clone", "cd ")


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def prose_of(document: Path) -> str:
    return re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)


def written_tests(file: Path) -> set[str]:
    """The names of a file's tests, also of those in classes."""
    tree = (
        ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module(body=[], type_ignores=[])
    )
    found = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {name for name in found if name.startswith("test_")}


def named_tests(text: str) -> list[str]:
    """The tests that a text names, each as `path::name`."""
    return re.findall(r"`(tests/[\w/]+\.py::\w+)`", text)


def blocks_of(document: Path, kind: str) -> list[str]:
    """The fenced blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", document.read_text(encoding="utf-8"), flags=re.M | re.S)


def is_made_by_a_command(path: str) -> bool:
    return subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0


def exists(path: str) -> bool:
    """Whether the tree has it; a bare file name may stand in any folder."""
    pattern = re.sub(r"\b[A-Z]{2,}\b(?!\.md)", "*", path) if "/" in path else path
    if "*" in pattern:
        return any(ROOT.glob(pattern.rstrip("/")))
    if (ROOT / path).exists() or is_made_by_a_command(path):
        return True
    return "/" not in path and any(
        found for top in ROOT.iterdir() if top.is_dir() and top.name[0] != "." for found in top.rglob(path)
    )


def paths_in(text: str) -> set[str]:
    """The words in backticks that are paths of this project."""
    tops = {path.name for path in ROOT.iterdir()} | {"demo"}
    return {
        span
        for span in re.findall(r"`([^`\n]+)`", text)
        if re.fullmatch(r"[\w./*-]+", span)
        and not span.startswith("/")
        and (span.endswith(ENDINGS) or ("/" in span and span.partition("/")[0] in tops))
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_a_document_names_exists(document: Path) -> None:
    assert sorted(path for path in paths_in(prose_of(document)) if not exists(path)) == []


def test_the_house_plan_shows_rooms_that_stand() -> None:
    """In a `house` block a folder stands at the margin and what it holds is indented below it."""
    plans = [plan for document in DOCUMENTS for plan in blocks_of(document, "house")]
    assert plans
    missing: list[str] = []
    for line in "".join(plans).splitlines():
        names = re.split(r" {2,}", line.strip())[0].split()
        if not line.startswith(" "):
            folder = names[0]
            names = [""]
        missing.extend(f"{folder}{name}" for name in names if not exists(f"{folder}{name}"))
    assert missing == []


def test_the_house_plan_shows_every_room() -> None:
    [plan] = blocks_of(ROOT / "docs/architecture.md", "house")
    shown = set(re.findall(r"[\w]+(?:\.py|/)", plan))
    rooms = {
        f"{path.name}/" if path.is_dir() else path.name
        for package in ("schemas", "sync", "field_app", "server")
        for path in (ROOT / package).iterdir()
        if (path.suffix == ".py" or path.is_dir()) and not path.name.startswith("__")
    }
    assert sorted(rooms - shown) == []


def texts_in(value: object) -> list[str]:
    """All texts in what was read from a TOML."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for each in value.values() for text in texts_in(each)]
        case list():
            return [text for each in value for text in texts_in(each)]
        case _:
            return []


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_a_guide_writes_what_stands_on_a_screen_as_it_stands_there(guide: Path) -> None:
    """In italics stand names of pages, buttons and choices, and how a sentence begins."""
    shown = [
        text
        for file in (ROOT / "schemas").rglob("*.toml")
        for text in texts_in(tomllib.loads(file.read_text(encoding="utf-8")))
    ]
    prose = prose_of(guide).replace("**", "")
    written = {" ".join(span.split()) for span in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", prose)}
    assert len(written) > 10
    missing = {
        word
        for word in written - NOT_ON_SCREEN
        if not any(text == word or text.startswith((f"{word} ", f"{word}.", f"{word}:")) for text in shown)
    }
    assert sorted(missing) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_picture_and_page_that_a_document_leads_to_is_there(document: Path) -> None:
    prose = prose_of(document)
    leads = [each.partition("#")[0] for each in re.findall(r"\]\(([^)\s]+)\)", prose)]
    assert [
        each for each in leads if each and "://" not in each and not (document.parent / each).exists()
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_test_a_document_names_exists(document: Path) -> None:
    named = named_tests(document.read_text(encoding="utf-8"))
    parts = [test.split("::") for test in named]
    assert [name for file, name in parts if name not in written_tests(ROOT / file)] == []


def test_every_guarantee_of_the_security_page_is_shown_by_a_test() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    text, _, _ = page.partition("\n## What is not promised")
    parts = re.split(r"^### ", text, flags=re.M)[1:]
    assert [part.split()[0] for part in parts] == [f"G{number}" for number in range(1, len(parts) + 1)]
    assert [part.splitlines()[0] for part in parts if not named_tests(part)] == []


def test_every_line_of_the_standard_has_a_test_or_a_reason() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    _, _, text = page.partition("\n## OWASP ASVS")
    lines = [line for line in text.splitlines() if line.startswith("- V")]
    assert len(lines) > 30
    assert [line for line in lines if not named_tests(line) and not re.search("reason: |Open: ", line)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_make_target_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    text = document.read_text(encoding="utf-8")
    code = re.findall(r"`([^`\n]+)`", text) + "".join(blocks_of(document, "sh")).splitlines()
    named = {target for piece in code for target in re.findall(r"\bmake ([a-z]+)", piece)}
    assert named <= targets


def commands_in_readme() -> list[str]:
    lines = "".join(blocks_of(ROOT / "README.md", "sh")).splitlines()
    commands = [line.partition(" #")[0].strip() for line in lines]
    return [command for command in commands if command and not command.startswith(RUN_ELSEWHERE)]


def as_question(command: str) -> list[str]:
    """A command as one that only tells about itself: `make -n`, or `--help` in place of its options."""
    words = shlex.split(command)
    if words[0] == "make":
        return ["make", "-n", *words[1:]]
    options = [number for number, word in enumerate(words) if number > 2 and word.startswith("-")]
    asked = words[: options[0]] if options else words
    return [sys.executable if words[0].endswith("python") else words[0], *asked[1:], "--help"]


def test_the_readme_gives_commands_to_try() -> None:
    assert commands_in_readme()


@pytest.mark.parametrize("command", commands_in_readme())
def test_every_command_of_the_readme_runs(command: str) -> None:
    done = subprocess.run(
        as_question(command), cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def office_commands(text: str) -> list[tuple[str, set[str]]]:
    """The office's commands that a text gives, each with the options that stand behind it on its line.

    `sambang` alone also begins what is signed; so it counts before a command that there is.
    """
    lines = text.replace("\\\n", " ").splitlines()
    spans = [span for line in lines for span in re.split("[`;,]| # ", line)]
    found = [re.match(r"(?:.*-m server|sambang) ([a-z][a-z-]*)\b(.*)", span) for span in spans]
    return [
        (each[1], set(re.findall(r"--[a-z][a-z-]*", each[2])))
        for each in found
        if each and (each[1] in COMMANDS or "-m server" in each[0])
    ]


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """All options of a command, those of its parts among them."""
    inner = [each for action in parser._actions for each in as_parsers(action.choices)]
    return {*parser._option_string_actions}.union(*(options_of(each) for each in inner))


def as_parsers(choices: object) -> list[argparse.ArgumentParser]:
    found = list(choices.values()) if isinstance(choices, dict) else []
    return [each for each in found if isinstance(each, argparse.ArgumentParser)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_option_of_a_command_that_a_document_gives_exists(document: Path) -> None:
    [commands] = [action.choices for action in office_parser()._actions if action.dest == "command"]
    assert isinstance(commands, dict)
    for command, options in office_commands(document.read_text(encoding="utf-8")):
        assert command in commands, command
        assert options <= options_of(commands[command]), (command, options)


def test_the_field_that_the_readme_adds_is_a_field() -> None:
    (field,) = blocks_of(ROOT / "README.md", "toml")
    (name,) = tomllib.loads(field)["fields"]
    around = f"""
        id = "contoh"
        version = 1
        title = "Contoh"
        service = "umum"
        subject = "none"
        filled_by = ["pendamping"]
        privacy = "biasa"
        pages = [{{ title = "Keluarga", fields = ["{name}"] }}]
    """
    form = read_form(around + field, "contoh.1.toml", block={}.__getitem__)
    assert form.fields[name].required


@pytest.mark.parametrize("writer", ["schemas.docs", "server.protocol_docs", "server.api_docs"])
def test_the_pages_made_from_forms_workflows_and_code_are_current(writer: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", writer, "--check"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"`make docs` writes them anew\n{done.stdout}{done.stderr}"
