"""The stylesheets of the office, as text: a class is laid out in one place, so that none spoils another."""

import re
from collections import defaultdict
from pathlib import Path

import server

STATIC = Path(server.__file__).parent / "web/static"
RULE = re.compile(r"^([^@{}\s][^{}]*)\{([^{}]*)\}", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
CLASS = re.compile(r"\.[a-z-]+")


def laid_out(sheets: dict[str, str]) -> dict[str, list[str]]:
    """Return where each class is given its layout, by any rule outside of a condition."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in sheets.items():
        for selectors, said in RULE.findall(COMMENT.sub("", text)):
            if "display:" in said:
                for each in selectors.split(","):
                    found[each.strip()].append(name)
    return {each: names for each, names in found.items() if CLASS.fullmatch(each)}


def test_a_class_is_laid_out_in_one_place() -> None:
    places = laid_out({path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.css"))})
    assert len(places) > 50
    assert {each: names for each, names in places.items() if len(names) > 1} == {}
