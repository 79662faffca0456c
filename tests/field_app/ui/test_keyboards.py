"""Which keyboard a field asks Android for, and what that keyboard may keep of a sealed case."""

from collections.abc import Iterator

from kivy.core.clipboard import Clipboard

from field_app.ui.fields.card import FieldCard
from field_app.ui.fields.editors import editor_for
from field_app.ui.fields.moment import BulanEditor, JamEditor, TanggalEditor
from field_app.ui.fields.pick import PickSheet
from field_app.ui.fields.write import AngkaEditor, TeksEditor, TeksPanjangEditor, UangEditor
from field_app.ui.pictures import scenes
from field_app.ui.sheets import LocationSheet
from field_app.ui.widgets.entry import Entry
from schemas import form_types as kinds
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest

SCENES = dict(scenes(rest))
TYPED = kinds.Teks | kinds.TeksPanjang | kinds.Angka | kinds.Uang | kinds.Tanggal | kinds.Bulan | kinds.Jam


def _entries(driver: Driver, scene: str) -> Iterator[tuple[str, Entry]]:
    driver.open()
    SCENES[scene](driver.phone, driver.app)
    driver.settle(3)
    for card in driver.walk():
        entry = getattr(card.editor, "entry", None) if isinstance(card, FieldCard) else None
        if entry is not None:
            yield card.field.name, entry


def test_numbers_money_and_days_are_typed_on_the_number_pad(driver: Driver) -> None:
    seen = dict(_entries(driver, "10_formulir_05"))
    assert {name: seen[name].input_type for name in ("nik", "no_kk", "nama")} == {
        "nik": "number", "no_kk": "number", "nama": "null",
    }  # fmt: skip
    money = dict(_entries(driver, "10_formulir_10"))
    assert money["nominal_diterima"].input_type == "number"
    days = dict(_entries(driver, "10_formulir_06"))
    assert days["tanggal_lahir"].input_type == "number"


def test_where_a_comma_or_a_minus_is_typed_no_number_pad_is_asked_that_may_lack_it(driver: Driver) -> None:
    driver.open()
    SCENES["13_tabel"](driver.phone, driver.app)
    driver.settle(3)
    table = next(
        card.editor for card in driver.walk() if getattr(card, "field", None) and card.field.name == "belanja"
    )
    kinds = {
        name: editor.entry.input_type for name, editor in table.editors.items() if hasattr(editor, "entry")
    }
    assert kinds["jumlah"] == "null" and kinds["harga"] == "number"
    sheet = LocationSheet(lambda: 0, lambda _place: None)
    assert [entry.input_type for entry in sheet.lines.values()] == ["null", "null", "number"]


def test_an_address_is_typed_on_a_keyboard_for_addresses(driver: Driver) -> None:
    driver.open()
    driver.shell.only("enrol")
    driver.settle()
    assert [w.input_type for w in driver.walk() if isinstance(w, Entry)] == ["url", "text"]


def test_every_editor_that_is_typed_in_is_private_in_a_sealed_case(driver: Driver) -> None:
    driver.open()
    SCENES["32_ktk_1"](driver.phone, driver.app)
    driver.settle(3)
    asked = driver.phone.forms.get("ktk").fields.values()
    columns = [column for field in asked if isinstance(field, kinds.Tabel) for column in field.columns]
    editors = [
        editor_for(field, None, lambda _value: None, driver.screen)
        for field in (*asked, *columns)
        if isinstance(field, TYPED)
    ]
    assert {type(editor) for editor in editors} >= {
        TeksEditor, TeksPanjangEditor, AngkaEditor, UangEditor, TanggalEditor, BulanEditor, JamEditor,
    }  # fmt: skip
    entries = [entry for editor in editors if (entry := getattr(editor, "entry", None)) is not None]
    assert all(entry.private and not entry.keyboard_suggestions for entry in entries)
    assert {entry.input_type for entry in entries} == {"null", "number", "tel"}


def test_nothing_typed_of_a_sealed_case_is_learned_by_a_keyboard_or_copied_out(driver: Driver) -> None:
    Clipboard.copy("sebelumnya")
    seen = [entry for _name, entry in _entries(driver, "32_ktk_1")]
    assert seen
    for entry in seen:
        assert entry.private and not entry.keyboard_suggestions and entry.input_type in ("null", "number")
        entry.select_all()
        entry.copy()
        entry.cut()
    assert Clipboard.paste() == "sebelumnya" and seen[0].text
    driver.screen.skip(driver.screen._shown_cards()[0])
    driver.settle()
    assert next(w for w in driver.walk() if isinstance(w, Entry)).private


def test_what_is_looked_for_in_a_list_of_a_sealed_case_is_private_too(driver: Driver) -> None:
    for scene, private in (("32_ktk_1", True), ("10_formulir_05", False)):
        driver.open()
        SCENES[scene](driver.phone, driver.app)
        driver.settle(3)
        sheet = PickSheet("Rujukan", lambda _text: [], lambda _key: None)
        driver.screen.present(sheet)
        assert sheet.line.private == private and sheet.line.allow_copy != private


def test_a_plain_visit_keeps_its_suggestions_and_its_copies(driver: Driver) -> None:
    entry = dict(_entries(driver, "10_formulir_05"))["nama"]
    assert not entry.private
    entry.select_all()
    entry.copy()
    assert Clipboard.paste() == entry.text
