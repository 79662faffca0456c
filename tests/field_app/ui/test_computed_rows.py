"""What the phone computes in a row is seen while the row is filled, and overwrites nothing that is typed."""

from typing import Any

import pytest
from msgspec.structs import replace

from field_app.sheets import derived
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import NOW_MS
from field_app.ui.values import with_computed
from schemas.derive import Context, load_parameters
from schemas.format import local_date
from tests.field_app.ui.driver import Driver


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> SamplePhone:
    """One that computes as the real one does."""
    phone = SamplePhone()
    plain = phone.visits.draft
    context = Context(today=local_date(NOW_MS), parameters=load_parameters())

    def draft(key: str) -> Any:
        view = plain(key)
        forms = {
            name: replace(filled, answers=derived(phone.forms.get(name).fields, filled.answers, context))
            for name, filled in view.forms.items()
        }
        return replace(view, forms=forms)

    monkeypatch.setattr(phone.visits, "draft", draft)
    return phone


def test_the_difference_of_two_prices_is_seen_as_soon_as_both_are_typed(
    driver: Driver, phone: SamplePhone
) -> None:
    phone.visits.start("ewarong", "e1", None)
    driver.open(phone)
    driver.shell.go("form", draft="d10")
    driver.settle()
    editor = driver.turn_to("harga").editor
    driver.tap(editor.more)
    driver.type(editor.editors["harga"].entry, "15000")
    assert driver.sees("Dihitung sendiri")
    driver.type(editor.editors["harga_pasar"].entry, "14000")
    driver.settle()
    assert driver.sees("1.000") and not driver.sees("Dihitung sendiri"), "on its head and in its field"
    driver.type(editor.editors["harga_pasar"].entry, "13500")
    driver.settle()
    assert driver.sees("1.500")
    [row] = driver.screen.answers["ewarong"]["harga"]
    assert (row["harga"], row["harga_pasar"]) == (15000, 13500)


def test_what_was_typed_since_the_phone_was_asked_stays(phone: SamplePhone) -> None:
    prices = phone.forms.get("ewarong").fields["harga"]
    told = [{"harga": 10, "selisih": 3}]
    assert with_computed(prices, [{"harga": 11, "selisih": 1}], told) == [{"harga": 11, "selisih": 3}]
    two: list[dict[str, Any]] = [{"harga": 11}, {}]
    assert with_computed(prices, two, told) == two
    assert with_computed(prices, None, None) is None
