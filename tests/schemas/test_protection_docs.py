"""The assessment in docs/dpia.md lists the fields that forms really have, by how private they are."""

from pathlib import Path

import pytest

from schemas.docs import ROOT, stale_pages
from schemas.form import load_forms
from schemas.protection_docs import BEGIN, END, PAGE, render


def test_the_page_is_as_the_forms_are_now() -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    assert render(text) == text
    forms = load_forms()
    assert all(f"(`{name}`, versi {forms.get(name).version}, " in text for name in forms.ids())


def test_a_page_that_was_changed_by_hand_between_its_marks_is_out_of_date(tmp_path: Path) -> None:
    page = tmp_path / PAGE
    page.parent.mkdir()
    page.write_text(f"Kata orang\n{BEGIN}\ntulisan tangan\n{END}\nKata lain\n", "utf-8")
    new = stale_pages(tmp_path)[page]
    assert new.startswith("Kata orang\n") and new.endswith("\nKata lain\n") and "tulisan tangan" not in new


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        render("Kata orang")
