"""What the office asks of her by now: a return that it takes back, a tugas that goes, comes or is found by
name. On a real vault, with rows as the office would have sent them.
"""

from typing import Any

import pytest

from field_app.views import DraftView, Finalised
from field_app.wanted import ARRIVED, CAME_BACK, NOT_ASKED, WITHDRAWN
from schemas.ids import RecordId
from schemas.wire import Removed
from sync.change import Submit
from tests.field_app.field import DESA, EWARONG, FIELDS, MINE, NIK, PERSON, TASK, TUGAS, WARGA, Field

OTHER = RecordId("4" * 32)
WRONG = {"bpnt_kpm.foto_kk": "Tidak terbaca"}


def returned(field: Field, reasons: dict[str, str]) -> Finalised:
    done = field.visit()
    field.acknowledge()
    field.decided(done, "dikembalikan", reasons=reasons)
    return done


def correction(field: Field, done: Finalised) -> DraftView:
    begun = field.visits.start_correction(done.visit)
    assert isinstance(begun, DraftView)
    return begun


def withdraw(field: Field, how: str) -> None:
    if how == "called_off":
        field.pull({TUGAS: ("tugas", TASK | {"state": "batal"})})
    else:
        field.seq += 1
        field.pull({}, removed=[Removed(part=MINE, id=TUGAS, seq=field.seq)])


# a return ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["ditahan", "disetujui", "ditolak"])
def test_a_correction_stays_in_sight_when_the_return_is_taken_back(field: Field, state: str) -> None:
    done = returned(field, WRONG)
    draft = correction(field, done)
    field.visits.save(draft.id, "bpnt_kpm", "catatan", "Rumah di belakang mushala")
    field.decided(done, state, note="Salah tekan")
    home = field.visits.home()
    assert home.returned == () and [card.status for card in home.sent] == [state]
    [card] = home.drafts
    assert (card.draft, card.hint) == (draft.id, NOT_ASKED)
    assert field.visits.task(TUGAS).note == "", "it is not of a return"
    field.decided(done, "dikembalikan", reasons=WRONG)
    home = field.visits.home()
    assert home.drafts == () and [(card.draft, card.hint) for card in home.returned] == [(draft.id, "")]


def test_reasons_that_came_anew_stand_beside_what_was_begun_for_others(field: Field) -> None:
    done = returned(field, WRONG)
    draft = correction(field, done)
    field.visits.save(draft.id, "bpnt_kpm", "catatan", "Di belakang mushala")
    field.decided(done, "ditahan", note="Salah tekan")
    assert field.visits.draft(draft.id).returned == WRONG, (
        "what she was told stays until there is another word"
    )
    field.decided(
        done, "dikembalikan", reasons={"bpnt_kpm.catatan": "Siapa?", "bpnt_kpm.nik": "?"}, note="Lagi"
    )
    again = correction(field, done)
    assert again.id == draft.id and again.returned == {"bpnt_kpm.catatan": "Siapa?", "bpnt_kpm.nik": "?"}
    assert (again.note, again.mended) == ("Lagi", ("bpnt_kpm.catatan",))
    assert again.forms["bpnt_kpm"].answers["nik"] == NIK


def test_a_correction_of_an_earlier_version_is_not_taken_for_one_of_the_newest(field: Field) -> None:
    done = returned(field, WRONG)
    early = correction(field, done)
    field.visits.discard(early.id)
    second = correction(field, done)
    assert second.id != early.id
    field.visits.save(second.id, "bpnt_kpm", "catatan", "Versi kedua")
    newest = field.finish(second.id)
    field.visits.restore(early.id)
    field.acknowledge()
    field.decided(newest, "dikembalikan", reasons=WRONG)
    assert [card.draft for card in field.visits.home().returned] == [None]
    third = correction(field, newest)
    assert third.id != early.id and third.forms["bpnt_kpm"].answers["catatan"] == "Versi kedua"
    home = field.visits.home()
    assert [card.draft for card in home.returned] == [third.id]
    assert [(card.draft, card.hint) for card in home.drafts] == [(early.id, NOT_ASKED)]


