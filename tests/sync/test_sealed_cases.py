"""Sealed cases from both ends: what moves them, who sees them, and how little."""

import msgspec
import pytest
from msgspec.structs import replace

from schemas.sealed import SEALED_KEY_BYTES
from schemas.wire import Applied, Conflict, Held, Rejected
from sync.change import Destroyed, Patch, SealedAdvance, SealedDecide, read, seal
from sync.losses import stub
from sync.scope import REFERENCE, UNIT_KEYS
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Regency, mine_part, outcome_of, visit
from tests.sync.sealed_things import (
    CASE,
    KODE,
    TASK,
    UNIT,
    VISIT,
    advance,
    case,
    container,
    decide,
    fields_of,
    head_of,
    look,
    note,
    notes,
    submit,
    task,
    worked,
    worker,
)


def test_a_phone_opens_a_case_and_visits_it(town: Regency) -> None:
    phone, change = worked(town)
    kasus, visit = fields_of(town, CASE), fields_of(town, VISIT)
    assert (kasus["state"], kasus["petugas"], kasus["flags"]) == ("dicatat", phone.writer.person, [])
    assert (visit["form"], visit["state"], visit["flags"]) == ("tersegel", "diterima", [])
    [version] = visit["versions"]
    assert (version["key"], version["number"], version["blob"]) == (UNIT, 1, container())
    assert "kode_desa" not in kasus | visit
    assert town.office.wanted(phone.writer.device, 9) == [container()]
    assert (phone.sees(CASE) or {})["kode"] == KODE
    assert change.hex() == version["change"]


def test_only_the_phone_of_its_petugas_sees_a_sealed_case(town: Regency) -> None:
    phone, _ = worked(town)
    colleague = worker(town, 11)
    town.sync(colleague)
    parts = {part for part, name in town.office.table if name in (record_id(CASE), record_id(VISIT))}
    assert parts == {mine_part(phone)}
    assert colleague.sees(CASE) is colleague.sees(VISIT) is None


def test_a_case_that_gets_another_petugas_goes_from_the_first_phone(town: Regency) -> None:
    phone, _ = worked(town)
    colleague = worker(town, 11)
    base, new = {"petugas": phone.writer.person}, {"petugas": colleague.writer.person}
    assert isinstance(town.act(Patch(record=record_id(CASE), kind="kasus", base=base, new=new)), Applied)
    town.sync(phone)
    town.sync(colleague)
    assert (phone.sees(CASE), (colleague.sees(CASE) or {})["kode"]) == (None, KODE)
    assert phone.sees(VISIT) is not None, "one's own work stays"


def test_its_steps_stay_at_the_office(town: Regency) -> None:
    phone, _ = worked(town)
    advance(town, head_of(town, CASE))
    town.sync(phone)
    seen = phone.sees(CASE) or {}
    assert seen["state"] == "ditangani"
    assert "history" not in seen


def test_a_step_moves_the_case_and_its_history_tells_no_answers(town: Regency) -> None:
    worked(town)
    assert isinstance(advance(town, head_of(town, CASE)), Applied)
    fields = fields_of(town, CASE)
    [entry] = fields["history"]
    assert (fields["state"], fields["due"]) == ("ditangani", "2026-12-01")
    assert entry.keys() == {"event", "from", "to", "by", "received_ms", "change"}
    assert entry["change"] == (head_of(town, CASE) or b"").hex()


def test_a_step_after_an_old_state_parks_without_what_it_says(town: Regency) -> None:
    worked(town)
    head = head_of(town, CASE)
    advance(town, head)
    parked = advance(town, head)
    assert isinstance(parked, Conflict)
    conflict = fields_of(town, parked.ids[0])
    assert conflict["fields"].keys() == {"event"}
    assert len(fields_of(town, CASE)["history"]) == 1


def test_a_step_that_the_workflow_does_not_know_is_refused(town: Regency) -> None:
    worked(town)
    refused = advance(town, head_of(town, CASE), "terbang")
    assert refused == Rejected(problem="langkah_tidak_boleh", field="terbang")


def test_reasons_reach_the_author_as_seals(town: Regency) -> None:
    phone, change = worked(town)
    said = [note(b"untuk unit"), note(b"untuk HP")]
    assert isinstance(decide(town, change, "kembalikan", notes=said), Applied)
    town.sync(phone)
    seen = phone.sees(VISIT) or {}
    assert (seen["state"], seen["reasons"], seen["note"]) == ("dikembalikan", {}, "")
    assert seen["notes"] == {"alasan": [[UNIT, b"untuk unit"], [UNIT, b"untuk HP"]]}


