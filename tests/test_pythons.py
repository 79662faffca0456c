"""Which Pythons the project is for, which one the setup takes, and a defect that only some of them have.

Rule: what only some of them do wrong is found on any of them, by reading the tree.
"""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("schemas", "sync", "field_app", "server", "tests")

# Those of one function share its variables since Python 3.12; all else here has variables of its own.
INLINED = ast.ListComp | ast.SetComp | ast.DictComp
COMPREHENSIONS = INLINED | ast.GeneratorExp
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp
SCOPES = FUNCTIONS | ast.ClassDef


def stored(node: ast.AST) -> set[str]:
    return {
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def own(comprehension: ast.AST) -> set[str]:
    """The variables of a comprehension."""
    assert isinstance(comprehension, COMPREHENSIONS)
    return set().union(*(stored(generator.target) for generator in comprehension.generators))


def borrowed(node: ast.AST) -> set[str]:
    """The names that are read in a node and are no variable of a comprehension in it."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    found = set().union(*map(borrowed, ast.iter_child_nodes(node)))
    return found - own(node) if isinstance(node, COMPREHENSIONS) else found


def parts_of(function: ast.AST, *besides: type) -> Iterator[ast.AST]:
    """Every node of a function, but nothing inside its own functions and classes, nor inside `besides`."""
    todo = list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (SCOPES, *besides)):
            todo.extend(ast.iter_child_nodes(node))


def locals_of(function: ast.AST) -> set[str]:
    """The names that a function binds, its comprehensions' variables apart."""
    if isinstance(function, ast.GeneratorExp):
        return own(function)
    assert isinstance(function, FUNCTIONS)
    named = (part.target.id for part in parts_of(function) if isinstance(part, ast.NamedExpr))
    parameters = (each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg))
    outside = (part for part in parts_of(function, *INLINED.__args__) if not isinstance(part, INLINED))
    plain = (part.id for part in outside if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
    return {*named, *parameters, *plain}


def taken_for_another(source: bytes) -> list[str]:
    """The lines with a comprehension whose variable is called like what its neighbour reads from outside."""
    found = []
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, FUNCTIONS)):
        every = [part for part in parts_of(function) if isinstance(part, INLINED)]
        if len(every) > 1:
            outermost = [part for part in parts_of(function, *INLINED.__args__) if isinstance(part, INLINED)]
            bound = locals_of(function)
            for one, other in product(every, outermost):
                if one is not other:
                    found += [
                        f"{one.lineno}: {name}" for name in sorted((own(one) & borrowed(other)) - bound)
                    ]
    return found


MIXED = b"""
def push(number):
    return -number

def both(numbers):
    return [push for push in numbers], [push(number) for number in numbers]
"""


def test_no_comprehension_hides_from_its_neighbour_what_that_one_calls() -> None:
    """Python 3.12 looks for `push` of MIXED's second list among the function's own variables, and dies of it;
    3.13 does so where the name is of an outer function."""
    assert taken_for_another(MIXED) == ["6: push"]
    assert taken_for_another(MIXED.replace(b"push for push", b"one for one")) == []
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)): taken_for_another(path.read_bytes()) for path in sorted(paths)}
    assert {name: lines for name, lines in found.items() if lines} == {}


# A folder that is not ours to read has nothing for us there, or the program is one that stands alone.
MAY_GLOB = {"field_app/devices/desktop.py", "field_app/ui/webcam.py", "server/proof/offline.py"}


def test_no_room_takes_a_folder_that_it_cannot_read_for_an_empty_one() -> None:
    """Since 3.12, `Path.glob` and `Path.rglob` keep every error of the disk to themselves."""
    globbing = {
        str(path.relative_to(ROOT))
        for folder in ("schemas", "sync", "field_app", "server")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute) and node.attr in {"glob", "rglob"}
    }
    assert globbing == MAY_GLOB, "schemas/folders.py lists folders"


def test_the_papers_the_setup_and_the_package_name_the_same_pythons() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        line.rpartition(" ")[2] for line in project["classifiers"] if line.startswith("Programming Language")
    ]
    oldest, newest = (int(version.removeprefix("3.")) for version in (named[0], named[-1]))
    assert project["requires-python"] == f">=3.{oldest},<3.{newest + 1}"
    setup = (ROOT / ".ci" / "setup").read_text(encoding="utf-8")
    assert re.findall(r"python(3\.\d+)", setup)[: len(named)] == named[::-1]
    assert f"(3, {oldest}) <= sys.version_info < (3, {newest + 1})" in setup
    said = f"{', '.join(named[:-1])} or {named[-1]}"
    assert f"Python {said}" in setup
    assert f"Python {said}" in (ROOT / "README.md").read_text(encoding="utf-8")


PRETENDED = """#!/bin/sh
case "$*" in
  *sys.exit*) exit {refused} ;;
  *ensurepip*) exit {lacking} ;;
  *print*) echo {name} ;;
  --version | -VV) echo "Python of {name}" ;;
  *) exit 9 ;;
esac
"""


NONE = "needs Python 3.11, 3.12 or 3.13, as Kivy has no wheels for others; here is"
LACKS = "lacks venv or another part of its standard library: apt-get install"


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (
            {"python3.11": "", "python3.13": "", "python3": ""},
            ".venv from {}/python3.13, Python of python3.13",
        ),
        ({"python3": ""}, ".venv from {}/python3, Python of python3"),
        ({"python3.13": "lacking", "python3.12": ""}, ".venv from {}/python3.12, Python of python3.12"),
        ({"python3.13": "lacking", "python3.11": "lacking"}, f"{{}}/python3.13 {LACKS} python3.13-venv"),
        ({"python3": "refused"}, f"{NONE} Python of python3"),
        ({}, f"{NONE} none"),
    ],
    ids=["several", "one", "newest-lacks-venv", "all-lack-venv", "too-new", "none"],
)
def test_the_setup_takes_the_newest_python_that_lacks_nothing_or_says_what_is_missing(
    machine: dict[str, str], said: str, tmp_path: Path
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "setup", tmp_path / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "rm"):
        (programs / name).symlink_to(shutil.which(name) or name)
    for name, fault in machine.items():
        refused, lacking = int(fault == "refused"), int(fault == "lacking")
        (programs / name).write_text(PRETENDED.format(name=name, refused=refused, lacking=lacking))
        (programs / name).chmod(0o755)
    made = subprocess.run(
        [tmp_path / ".ci" / "setup", "python"],
        env={"PATH": str(programs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert made.stdout.splitlines()[:1] == [f"setup: {said.format(programs)}"]
    assert made.returncode != 0  # a Python that only pretends makes no .venv


@pytest.mark.parametrize("finds", [True, False], ids=["finds-all", "finds-nothing"])
def test_make_sets_up_again_only_when_the_python_of_the_venv_finds_nothing_in_it(
    finds: bool, tmp_path: Path
) -> None:
    """As after an upgrade from Debian 12 to 13: `.venv/bin/python` is then another Python, or none."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml", ".ci/setup", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / ".venv" / "bin" / "python").write_text(f"#!/bin/sh\nexit {int(not finds)}\n")
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    for name in (".ready", ".system"):
        (tmp_path / ".venv" / name).touch()
    told = subprocess.run(
        ["make", "--dry-run", "setup"], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
    )
    assert (".ci/setup python" in told.stdout) is not finds