# a tugas ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["called_off", "moved"])
def test_a_draft_says_that_its_tugas_is_withdrawn_and_can_be_finished_all_the_same(
    field: Field,
    how: str,
) -> None:
    draft = field.start()
    assert [card.hint for card in field.visits.home().drafts] == [""]
    field.fill(draft.id)
    withdraw(field, how)
    assert [(card.draft, card.hint) for card in field.visits.home().drafts] == [(draft.id, WITHDRAWN)]
    field.finish(draft.id)
    assert field.bodies()[-1].tugas == TUGAS


@pytest.mark.parametrize("state", ["dikirim", "selesai"])
def test_a_draft_says_that_a_visit_of_its_tugas_from_another_phone_is_at_the_office(
    field: Field, state: str
) -> None:
    draft = field.start()
    field.fill(draft.id)
    field.pull({TUGAS: ("tugas", TASK | {"state": state})})
    assert [(card.draft, card.hint) for card in field.visits.home().drafts] == [(draft.id, ARRIVED)]
    field.finish(draft.id)
    assert field.bodies()[-1].tugas == TUGAS
    field.pull({TUGAS: ("tugas", TASK | {"state": "dikembalikan"})})
    assert field.visits.home().drafts == ()


@pytest.mark.parametrize("how", ["called_off", "moved"])
def test_a_returned_visit_whose_tugas_is_withdrawn_presses_no_more_unless_it_was_begun(
    field: Field,
    how: str,
) -> None:
    done = returned(field, WRONG)
    assert [card.hint for card in field.visits.home().returned] == [""]
    withdraw(field, how)
    home = field.visits.home()
    assert home.returned == () and [card.hint for card in home.sent] == [WITHDRAWN]
    draft = correction(field, done)
    home = field.visits.home()
    assert [(card.draft, card.hint) for card in home.returned] == [(draft.id, WITHDRAWN)]
    assert home.sent == home.drafts == ()


def test_a_tugas_that_came_back_to_another_is_theirs_to_do(field: Field) -> None:
    field.pull(
        {TUGAS: ("tugas", TASK | {"state": "dikembalikan"}), OTHER: ("tugas", TASK | {"state": "dikirim"})}
    )
    home = field.visits.home()
    assert [(card.tugas, card.status, card.hint) for card in home.today] == [(TUGAS, "tugas", CAME_BACK)]
    begun = field.visits.start("bpnt_kpm", None, TUGAS)
    assert isinstance(begun, DraftView) and field.visits.home().today == ()


def test_a_new_phone_tells_why_the_visit_of_the_one_before_came_back(field: Field) -> None:
    row = {"form": "bpnt_kpm", "tugas": TUGAS, "state": "dikembalikan", "reasons": WRONG, "note": "Foto lagi"}
    of_others = {RecordId(each * 32): row | {"tugas": OTHER, "reasons": {}} for each in "0f"}
    about = {name: ("kunjungan", fields) for name, fields in {**of_others, OTHER: row}.items()}
    field.pull({**about, TUGAS: ("tugas", TASK | {"state": "dikembalikan"})})
    task = field.visits.task(TUGAS)
    assert (task.reasons, task.note) == (WRONG, "Foto lagi")
    field.pull({OTHER: ("kunjungan", row | {"state": "diterima"})})
    assert field.visits.task(TUGAS).reasons == {}


# found by name ----------------------------------------------------------------------------------------------


def test_a_visit_that_is_begun_by_name_is_the_one_that_was_asked_for(field: Field) -> None:
    later = TASK | {"jatuh_tempo": "2026-12-21"}
    field.pull({TUGAS: ("tugas", TASK), OTHER: ("tugas", later), EWARONG: ("tugas", TASK | {"form": "kis"})})
    begun = field.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(begun, DraftView)
    assert [(card.tugas, card.due) for card in field.visits.home().drafts] == [(TUGAS, "2026-11-21")]
    for tugas in (TUGAS, None):
        again = field.visits.start("bpnt_kpm", WARGA, tugas)
        assert isinstance(again, DraftView) and again.id == begun.id
    field.fill(begun.id)
    field.finish(begun.id)
    [submit] = [body for body in field.bodies() if isinstance(body, Submit)]
    assert submit.tugas == TUGAS
    assert field.visits.start("bpnt_kpm", WARGA, None).id != begun.id  # type: ignore[union-attr]
    assert [card.tugas for card in field.visits.home().drafts] == [OTHER], "the next that is left"


