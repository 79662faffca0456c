"""Writes the pages of docs/ that are drawn from data, or says which of them is out of date.

One rule: a page is written only when it differs, so that a second run changes nothing.
"""

import argparse
import sys
from pathlib import Path

from schemas import form_docs, protection_docs, workflow_docs

ROOT = Path(__file__).resolve().parents[1]


def stale_pages(root: Path) -> dict[Path, str]:
    """The pages under `root` that differ from what the data say, with what they should hold."""
    pages = form_docs.render() | workflow_docs.render()
    wanted = {root / path: text for path, text in pages.items()}
    written_by_people = root / protection_docs.PAGE
    if written_by_people.exists():
        wanted[written_by_people] = protection_docs.render(written_by_people.read_text("utf-8"))
    return {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text
    }


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command; with --check nothing is written, and the result is 1 when a page is out of date."""
    parser = argparse.ArgumentParser(prog="python -m schemas.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    only_check = parser.parse_args(arguments).check
    for path, text in (stale := stale_pages(root)).items():
        if not only_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        print(f"{path.relative_to(root)}: {'out of date' if only_check else 'written'}")
    return 1 if stale and only_check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
