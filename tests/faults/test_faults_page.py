"""docs/faults.md against the tests: every row has tests, every test its row, every name there is one.

Rule: the number of its rows stands at the beginning of a test's docstring.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROWS = range(1, 110)
HERE = Path(__file__).parent
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def cases_of(file: Path) -> dict[str, str]:
    """The tests of a file, each with its docstring."""
    tree = ast.parse(file.read_text("utf-8"))
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def page(root: Path) -> dict[int, set[tuple[str, str]]]:
    """The tests that docs/faults.md names, by row."""
    text = (root / "docs" / "faults.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \|(.*)$", text, flags=re.M)
    assert len(rows) == len(dict(rows)), "a number stands twice"
    return {int(number): set(NAMED.findall(rest)) for number, rest in rows}


def test_every_fault_has_a_test_of_its_own_here(root: Path) -> None:
    own = {file.name for file in HERE.glob("test_*.py")}
    found = page(root)
    assert sorted(found) == list(ROWS)
    assert [row for row in ROWS if not any(file in own for file, _ in found[row])] == []


def test_every_test_that_the_page_names_exists(root: Path) -> None:
    named = {one for tests in page(root).values() for one in tests}
    files = {file.name: cases_of(file) for file in (root / "tests").rglob("test_*.py")}
    assert sorted(one for one in named if one[1] not in files.get(one[0], {})) == []


def test_the_page_names_each_test_at_the_rows_that_it_says_it_proves(root: Path) -> None:
    said: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for file in HERE.glob("test_*.py"):
        for name, docstring in cases_of(file).items():
            rows = re.match(r"Rows? ([\d, and]+)\.", docstring)
            for row in re.findall(r"\d+", rows.group(1) if rows else ""):
                said[int(row)].add((file.name, name))
    own = {file.name for file in HERE.glob("test_*.py")}
    shown = {row: {one for one in tests if one[0] in own} for row, tests in page(root).items()}
    assert shown == dict(said)
