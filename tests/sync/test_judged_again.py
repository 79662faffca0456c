"""What was refused for want of knowledge is judged again by a program that knows more, once and for all."""

import msgspec
import pytest

from schemas.wire import Applied, Held, Rejected
from sync import again, applying
from sync.change import Content, Decide, Patch, Submit, read
from tests.contract.people import OpenRules, record_id
from tests.sync.regency import KEDEN, Regency, change_fields, garbage, outcome_of, visit

UNKNOWN = Rejected(problem="form_tidak_dikenal", field="formulir_baru")


class OldRules(OpenRules):
    """An office that does not know `formulir_baru` yet, nor the workflow `alur_baru`."""

    def check_submit(self, body: Submit) -> Rejected | None:
        return UNKNOWN if "formulir_baru" in body.forms else super().check_submit(body)


def judge(town: Regency, *entries) -> dict:
    names = [entry.link.change for entry in entries]
    outcomes = again.judge_again(town.office, names, town.caller, town.rules, town.now)
    town.office.commit()
    return outcomes


@pytest.fixture
def old(town: Regency) -> Regency:
    town.rules = OldRules()
    return town


def test_a_form_that_is_known_by_now_is_applied_and_its_phone_is_told(old: Regency) -> None:
    phone = old.enrol(10, KEDEN)
    entry = phone.do(visit(20, form="formulir_baru", blobs=("a" * 64,)))
    old.sync(phone)
    assert phone.store.outcomes[entry.link.change] == UNKNOWN and phone.sees(20) is None
    before = outcome_of(old, entry)
    assert judge(old, entry) == {} and outcome_of(old, entry) is before
    old.rules = OpenRules()
    assert isinstance(judge(old, entry)[entry.link.change], Applied)
    old.sync(phone)
    assert isinstance(phone.store.outcomes[entry.link.change], Applied)
    assert phone.sees(20)["state"] == "diterima"
    assert phone.store.wanted_blobs == ["a" * 64]


def test_what_waited_for_it_is_freed_in_the_same_breath(old: Regency) -> None:
    phone = old.enrol(10, KEDEN)
    first = phone.do(visit(20, form="formulir_baru"))
    second = phone.do(visit(20, follows=first.link.change))
    old.sync(phone)
    assert isinstance(outcome_of(old, second), Held)
    old.rules = OpenRules()
    judge(old, first)
    old.sync(phone)
    assert isinstance(phone.store.outcomes[second.link.change], Applied)
    assert phone.sees(20)["versi"] == 2


def test_a_content_that_could_not_be_read_is_read_by_a_newer_program(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reads_no_patch(raw: bytes) -> Content:
        content = read(raw)
        if isinstance(content.body, Patch) and content.body.kind == "warga":
            raise msgspec.ValidationError("a body of a later protocol")
        return content

    town.warga(1, pekerjaan="Tani")
    phone = town.enrol(10, KEDEN)
    monkeypatch.setattr(applying, "read", reads_no_patch)
    entry = phone.do(change_fields(1, {"pekerjaan": "Tani"}, pekerjaan="Buruh"))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="isi_tidak_terbaca")
    assert judge(town, entry) == {}
    monkeypatch.undo()
    judge(town, entry)
    assert town.office.record_table[record_id(1)].fields["pekerjaan"] == "Buruh"


def test_judging_twice_or_what_is_refused_for_another_reason_changes_nothing(old: Regency) -> None:
    old.warga(1)
    phone = old.enrol(10, KEDEN)
    raw = phone.store.append(*garbage())
    beyond = phone.do(change_fields(1, {}, desil=3))
    good = phone.do(visit(20))
    later = phone.do(visit(21, form="formulir_baru"))
    old.sync(phone)
    old.rules = OpenRules()
    judge(old, raw, beyond, good, later)
    device = phone.writer.device
    table, rows, told = dict(old.office.change_table), old.office.table, old.office.news(device, 0, 2**62)
    assert isinstance(table[later.link.change].outcome, Applied)
    assert table[raw.link.change].outcome == Rejected(problem="isi_tidak_terbaca")
    assert table[beyond.link.change].outcome == Rejected(problem="hanya_kantor", field="desil")
    assert told == [later.link.change]
    assert judge(old, raw, beyond, good, later) == {}
    assert (old.office.change_table, old.office.table) == (table, rows)
    assert old.office.news(device, 0, 2**62) == told


def test_what_is_named_in_any_order_is_judged_in_the_order_it_came_in(old: Regency) -> None:
    first, second = (old.enrol(seed, KEDEN) for seed in (10, 11))
    entries = [first.do(visit(20, form="formulir_baru")), second.do(visit(20, form="formulir_baru"))]
    for phone in (first, second):
        old.sync(phone)
    old.rules = OpenRules()
    judge(old, *reversed(entries))
    versions = [version["change"] for version in old.office.record_table[record_id(20)].fields["versions"]]
    assert versions == [entry.link.change.hex() for entry in entries]


def test_what_now_waits_is_held_and_told_so(old: Regency) -> None:
    phone = old.enrol(10, KEDEN)
    entry = phone.do(visit(20, form="formulir_baru", follows=b"x" * 32))
    old.sync(phone)
    assert outcome_of(old, entry) == UNKNOWN
    old.rules = OpenRules()
    judge(old, entry)
    old.sync(phone)
    assert phone.store.outcomes[entry.link.change] == Held(waiting=(b"x" * 32).hex())


def test_a_decision_on_a_visit_that_was_refused_takes_effect_after_it(old: Regency) -> None:
    phone = old.enrol(10, KEDEN)
    entry = phone.do(visit(20, form="formulir_baru"))
    old.sync(phone)
    decide = Decide(visit=record_id(20), follows=entry.link.change, decision="tahan", reasons={}, note="x")
    assert isinstance(old.act(decide), Held)
    old.rules = OpenRules()
    judge(old, entry)
    assert old.office.record_table[record_id(20)].fields["state"] == "ditahan"


def test_what_was_refused_for_what_it_says_stays_refused_whatever_the_rules_say_now(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = town.enrol(10, KEDEN)
    sealed = phone.do(visit(20, form="tertutup"))
    town.sync(phone)
    assert outcome_of(town, sealed) == Rejected(problem="harus_tersegel", field="tertutup")
    monkeypatch.setattr(OpenRules, "check_submit", lambda self, body: None)
    assert judge(town, sealed) == {}
    assert record_id(20) not in town.office.record_table