def test_a_correction_opens_the_visit_again_without_the_old_reasons(town: Regency) -> None:
    phone, change = worked(town)
    decide(town, change, "kembalikan", notes=[note()])
    town.sync(phone)
    phone.do(submit(follows=change, version=2, about="dua"))
    town.sync(phone)
    visit = fields_of(town, VISIT)
    assert (visit["state"], visit["versi"], visit["notes"]) == ("diterima", 2, {})
    assert [version["blob"] for version in visit["versions"]] == [container(), container("dua")]


def test_a_return_without_reasons_is_refused(town: Regency) -> None:
    _, change = worked(town)
    assert decide(town, change, "tolak") == Rejected(problem="alasan_wajib")


def test_nobody_decides_their_own_sealed_visit(town: Regency) -> None:
    phone, change = worked(town)
    assert decide(town, change, author=phone.writer.person) == Rejected(problem="kunjungan_sendiri")


def test_of_two_decisions_the_second_parks_without_its_reasons(town: Regency) -> None:
    _, change = worked(town)
    decide(town, change)
    second = decide(town, change, "tolak", notes=[note(b"mengapa")])
    assert isinstance(second, Conflict)
    conflict = fields_of(town, second.ids[0])
    assert conflict["fields"].keys() == {"state", "decided_by"}
    assert fields_of(town, VISIT)["state"] == "disetujui"


def test_a_sealed_task_moves_along_with_its_visit(town: Regency) -> None:
    phone, _ = worked(town)
    assert isinstance(town.act(task(phone)), Applied)
    town.act(notes(TASK, "tugas", b"ke mana dan kapan"))
    town.sync(phone)
    seen = phone.sees(TASK) or {}
    assert (seen["kode"], seen["notes"]) == (KODE, {"tugas": [[UNIT, b"ke mana dan kapan"]]})
    entry = phone.do(submit(70, tugas=TASK, about="tugas"))
    town.sync(phone)
    assert fields_of(town, TASK)["state"] == "dikirim"
    assert isinstance(decide(town, entry.link.change, number=70), Applied)
    assert fields_of(town, TASK)["state"] == "selesai"


def test_a_task_that_names_a_case_waits_until_it_is_known_whether_that_is_sealed(town: Regency) -> None:
    phone = worker(town)
    assert town.act(task(phone)) == Held(waiting=record_id(CASE))
    town.act(case())
    assert fields_of(town, TASK)["service"] == "ktkpm"


def test_a_note_takes_the_place_of_the_one_it_saw_and_moves_no_state(town: Regency) -> None:
    worked(town)
    head = head_of(town, CASE)
    town.act(notes(CASE, "catatan", b"satu"))
    seen = bytes.fromhex(fields_of(town, CASE)["notes_from"]["catatan"])
    town.act(notes(CASE, "catatan", b"dua", follows=seen))
    town.act(notes(CASE, "surat.1f", b"surat"))
    kept = {"catatan": [[UNIT, b"dua"]], "surat.1f": [[UNIT, b"surat"]]}
    assert fields_of(town, CASE)["notes"] == kept
    assert head_of(town, CASE) == head
    late = town.act(notes(CASE, "catatan", b"tiga", follows=seen))
    assert isinstance(late, Conflict)
    assert fields_of(town, late.ids[0])["fields"]["note"]["mine"] == "catatan"
    assert fields_of(town, CASE)["notes"] == kept


def test_a_note_that_is_empty_takes_away_what_stood_there(town: Regency) -> None:
    worked(town)
    town.act(notes(CASE, "catatan", b"satu"))
    seen = bytes.fromhex(fields_of(town, CASE)["notes_from"]["catatan"])
    town.act(notes(CASE, "catatan", follows=seen))
    assert fields_of(town, CASE)["notes"] == {}


def test_a_look_is_taken_down_and_moves_nothing(town: Regency) -> None:
    worked(town)
    before = town.office.record_table[record_id(CASE)]
    assert isinstance(town.act(look()), Applied)
    assert town.office.record_table[record_id(CASE)] == before


