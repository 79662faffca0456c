"""What came back of her visits and is not on this phone, as one that was lost had them: how she is asked for
it, and until when. On a real vault, with rows as the office would have sent them.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from field_app.commands import Commands
from field_app.phone import Phone
from field_app.views import Card, DraftView, SyncStatus
from schemas.ids import ChangeId, RecordId
from schemas.sealed_notes import Reasons
from tests.field_app.conftest import SetTime
from tests.field_app.field import DESA, FIELDS, PERSON, TEXT, WARGA, Field
from tests.field_app.sealed_field import KASUS, KODE, TUGAS_SEALED, SealedField

VISIT, LATER = RecordId("8" * 32), RecordId("9" * 32)
CHANGE = ChangeId(bytes([8]) * 32)
ROW = {"form": "bpnt_kpm", "petugas": PERSON, "subjek": WARGA, "state": "dikembalikan", "kode_desa": DESA}
CASE = {"workflow": "ktkpm", "service": "ktkpm", "kode": KODE, "petugas": PERSON, "state": "verifikasi"}
TASK = {"service": "ktkpm", "kasus": KASUS, "kode": KODE, "petugas": PERSON, "state": "dikembalikan"}
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def closed(tmp_path: Path, time: SetTime) -> SealedField:
    made = SealedField(tmp_path, time)
    made.ready()
    return made


def sealed_visit(field: SealedField, *, is_for_us: bool = True, **more: Any) -> tuple[str, dict[str, Any]]:
    said = Reasons(form="ktk", reasons={"ktk.nama": "Tulis sesuai KTP"}, note="")
    note = field.note(said, "alasan", VISIT, 1, bytes(32) if is_for_us else bytes([1]) * 32)
    row = {
        "form": "tersegel", "petugas": PERSON, "kasus": KASUS, "state": "dikembalikan", "decided_ms": 1,
        "versions": [{"change": CHANGE.hex(), "follows": None, "number": 1, "wall_ms": 1}],
        "notes": {"alasan": [note]},
    }  # fmt: skip
    return "kunjungan", row | more


def pull_case(field: SealedField, *, task: str = "dikembalikan", **more: Any) -> None:
    visit = sealed_visit(field, tugas=TUGAS_SEALED, **more)
    about = {KASUS: ("kasus", CASE), TUGAS_SEALED: ("tugas", TASK | {"state": task})}
    field.pull({**about, VISIT: visit})


def cards(field: Field) -> tuple[list[Card], list[Card]]:
    """What came back, and the tasks."""
    home = field.visits.home()
    return list(home.returned), [*home.overdue, *home.today, *home.upcoming]


# sealed -----------------------------------------------------------------------------------------------------


def test_a_sealed_visit_of_a_task_is_mended_on_the_next_phone(closed: SealedField) -> None:
    """The task itself may be sealed to the phones of before alone."""
    pull_case(closed)
    [card], tasks = cards(closed)
    assert (card.visit, card.nama, card.status, tasks) == (VISIT, KODE, "dikembalikan", [])
    draft = closed.visits.start_correction(VISIT)
    assert isinstance(draft, DraftView)
    assert [one.draft for one in closed.visits.home().returned] == [draft.id]
    closed.visits.save(draft.id, "ktk", "nama", "Nama Sesuai KTP")
    closed.finish(draft.id)
    assert cards(closed) == ([], []) and closed.last_submit().tugas == TUGAS_SEALED


def test_a_sealed_visit_whose_task_was_called_off_is_mended_no_more(closed: SealedField) -> None:
    pull_case(closed, task="batal")
    assert cards(closed) == ([], [])


def test_a_sealed_visit_of_a_task_whose_reasons_are_for_another_phone_comes_back_as_the_task(
    closed: SealedField,
) -> None:
    pull_case(closed, is_for_us=False)
    returned, [task] = cards(closed)
    assert (returned, task.tugas, task.hint) == ([], TUGAS_SEALED, "pernah_kembali")


def test_a_sealed_visit_whose_reasons_are_for_another_phone_stands_until_the_case_is_visited_anew(
    closed: SealedField,
) -> None:
    closed.pull({KASUS: ("kasus", CASE), VISIT: sealed_visit(closed, is_for_us=False)})
    assert [card.visit for card in cards(closed)[0]] == [VISIT]
    draft = closed.begin("ktk", KASUS)
    assert cards(closed)[0] == []
    closed.visits.save(draft.id, "ktk", "nama", "Uji")
    closed.finish(draft.id)
    assert cards(closed)[0] == []


# any other --------------------------------------------------------------------------------------------------


def visited(state: str, made_ms: int, decided_ms: int = 0, **more: Any) -> tuple[str, dict[str, Any]]:
    versions = [{"change": CHANGE.hex(), "follows": None, "wall_ms": made_ms}]
    return "kunjungan", ROW | {"state": state, "versions": versions, "decided_ms": decided_ms} | more


def test_an_earlier_visit_of_the_same_person_hides_no_return(field: Field) -> None:
    field.visit()
    now_ms = field.time.now_ms()
    field.pull({VISIT: visited("dikembalikan", now_ms, now_ms + DAY_MS)})
    assert [card.subjek for card in cards(field)[0]] == [WARGA]
    field.time.pass_s(2 * DAY_MS // 1000)
    draft = field.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(draft, DraftView) and cards(field)[0] == [], "it stands among the drafts"
    field.fill(draft.id)
    field.finish(draft.id)
    assert cards(field)[0] == []


@pytest.mark.parametrize(
    ("made_ms", "more", "is_asked"),
    [(5, {}, False), (3, {}, True), (5, {"subjek": LATER}, True), (5, {"form": "kis"}, True)],
    ids=["since", "before", "somebody else", "another form"],
)
def test_whom_she_visited_anew_on_another_phone_is_not_asked_for_again(
    field: Field, made_ms: int, more: dict[str, Any], is_asked: bool
) -> None:
    field.pull({WARGA: ("warga", FIELDS), VISIT: visited("dikembalikan", 9, 4)})
    assert len(cards(field)[0]) == 1, "a clock that is ahead makes it none of after its own return"
    field.pull({LATER: visited("diterima", made_ms, **more)})
    assert len(cards(field)[0]) == is_asked


def test_a_correction_of_an_earlier_visit_to_the_same_person_is_no_new_one(field: Field) -> None:
    done = field.visit()
    now_ms = field.time.now_ms()
    row = ROW | {"versions": [{"change": done.change.hex()}]}
    back = {done.visit: ("kunjungan", row), VISIT: visited("dikembalikan", now_ms, now_ms + 1)}
    field.pull(back, acknowledged=field.store.head())
    field.time.pass_s(1)
    begun = field.visits.start_correction(done.visit)
    assert isinstance(begun, DraftView)
    field.finish(begun.id)
    assert [card.visit for card in cards(field)[0]] == [VISIT]


def test_a_visit_to_nobody_is_asked_for_until_it_was_made_anew(field: Field) -> None:
    field.pull({VISIT: visited("dikembalikan", 1, 2, form="pengaduan", subjek=None)})
    [card] = cards(field)[0]
    assert (card.form, card.subjek) == ("pengaduan", None)
    assert isinstance(field.visits.start(card.form, card.subjek, None), DraftView)
    assert cards(field)[0] == []


def test_the_card_says_why_the_visit_came_back(field: Field) -> None:
    why = {"reasons": {"bpnt_kpm.alamat": "Nama desa keliru"}, "note": "Datangi lagi"}
    field.pull({WARGA: ("warga", FIELDS), VISIT: visited("dikembalikan", 1, 2, **why)})
    [card] = cards(field)[0]
    told = field.visits.why_returned(card.visit or WARGA)
    assert told is not None and {"reasons": told.reasons, "note": told.note} == why
    field.pull({VISIT: visited("ditahan", 1, 2, **why)})
    assert field.visits.why_returned(VISIT) is None, "it is not asked for now"


def test_the_command_says_it_too(field: Field) -> None:
    why = {"reasons": {"bpnt_kpm.alamat": "Nama desa keliru"}}
    field.pull({WARGA: ("warga", FIELDS), VISIT: visited("dikembalikan", 1, 2, **why)})

    def unlock(_pin: str) -> None:
        return None

    worker = SimpleNamespace(status=SyncStatus)
    phone = SimpleNamespace(unlock=unlock, text=TEXT, visits=field.visits, worker=worker)
    said: list[str] = []
    assert Commands(cast("Phone", phone), said.append, lambda: 0).status("1") == 0
    assert any("Nama desa keliru" in line for line in said)


@pytest.mark.parametrize("subject", [WARGA, LATER], ids=["no role for it", "nobody here"])
def test_nobody_is_sent_where_she_may_not_go_or_to_whom_this_phone_does_not_know(
    field: Field, subject: RecordId
) -> None:
    field.pull({WARGA: ("warga", FIELDS), VISIT: visited("dikembalikan", 1, 2, subjek=subject)})
    if subject == WARGA:
        assert len(cards(field)[0]) == 1
        field.pull({RecordId(PERSON): ("petugas", {"peran": ["admin"]})})
    assert cards(field)[0] == []
