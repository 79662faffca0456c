"""Two peers joined by a link in one process: every test is an integration test of the sync core."""

import pytest
from msgspec.structs import replace

from schemas.ids import BlobId, RecordId
from schemas.wire import Applied, Conflict, Cursor, Held, Rejected
from sync.chain import Tip
from sync.change import Accessed, Advance, Decide, Patch, Resolve
from sync.client import Broken, Session, next_request, receive
from sync.digest import combine
from sync.intake import Malformed
from sync.server import receive as answer
from tests.contract.people import OpenRules, record_id
from tests.sync.regency import KEDEN, NOW, TROBAYAN, Regency, change_fields, visit


@pytest.fixture
def town() -> Regency:
    return Regency()


def outcome_of(town: Regency, entry) -> object:
    return town.office.change_table[entry.link.change].outcome


class TestPull:
    def test_a_first_sync_brings_the_area_and_ends_in_equal_digests(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.warga(2, TROBAYAN)
        effects = town.sync(phone)
        assert phone.sees(1) is not None
        assert phone.sees(2) is None
        assert not any(effect.diverged for effect in effects)
        ours = town.office.digests(phone.store.parts())
        assert ours == phone.store.digests(phone.store.parts())

    def test_a_quiet_sync_is_one_round_trip(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.sync(phone)
        assert len(town.sync(phone)) == 1

    def test_a_phone_without_a_task_sees_only_the_end_of_a_nik(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.sync(phone)
        seen = phone.sees(1)
        assert seen is not None
        assert seen["nik_akhir"] == "0001"
        assert "nik" not in seen

    def test_a_task_opens_the_full_record_and_its_end_closes_it_again(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        target = town.warga(1)
        tugas = town.tugas(5, phone, target)
        town.sync(phone)
        assert (phone.sees(1) or {}).get("nik") == "3314994107900001"
        town.act(Patch(record=tugas, kind="tugas", base={"state": "baru"}, new={"state": "selesai"}))
        town.sync(phone)
        assert "nik" not in (phone.sees(1) or {})

    def test_a_task_moved_to_a_colleague_moves_the_full_record_too(self, town: Regency) -> None:
        first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
        tugas = town.tugas(5, first, town.warga(1))
        town.sync(first)
        person = {"petugas": first.writer.person}
        moved = {"petugas": second.writer.person}
        town.act(Patch(record=tugas, kind="tugas", base=person, new=moved))
        town.sync(first)
        town.sync(second)
        assert first.sees(5) is None
        assert "nik" not in (first.sees(1) or {})
        assert "nik" in (second.sees(1) or {})

    def test_a_new_desa_is_caught_up_from_its_beginning(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.warga(2, TROBAYAN)
        town.sync(phone)
        town.act(
            Patch(
                record=RecordId(phone.writer.person),
                kind="petugas",
                base={"wilayah": [KEDEN]},
                new={"wilayah": [KEDEN, TROBAYAN]},
            )
        )
        town.sync(phone)
        assert phone.sees(2) is not None

    def test_a_desa_taken_away_leaves_the_phone(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN, TROBAYAN)
        town.warga(1)
        town.warga(2, TROBAYAN)
        town.sync(phone)
        base, new = {"wilayah": [KEDEN, TROBAYAN]}, {"wilayah": [KEDEN]}
        town.act(Patch(record=RecordId(phone.writer.person), kind="petugas", base=base, new=new))
        town.sync(phone)
        assert phone.sees(1) is not None
        assert phone.sees(2) is None

    def test_someone_who_moves_to_another_desa_leaves_a_tombstone(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.sync(phone)
        town.act(change_fields(1, {"kode_desa": KEDEN}, kode_desa=TROBAYAN))
        town.sync(phone)
        assert phone.sees(1) is None

    def test_small_pages_bring_the_same_as_one(self, town: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sync.server.PAGE_ROWS", 2)
        phone = town.enrol(10, KEDEN)
        for number in range(1, 8):
            town.warga(number)
        effects = town.sync(phone)
        assert len(effects) > 3
        assert all(phone.sees(number) for number in range(1, 8))

    def test_a_row_that_went_astray_is_found_and_fetched_again(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.warga(2)
        town.sync(phone)
        lost = next(key for key in phone.store.table if key[1] == record_id(1))
        del phone.store.table[lost]
        effects = town.sync(phone)
        assert any(effect.diverged for effect in effects)
        assert phone.sees(1) is not None
        assert len(town.sync(phone)) == 1

    def test_a_cursor_of_another_history_pulls_from_zero_and_keeps_own_work(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        entry = phone.do(change_fields(1, {"nama": "Warga 1"}, pekerjaan="tani"))
        town.sync(phone)
        other = Regency()
        other.desk.rng.seed(5)
        again = other.enrol(10, KEDEN)
        other.office._make_tag = lambda: b"another!"
        for number in (1, 2, 3, 4, 5, 6):
            other.warga(number)
        again.store = phone.store
        other.phones[phone.writer.device] = phone
        other.sync(phone)
        assert all(phone.sees(number) for number in (1, 2, 3, 4, 5, 6))
        assert other.office.change_table[entry.link.change].outcome == Applied(
            seq=other.office.change_table[entry.link.change].seq
        )


class TestPush:
    def test_an_offline_change_is_applied_and_acknowledged(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.sync(phone)
        entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
        town.sync(phone)
        assert town.office.record_table[record_id(1)].fields["rt"] == "003"
        assert phone.store.acknowledged() == Tip(counter=1, hash=entry.hash)
        assert isinstance(phone.store.outcomes[entry.link.change], Applied)

    def test_a_lost_answer_creates_no_duplicate(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        entry = phone.do(visit(20, record_id(1)))
        town.sync(phone, lose_answers=2)
        assert town.office.record_table[record_id(20)].fields["versi"] == 1
        assert isinstance(phone.store.outcomes[entry.link.change], Applied)

    def test_an_office_that_forgot_is_simply_sent_everything_again(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        entry = phone.do(visit(20, record_id(1)))
        town.sync(phone)
        fresh = Regency()
        fresh.enrol(10, KEDEN)
        fresh.phones[phone.writer.device] = phone
        fresh.warga(1)
        fresh.sync(phone)
        assert fresh.office.record_table[record_id(20)].fields["versions"][0]["change"] == (
            entry.link.change.hex()
        )

    def test_one_bad_change_never_blocks_the_rest(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        unreadable = phone.store.append(*_garbage())
        good = phone.do(change_fields(1, {"rt": None}, rt="003"))
        town.sync(phone)
        assert outcome_of(town, unreadable) == Rejected(problem="isi_tidak_terbaca")
        assert isinstance(outcome_of(town, good), Applied)
        assert town.office.contents([unreadable.link.change]) != {}

    def test_what_depends_on_a_refused_change_waits(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        refused = phone.do(visit(20, form="tertutup"))
        waits = phone.do(visit(20, follows=refused.link.change))
        town.sync(phone)
        assert outcome_of(town, refused) == Rejected(problem="harus_tersegel", field="tertutup")
        assert outcome_of(town, waits) == Held(waiting=refused.link.change.hex())

    def test_a_change_written_in_another_persons_name_is_refused(self, town: Regency) -> None:
        phone, other = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
        town.warga(1)
        entry = phone.do(change_fields(1, {}, rt="003"), author=other.writer.person)
        town.sync(phone)
        assert outcome_of(town, entry) == Rejected(problem="penulis_bukan_pemilik_perangkat")

    @pytest.mark.parametrize(
        "body",
        [
            Patch(record=record_id(30), kind="petugas", base={}, new={"peran": ["admin"]}),
            Decide(visit=record_id(20), follows=bytes(32), decision="setujui", reasons={}, note=""),
            Resolve(conflict=record_id(20), follows=bytes(32), values={}),
            Accessed(subject=record_id(1), purpose="x"),
        ],
    )
    def test_what_only_the_office_may_do_is_refused_from_a_phone(self, town: Regency, body) -> None:
        phone = town.enrol(10, KEDEN)
        entry = phone.do(body)
        town.sync(phone)
        assert outcome_of(town, entry) == Rejected(problem="hanya_kantor")

    def test_blobs_named_by_a_visit_are_wanted_until_they_arrive(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        photo = "a" * 64
        phone.do(visit(20, blobs=(photo,)))
        town.sync(phone)
        assert phone.store.wanted_blobs == [photo]
        town.office.blobs.add(BlobId(photo))
        town.sync(phone)
        assert phone.store.wanted_blobs == []

    def test_many_changes_go_in_several_requests(
        self, town: Regency, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sync.client.PUSH_BYTES", 600)
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        for number in range(12):
            phone.do(change_fields(1, {"rt": str(number - 1) if number else None}, rt=str(number)))
        effects = town.sync(phone)
        assert len(effects) > 2
        assert town.office.record_table[record_id(1)].fields["rt"] == "11"


class TestChains:
    def test_a_restored_phone_goes_on_as_a_branch_and_both_stand(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        first = phone.do(visit(20, record_id(1)))
        before = dict(phone.store.links)
        second = phone.do(visit(21, record_id(1)))
        town.sync(phone)
        phone.store.links = before
        third = phone.do(visit(22, record_id(1)))
        town.sync(phone)
        assert third.link.prev == second.link.prev == first.hash
        tips = {tip.hash for tip in town.office.tips(phone.writer.device)}
        assert tips == {second.hash, third.hash}
        assert all(record_id(number) in town.office.record_table for number in (20, 21, 22))

    def test_links_above_a_gap_are_held_and_applied_when_it_is_filled(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        entries = [phone.do(visit(number, record_id(1))) for number in (20, 21, 22)]
        late = _push(town, phone, entries[1:])
        assert [result.outcome for result in late.results] == [Held(waiting=entries[0].hash.hex())] * 2
        assert late.known == []
        _push(town, phone, entries[:1])
        assert all(record_id(number) in town.office.record_table for number in (20, 21, 22))
        assert [tip.hash for tip in town.office.tips(phone.writer.device)] == [entries[2].hash]

    def test_a_repeat_answers_the_outcome_as_it_now_stands(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        entries = [phone.do(visit(number)) for number in (20, 21)]
        _push(town, phone, entries[1:])
        _push(town, phone, entries[:1])
        again = _push(town, phone, entries[1:])
        assert isinstance(again.results[0].outcome, Applied)

    def test_a_wrong_signature_is_refused_whole(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        phone.do(visit(20))
        request = next_request(phone.store, Session())
        assert request is not None
        assert _refused(town, replace(request, signature=bytes(64))) == Malformed(
            problem="tanda_tangan_salah"
        )
        assert town.office.entries(phone.writer.device, 0, 9) == []

    def test_links_that_do_not_follow_each_other_are_refused(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        entries = [phone.do(visit(number)) for number in (20, 21, 22)]
        request = _request(phone, [entries[0], entries[2]])
        assert _refused(town, request) == Malformed(problem="rantai_putus")

    def test_another_devices_link_is_refused(self, town: Regency) -> None:
        phone, thief = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
        entry = phone.do(visit(20))
        request = replace(_request(phone, [entry]), device=thief.writer.device)
        assert _refused(town, request) == Malformed(problem="tautan_perangkat_lain")

    def test_a_link_without_its_content_is_refused(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        request = replace(_request(phone, [phone.do(visit(20))]), contents=[])
        assert _refused(town, request) == Malformed(problem="isi_kurang")

    def test_another_protocol_is_refused_by_name(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        request = replace(_request(phone, []), protocol=99)
        assert _refused(town, request) == Malformed(problem="versi_protokol")

    def test_an_answer_to_another_question_is_not_stored(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        request = next_request(phone.store, Session())
        assert request is not None
        response = replace(town.answer(request), start=Cursor(seq=3, tag=b"x" * 8))
        assert receive(phone.store, Session(), request, response) == Broken(problem="jawaban_tidak_cocok")
        assert phone.sees(1) is None


class TestConflicts:
    def test_a_third_value_is_parked_and_shown_to_its_author(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.sync(phone)
        town.act(change_fields(1, {"nama": "Warga 1"}, nama="Sutarmi"))
        entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Sutarni", rt="001"))
        town.sync(phone)
        outcome = outcome_of(town, entry)
        assert isinstance(outcome, Conflict)
        fields = town.office.record_table[record_id(1)].fields
        assert (fields["nama"], fields["rt"]) == ("Sutarmi", "001")
        seen = phone.sees(outcome.ids[0])
        assert seen is not None
        assert seen["fields"] == {"nama": {"base": "Warga 1", "theirs": "Sutarmi", "mine": "Sutarni"}}
        assert seen["state"] == "menunggu"

    def parked(self, town: Regency):
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.act(change_fields(1, {"nama": "Warga 1"}, nama="Sutarmi"))
        entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Sutarni"))
        town.sync(phone)
        outcome = outcome_of(town, entry)
        assert isinstance(outcome, Conflict)
        return phone, town.office.record_table[outcome.ids[0]]

    def test_a_resolution_sets_the_value_and_closes_the_conflict(self, town: Regency) -> None:
        phone, conflict = self.parked(town)
        assert conflict.head is not None
        done = town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={"nama": "Sutarni"}))
        assert isinstance(done, Applied)
        record = town.office.record_table[record_id(1)]
        assert (record.fields["nama"], record.parked) == ("Sutarni", {})
        town.sync(phone)
        assert (phone.sees(conflict.id) or {})["state"] == "selesai"

    def test_a_resolution_from_a_stale_page_is_parked_itself(self, town: Regency) -> None:
        _, conflict = self.parked(town)
        assert conflict.head is not None
        town.act(change_fields(1, {"nama": "Sutarmi"}, nama="Suratmi"))
        done = town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={"nama": "Sutarmi"}))
        assert isinstance(done, Conflict)
        now = town.office.record_table[conflict.id]
        assert now.fields["state"] == "menunggu"
        assert now.fields["fields"]["nama"]["theirs"] == "Suratmi"
        assert town.office.record_table[record_id(1)].fields["nama"] == "Suratmi"

    def test_a_further_change_of_the_branch_replaces_its_parked_value(self, town: Regency) -> None:
        phone, conflict = self.parked(town)
        phone.do(change_fields(1, {"nama": "Sutarni"}, nama="Sutarnih"))
        town.sync(phone)
        now = town.office.record_table[conflict.id]
        assert now.fields["fields"]["nama"]["mine"] == "Sutarnih"
        assert town.office.record_table[record_id(1)].fields["nama"] == "Sutarmi"

    def test_an_open_conflict_is_not_forgotten_by_a_clean_sync(self, town: Regency) -> None:
        phone, conflict = self.parked(town)
        phone.do(change_fields(1, {"rt": None}, rt="009"))
        town.sync(phone)
        assert town.office.record_table[conflict.id].fields["state"] == "menunggu"
        assert (phone.sees(conflict.id) or {})["state"] == "menunggu"

    def test_a_change_to_a_deleted_record_is_parked(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.act(change_fields(1, {}, dihapus=True))
        entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
        town.sync(phone)
        outcome = outcome_of(town, entry)
        assert isinstance(outcome, Conflict)
        assert town.office.record_table[outcome.ids[0]].fields["reason"] == "dihapus"

    def test_a_change_to_a_merged_record_is_shown_on_the_survivor(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(1)
        town.warga(2)
        town.act(change_fields(1, {}, digabung_ke=record_id(2)))
        entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
        town.sync(phone)
        outcome = outcome_of(town, entry)
        assert isinstance(outcome, Conflict)
        assert town.office.record_table[outcome.ids[0]].fields["record"] == record_id(2)

    def test_work_outside_the_area_is_kept_for_review_without_showing_values(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(2, TROBAYAN, nama="Rahasia")
        entry = phone.do(change_fields(2, {}, nama="Baru"))
        town.sync(phone)
        outcome = outcome_of(town, entry)
        assert isinstance(outcome, Conflict)
        seen = phone.sees(outcome.ids[0])
        assert seen is not None
        assert seen["fields"]["nama"] == {"base": None, "theirs": None, "mine": "Baru"}
        assert town.office.record_table[record_id(2)].fields["nama"] == "Rahasia"


class TestVisits:
    def submitted(self, town: Regency):
        phone = town.enrol(10, KEDEN)
        target = town.warga(1)
        tugas = town.tugas(5, phone, target)
        entry = phone.do(visit(20, target, tugas))
        town.sync(phone)
        return phone, entry

    def decide(self, town: Regency, follows: bytes, decision: str = "setujui", **more) -> object:
        reasons = more.get("reasons", {})
        body = Decide(visit=record_id(20), follows=follows, decision=decision, reasons=reasons, note="")
        return town.act(body, more.get("author"))

    def test_an_approval_reaches_the_phone_and_closes_the_task(self, town: Regency) -> None:
        phone, entry = self.submitted(town)
        assert (phone.sees(5) or {})["state"] == "dikirim"
        assert isinstance(self.decide(town, entry.link.change), Applied)
        town.sync(phone)
        assert (phone.sees(20) or {})["state"] == "disetujui"
        assert (phone.sees(5) or {})["state"] == "selesai"

    def test_a_return_carries_its_reasons_to_the_phone(self, town: Regency) -> None:
        phone, entry = self.submitted(town)
        reasons = {"bpnt_kpm.penyalur": "Kartu di foto adalah kartu BNI"}
        self.decide(town, entry.link.change, "kembalikan", reasons=reasons)
        town.sync(phone)
        seen = phone.sees(20)
        assert seen is not None
        assert (seen["state"], seen["reasons"]) == ("dikembalikan", reasons)

    def test_a_return_without_a_reason_is_refused(self, town: Regency) -> None:
        _, entry = self.submitted(town)
        assert self.decide(town, entry.link.change, "kembalikan") == Rejected(problem="alasan_wajib")

    def test_nobody_decides_their_own_visit(self, town: Regency) -> None:
        phone, entry = self.submitted(town)
        author = phone.writer.person
        assert self.decide(town, entry.link.change, author=author) == Rejected(problem="kunjungan_sendiri")

    def test_a_correction_is_a_further_version(self, town: Regency) -> None:
        phone, entry = self.submitted(town)
        self.decide(town, entry.link.change, "kembalikan", reasons={"x": "y"})
        town.sync(phone)
        phone.do(visit(20, record_id(1), record_id(5), follows=entry.link.change))
        town.sync(phone)
        fields = town.office.record_table[record_id(20)].fields
        assert (fields["versi"], fields["state"], fields["reasons"]) == (2, "diterima", {})
        assert "cabang" not in fields["flags"]

    def test_two_versions_after_one_parent_both_stand_and_are_flagged(self, town: Regency) -> None:
        phone, entry = self.submitted(town)
        for _ in range(2):
            phone.do(visit(20, record_id(1), follows=entry.link.change))
        town.sync(phone)
        fields = town.office.record_table[record_id(20)].fields
        assert (fields["versi"], fields["flags"]) == (3, ["cabang"])

    def test_of_two_decisions_from_one_state_the_second_is_parked(self, town: Regency) -> None:
        _, entry = self.submitted(town)
        self.decide(town, entry.link.change)
        second = self.decide(town, entry.link.change, "tolak", reasons={"x": "y"})
        assert isinstance(second, Conflict)
        assert town.office.record_table[record_id(20)].fields["state"] == "disetujui"
        parked = town.office.record_table[second.ids[0]].fields
        assert (parked["reason"], parked["fields"]["state"]["mine"]) == ("mundur", "ditolak")

    def test_a_decision_on_an_older_version_is_parked(self, town: Regency) -> None:
        phone, entry = self.submitted(town)
        phone.do(visit(20, record_id(1), follows=entry.link.change))
        town.sync(phone)
        assert isinstance(self.decide(town, entry.link.change), Conflict)

    def test_a_visit_outside_the_area_stands_and_is_flagged(self, town: Regency) -> None:
        phone = town.enrol(10, KEDEN)
        town.warga(2, TROBAYAN)
        phone.do(visit(20, record_id(2)))
        town.sync(phone)
        assert town.office.record_table[record_id(20)].fields["flags"] == ["di_luar_wilayah"]


class TestCases:
    def started(self, town: Regency) -> RecordId:
        new = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN, "subjek": record_id(1)}
        town.act(Patch(record=record_id(40), kind="kasus", base={}, new=new))
        return record_id(40)

    def advance(self, town: Regency, follows: bytes | None, event: str = "tangani") -> object:
        return town.act(Advance(kasus=record_id(40), follows=follows, event=event, answers={}))

    def test_a_case_starts_where_its_workflow_starts(self, town: Regency) -> None:
        self.started(town)
        assert town.office.record_table[record_id(40)].fields["state"] == "dicatat"

    def test_an_unknown_workflow_is_refused(self, town: Regency) -> None:
        body = Patch(record=record_id(40), kind="kasus", base={}, new={"workflow": "lain"})
        assert town.act(body) == Rejected(problem="alur_tidak_dikenal", field="workflow")

    def test_a_step_moves_the_case_and_leaves_a_trace(self, town: Regency) -> None:
        self.started(town)
        assert isinstance(self.advance(town, town.office.record_table[record_id(40)].head), Applied)
        fields = town.office.record_table[record_id(40)].fields
        assert (fields["state"], fields["due"], len(fields["history"])) == ("ditangani", "2026-12-01", 1)

    def test_a_step_after_an_old_state_is_parked(self, town: Regency) -> None:
        self.started(town)
        head = town.office.record_table[record_id(40)].head
        self.advance(town, head)
        assert isinstance(self.advance(town, head), Conflict)
        assert len(town.office.record_table[record_id(40)].fields["history"]) == 1

    def test_a_step_that_the_workflow_does_not_know_is_refused(self, town: Regency) -> None:
        self.started(town)
        refused = self.advance(town, town.office.record_table[record_id(40)].head, "terbang")
        assert refused == Rejected(problem="langkah_tidak_boleh", field="terbang")

    def test_a_state_is_never_set_by_a_patch(self, town: Regency) -> None:
        self.started(town)
        body = Patch(record=record_id(40), kind="kasus", base={"state": "dicatat"}, new={"state": "x"})
        assert town.act(body) == Rejected(problem="status_lewat_alur")


def test_the_same_changes_in_the_same_order_give_the_same_office() -> None:
    def run() -> bytes:
        town = Regency()
        phone = town.enrol(10, KEDEN)
        tugas = town.tugas(5, phone, town.warga(1))
        phone.do(visit(20, record_id(1), tugas))
        phone.do(change_fields(1, {}, rt="002"))
        town.sync(phone)
        return combine(list(town.office.digests(phone.store.parts()).values()))

    assert run() == run() != bytes(16)


def _garbage() -> tuple[bytes, bytes]:
    from sync.change import change_id

    raw = b"\xc1 this is no content"
    return change_id(raw), raw


def _request(phone, entries):
    request = next_request(phone.store, Session())
    assert request is not None
    head = phone.writer.key.sign(b"sambang head v1\0" + entries[-1].hash) if entries else b""
    return replace(
        request,
        links=[entry.raw_link for entry in entries],
        contents=[entry.content for entry in entries],
        signature=head,
    )


def _push(town: Regency, phone, entries):
    return town.answer(_request(phone, entries))


def _refused(town: Regency, request) -> object:
    return answer(
        town.office,
        request,
        caller=town.caller(request.device),
        callers=town.caller,
        rules=OpenRules(),
        office_head=bytes(32),
        now_ms=NOW,
    )