@pytest.mark.parametrize(
    "body",
    [
        SealedAdvance(kasus=record_id(CASE), follows=None, event="tangani", note=note()),
        SealedDecide(visit=record_id(VISIT), follows=bytes(32), decision="setujui", notes=[]),
        notes(CASE, "catatan", b"x"),
        look(),
        case(),
        Patch(record=record_id(CASE), kind="kasus", base={}, new={"petugas": None}),
    ],
    ids=["langkah", "keputusan", "catatan", "buka", "kasus yang ada", "petugas"],
)
def test_a_phone_never_moves_a_sealed_case(town: Regency, body: object) -> None:
    phone, _ = worked(town)
    before = town.office.record_table[record_id(CASE)]
    entry = phone.do(body)
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="hanya_kantor")
    assert town.office.record_table[record_id(CASE)] == before


def test_a_case_that_is_entered_again_stays_as_it_is(town: Regency) -> None:
    worked(town)
    before = fields_of(town, CASE)
    assert isinstance(town.act(case()), Applied)
    assert fields_of(town, CASE) == before


def test_a_phone_opens_cases_for_nobody_else(town: Regency) -> None:
    phone, other = worker(town), worker(town, 11)
    entry = phone.do(case(petugas=other.writer.person))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="hanya_kantor", field="petugas")


def test_a_case_from_outside_the_authors_services_is_kept_and_flagged(town: Regency) -> None:
    phone = town.enrol(12, KEDEN)
    phone.do(case())
    phone.do(submit())
    town.sync(phone)
    assert fields_of(town, CASE)["flags"] == ["di_luar_layanan"]
    assert fields_of(town, VISIT)["state"] == "diterima", "what was recorded is not lost"


def test_a_revoked_phones_case_is_kept_and_flagged(town: Regency) -> None:
    phone = worker(town)
    town.revoked.add(phone.writer.device)
    phone.do(case())
    phone.do(submit())
    town.sync(phone)
    assert fields_of(town, CASE)["flags"] == ["perangkat_dicabut"]
    assert "perangkat_dicabut" in fields_of(town, VISIT)["flags"]


def test_a_visit_by_somebody_without_the_case_stands_and_is_flagged(town: Regency) -> None:
    worked(town)
    other = worker(town, 11)
    other.do(submit(70, about="lain"))
    town.sync(other)
    assert fields_of(town, 70)["flags"] == ["bukan_petugas_kasus"]


@pytest.mark.parametrize(("state", "flags"), [("baru", []), ("batal", ["bukan_petugas_kasus"])])
def test_a_visit_for_an_open_task_is_of_somebody_who_cares_for_the_case(
    town: Regency, state: str, flags: list[str]
) -> None:
    worked(town)
    other = worker(town, 11)
    town.act(task(other))
    town.sync(other)
    town.act(Patch(record=record_id(TASK), kind="tugas", base={"state": "baru"}, new={"state": state}))
    other.do(submit(70, tugas=TASK, about="tugas"))
    town.sync(other)
    assert fields_of(town, 70)["flags"] == flags


def test_a_visit_waits_for_its_case(town: Regency) -> None:
    first, second = worker(town), worker(town, 11)
    entry = second.do(submit())
    town.sync(second)
    assert outcome_of(town, entry) == Held(waiting=record_id(CASE))
    first.do(case())
    town.sync(first)
    assert isinstance(outcome_of(town, entry), Applied)
    town.sync(second)
    assert isinstance(second.store.outcomes[entry.link.change], Applied)


def test_sealed_words_about_what_is_not_sealed_are_refused(town: Regency) -> None:
    phone = worker(town)
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN}
    town.act(Patch(record=record_id(CASE), kind="kasus", base={}, new=new))
    entry = phone.do(submit())
    town.sync(phone)
    refused = Rejected(problem="bukan_kasus_tersegel")
    assert outcome_of(town, entry) == refused
    assert advance(town, head_of(town, CASE)) == refused
    assert town.act(notes(CASE, "catatan", b"x")) == refused
    assert town.act(look()) == refused


def test_a_sealed_visit_names_no_task_of_somebody_else(town: Regency) -> None:
    phone = worker(town)
    phone.do(case())
    tugas = town.tugas(5, phone, town.warga(1))
    entry = phone.do(submit(tugas=5))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="tugas_kasus_lain")
    assert fields_of(town, tugas)["state"] == "baru"


