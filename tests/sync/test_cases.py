"""Cases and their steps."""

from schemas.ids import RecordId
from schemas.wire import Applied, Conflict, Rejected
from sync.change import Advance, Patch
from sync.digest import combine
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Regency, change_fields, visit


def started(town: Regency) -> RecordId:
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN, "subjek": record_id(1)}
    town.act(Patch(record=record_id(40), kind="kasus", base={}, new=new))
    return record_id(40)


def advance(town: Regency, follows: bytes | None, event: str = "tangani") -> object:
    return town.act(Advance(kasus=record_id(40), follows=follows, event=event, answers={}))


def test_a_case_starts_where_its_workflow_starts(town: Regency) -> None:
    started(town)
    assert town.office.record_table[record_id(40)].fields["state"] == "dicatat"


def test_an_unknown_workflow_is_refused(town: Regency) -> None:
    body = Patch(record=record_id(40), kind="kasus", base={}, new={"workflow": "lain"})
    assert town.act(body) == Rejected(problem="alur_tidak_dikenal", field="workflow")


def test_a_step_moves_the_case_and_leaves_a_trace(town: Regency) -> None:
    started(town)
    assert isinstance(advance(town, town.office.record_table[record_id(40)].head), Applied)
    fields = town.office.record_table[record_id(40)].fields
    assert (fields["state"], fields["due"], len(fields["history"])) == ("ditangani", "2026-12-01", 1)


def test_a_step_after_an_old_state_is_parked(town: Regency) -> None:
    started(town)
    head = town.office.record_table[record_id(40)].head
    advance(town, head)
    assert isinstance(advance(town, head), Conflict)
    assert len(town.office.record_table[record_id(40)].fields["history"]) == 1


def test_a_step_that_the_workflow_does_not_know_is_refused(town: Regency) -> None:
    started(town)
    refused = advance(town, town.office.record_table[record_id(40)].head, "terbang")
    assert refused == Rejected(problem="langkah_tidak_boleh", field="terbang")


def test_a_state_is_never_set_by_a_patch(town: Regency) -> None:
    started(town)
    body = Patch(record=record_id(40), kind="kasus", base={"state": "dicatat"}, new={"state": "x"})
    assert town.act(body) == Rejected(problem="status_lewat_alur", field="state")


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
