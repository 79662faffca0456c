"""What the office asked again of a visit, and the way through its pages."""

from msgspec.structs import replace

from field_app.returned import asked_again, asked_of, is_of_whole, mended, reason_of
from field_app.ui.plan import is_asked, neighbour, plan
from schemas.form import load_forms
from schemas.form_conditions import conditions_in

FORMS = load_forms()
KTK = FORMS.get("ktk")
BLOB = "a" * 64


def test_reasons_name_fields_with_and_without_their_form_and_rows_by_their_table() -> None:
    returned = {"ktk.nama": "a", "alasan_hasil": "b", "ktk.rencana_uep[1].perkiraan_rp": "c", BLOB: "d"}
    returned["rencana_uep[2].kebutuhan"] = "e"
    assert asked_again(returned, KTK) == {"nama", "alasan_hasil", "rencana_uep"}
    said = [reason_of(returned, "ktk", name) for name in ("nama", "alasan_hasil", "rencana_uep", "nik")]
    assert said == ["a", "b", "c\ne", ""]


def test_a_field_that_is_seen_only_after_another_brings_that_one_along() -> None:
    assert asked_again({"ktk.surat_kuasa": "x"}, KTK) == {"surat_kuasa", "pemilik_rekening"}
    assert asked_again({"ktk.fc_ktp": "x"}, KTK) == {"fc_ktp"}, "it is seen without any answer"


def test_what_that_one_waits_for_itself_is_brought_along_too() -> None:
    form = FORMS.get("bpnt_kpm")
    heir = form.fields["nama_ahli_waris"]
    assert heir.visible_when is not None
    last = next(test for test in conditions_in(heir.visible_when) if test.field == "ahli_waris_satu_kk")
    form = replace(form, fields={**form.fields, heir.name: replace(heir, visible_when=last)})
    asked = asked_again({heir.name: "x"}, form)
    assert asked == {heir.name, "ahli_waris_satu_kk", "keberadaan_kpm"}


def test_a_reason_of_the_whole_visit_names_nothing() -> None:
    assert asked_again({"umum": "x", BLOB: "x"}, KTK) == frozenset()


def test_a_reason_of_a_photo_is_of_its_field_and_of_no_other() -> None:
    returned, shots = {BLOB: "buram"}, {BLOB: ("ktk", "rencana_uep[1].foto")}
    assert asked_of(returned, [KTK], shots) == {("ktk", "rencana_uep")}
    assert asked_of(returned, [KTK]) == set()
    assert reason_of(returned, "ktk", "rencana_uep", shots) == "buram"
    assert reason_of(returned, "ktk", "nama", shots) == reason_of(returned, "ktk", "rencana_uep") == ""


def test_what_names_neither_field_nor_photo_is_of_the_whole_visit() -> None:
    shots = {BLOB: ("ktk", "fc_ktp")}
    said = [is_of_whole(key, [KTK], shots) for key in ("ktk.nama", "nama", BLOB, "umum", "pm.nama", "b" * 64)]
    assert said == [False, False, False, True, True, True]


def test_what_has_another_answer_or_another_photo_by_now_is_mended() -> None:
    keys = ("ktk.nama", "nik", "rencana_uep[1].kebutuhan", BLOB, "umum")
    returned = dict.fromkeys(keys, "x")
    before = {"ktk": {"nama": "A", "nik": "1", "rencana_uep": [{"kebutuhan": "a"}, {"kebutuhan": "b"}]}}
    now = {"ktk": before["ktk"] | {"nama": "B", "rencana_uep": [{"kebutuhan": "c"}, {"kebutuhan": "b"}]}}
    assert mended(returned, [KTK], before, before, set()) == ()
    assert mended(returned, [KTK], before, now, set()) == ("ktk.nama",), "the second row is as it was"
    assert mended(returned, [KTK], before, now, {BLOB}) == ("ktk.nama", BLOB)
    assert mended(returned, [KTK], {}, {"ktk": {"nik": "1"}}, set()) == ("nik",), "of a sealed visit"


def test_the_way_leads_from_one_page_that_is_asked_again_to_the_next() -> None:
    steps = plan(FORMS, "ktk", {"ktk": KTK.version}, {"ktk": {}})
    asked = {("ktk", "nama"), ("ktk", "alasan_hasil"), ("pm", "alamat")}
    first, second = (place for place, step in enumerate(steps) if is_asked(step, asked))
    assert neighbour(steps, -1, 1, asked) == first
    assert neighbour(steps, first, 1, asked) == neighbour(steps, second - 1, 1, asked) == second
    assert neighbour(steps, second, 1, asked) is None and neighbour(steps, first, -1, asked) is None
    assert neighbour(steps, len(steps) - 1, -1, asked) == second


def test_without_anything_asked_again_each_page_follows_the_other() -> None:
    steps = plan(FORMS, "ktk", {"ktk": KTK.version}, {"ktk": {}})
    assert [neighbour(steps, at, 1, set()) for at in range(3)] == [1, 2, 3]
    assert neighbour(steps, len(steps) - 1, 1, set()) is neighbour(steps, 0, -1, set()) is None