def test_a_visit_never_changes_to_another_case(town: Regency) -> None:
    phone, change = worked(town)
    phone.do(case(63))
    entry = phone.do(submit(kasus=63, follows=change))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="bukan_kasus_tersegel")


def test_unit_keys_are_reference_for_every_phone(town: Regency) -> None:
    phone = town.enrol(12, KEDEN)
    new = {"identity": bytes(32), "keys": [b"one key"]}
    town.act(Patch(record=UNIT_KEYS, kind="referensi", base={}, new=new))
    town.sync(phone)
    assert phone.sees(UNIT_KEYS) == new
    assert (REFERENCE, UNIT_KEYS) in phone.store.table


def test_a_stub_keeps_what_order_needs_and_no_seal(town: Regency) -> None:
    writer = town.desk
    bodies = (
        replace(submit(), opened=b"k" * SEALED_KEY_BYTES),
        SealedDecide(visit=record_id(VISIT), follows=bytes(32), decision="tolak", notes=[note(b"jawaban")]),
        notes(CASE, "catatan"),
        SealedAdvance(kasus=record_id(CASE), follows=None, event="tangani", note=note(b"jawaban")),
        notes(CASE, "catatan", b"jawaban"),
        look(),
        case(petugas=writer.person),
    )
    for body in bodies:
        _, raw = writer.content(body)
        kept = read(stub(read(raw)))
        assert type(kept.body) is type(body)
        assert bool(getattr(kept.body, "notes", ())) == bool(getattr(body, "notes", ())), (
            "a return has a reason"
        )
        for secret in (b"jawaban", b"tersegel", container().encode(), KODE.encode(), UNIT, b"kkkk"):
            assert secret not in stub(read(raw))


def test_a_destroyed_case_takes_nothing_more_and_stays_sealed(town: Regency) -> None:
    phone, change = worked(town)
    gone = Destroyed(
        changes={change: b""}, blobs=[container()], records=[record_id(VISIT), record_id(CASE)], basis="BA 1"
    )
    town.act(gone)
    for name in (VISIT, CASE):
        assert fields_of(town, name)["dimusnahkan"] == "BA 1"
    assert advance(town, head_of(town, CASE)) == Rejected(problem="dimusnahkan")
    entry = phone.do(submit(70, about="lagi"))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="dimusnahkan")
    assert phone.sees(CASE) is None


@pytest.mark.parametrize(
    "other",
    [
        {"visit": "sutarmi"}, {"kasus": "sutarmi"}, {"tugas": "sutarmi"}, {"blob": "sutarmi"}, {"number": 0},
        {"size_bytes": 1_048_577}, {"size_bytes": 25 * 1024 * 1024}, {"key": b"sutarmi"},
        {"opened": b"sutarmi"},
    ],
    ids=str,
)  # fmt: skip
def test_what_a_sealed_visit_says_outside_has_no_room_for_words(town: Regency, other: dict) -> None:
    _, raw = town.desk.content(replace(submit(), **other))
    with pytest.raises(msgspec.ValidationError):
        read(raw)


@pytest.mark.parametrize(
    "name", ["sutarmi", "catatan.sutarmi", "catatan.", "surat.0G", "Surat", "surat.1f\n"]
)
def test_a_notes_name_has_no_room_for_words(town: Regency, name: str) -> None:
    _, raw = town.desk.content(notes(CASE, name, b"x"))
    with pytest.raises(msgspec.ValidationError):
        read(raw)


def test_a_sealed_change_reads_back_as_it_was_written(town: Regency) -> None:
    for body in (submit(), notes(CASE, "surat.0a", b"x"), look()):
        change, raw = town.desk.content(body)
        content = read(raw)
        assert content.body == body
        assert seal(content) == (change, raw)


def test_a_note_waits_for_its_task(town: Regency) -> None:
    phone, _ = worked(town)
    assert town.act(notes(TASK, "tugas", b"ke mana")) == Held(waiting=record_id(TASK))
    town.act(task(phone))
    assert fields_of(town, TASK)["notes"] == {"tugas": [[UNIT, b"ke mana"]]}


def test_nothing_is_said_in_plaintext_of_a_case_that_was_destroyed(town: Regency) -> None:
    phone, change = worked(town)
    town.act(Destroyed(changes={change: b""}, blobs=[], records=[record_id(CASE)], basis="BA 1"))
    entry = phone.do(visit(80, subject=record_id(CASE)))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="harus_tersegel")