@pytest.mark.parametrize("days", [("2026-11-22", "2026-11-21"), (None, "2026-12-31")], ids=["later", "never"])
def test_of_several_tugas_about_somebody_the_one_due_first_is_begun(
    field: Field, days: tuple[str | None, str]
) -> None:
    both = zip((TUGAS, OTHER), days, strict=True)
    field.pull({name: ("tugas", TASK | {"jatuh_tempo": day}) for name, day in both})
    assert TUGAS < OTHER and isinstance(field.visits.start("bpnt_kpm", WARGA, None), DraftView)
    assert [card.tugas for card in field.visits.home().drafts] == [OTHER]


def test_a_tugas_whose_visit_came_back_is_corrected_and_not_begun_by_name(field: Field) -> None:
    returned(field, WRONG)
    field.pull({TUGAS: ("tugas", TASK | {"state": "dikembalikan"})})
    assert not any(one.asked for one in field.visits.startable(WARGA))


@pytest.mark.parametrize("way", [(WARGA, None), (None, TUGAS)], ids=["by_name", "by_tugas"])
def test_a_draft_of_before_the_tugas_is_gone_on_with_for_it(
    field: Field,
    way: tuple[RecordId | None, RecordId | None],
) -> None:
    field.pull({WARGA: ("warga", FIELDS)})
    first = field.visits.start("bpnt_kpm", WARGA, None)
    assert [card.hint for card in field.visits.home().drafts] == [""], "nobody asked for it"
    field.pull({TUGAS: ("tugas", TASK)})
    assert isinstance(first, DraftView) and [card.tugas for card in field.visits.home().today] == [TUGAS]
    again = field.visits.start("bpnt_kpm", *way)
    assert isinstance(again, DraftView) and again.id == first.id
    home = field.visits.home()
    assert [(card.tugas, card.due) for card in home.drafts] == [(TUGAS, "2026-11-21")] and home.today == ()
    field.fill(first.id)
    field.finish(first.id)
    [submit] = [body for body in field.bodies() if isinstance(body, Submit)]
    assert submit.tugas == TUGAS


def test_what_is_asked_about_somebody_stands_first_among_the_forms(field: Field) -> None:
    def first(subject: Any) -> list[tuple[str, bool]]:
        return [(one.form, one.asked) for one in field.visits.startable(subject)][:1]

    task = TASK | {"form": "kis"}
    field.pull({TUGAS: ("tugas", task)})
    assert first(WARGA) == [("kis", True)]
    assert not any(one.asked for one in (*field.visits.startable(), *field.visits.startable(EWARONG)))
    field.pull({TUGAS: ("tugas", task | {"state": "selesai"})})
    assert not any(one.asked for one in field.visits.startable(WARGA))


@pytest.mark.parametrize(
    ("state", "has_task"), [("baru", True), ("dikembalikan", True), ("dikirim", False), ("selesai", False)]
)
def test_a_hit_says_that_there_is_a_tugas_while_one_is_left(field: Field, state: str, has_task: bool) -> None:
    field.start()
    field.pull({TUGAS: ("tugas", TASK | {"state": state})})
    assert [hit.has_task for hit in field.visits.search("uji")] == [has_task]


def test_a_visit_without_a_tugas_that_came_back_to_a_phone_that_is_gone_is_asked_for_on_the_next(
    field: Field,
) -> None:
    """Until she goes there again; one of a tugas comes back as that."""
    row = {"form": "bpnt_kpm", "petugas": PERSON, "subjek": WARGA, "state": "dikembalikan", "kode_desa": DESA}
    field.pull({WARGA: ("warga", FIELDS), RecordId("8" * 32): ("kunjungan", row)})
    field.pull({RecordId("9" * 32): ("kunjungan", row | {"tugas": TUGAS})})
    [card] = field.visits.home().returned
    assert (card.nama, card.status, card.hint) == ("Warga Uji", "tugas", "pernah_kembali")
    started = field.visits.start(card.form, card.subjek, card.tugas)
    assert isinstance(started, DraftView)
    assert field.visits.home().returned == () and len(field.visits.home().drafts) == 1
    field.fill(started.id)
    field.finish(started.id)
    assert field.visits.home().returned == ()
