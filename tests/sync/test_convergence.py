"""Random work on two phones and at the office ends in agreement, with nothing dropped."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.base import decode
from schemas.wire import Applied, Conflict
from sync.change import Decide, Patch
from sync.scope import views
from sync.store import Entry
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, TROBAYAN, Phone, Regency, change_fields, visit

phones = st.sampled_from([0, 1])
people = st.sampled_from([1, 2])
fields = st.sampled_from(["nama", "rt", "penyalur", "no_kks"])
values = st.sampled_from(["a", "b", "c"])
visits = st.sampled_from([20, 21])


class TwoPhones(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.town = Regency()
        self.phones = [self.town.enrol(10, KEDEN), self.town.enrol(11, KEDEN, TROBAYAN)]
        for number in (1, 2):
            self.town.warga(number)
        self.written: list[tuple[Phone, Entry]] = []
        for phone in self.phones:
            self.town.sync(phone)

    @rule(phone=phones, person=people, field=fields, value=values)
    def edit_offline(self, phone: int, person: int, field: str, value: str) -> None:
        one = self.phones[phone]
        seen = (one.sees(person) or {}).get(field)
        self.written.append((one, one.do(change_fields(person, {field: seen}, **{field: value}))))

    @rule(person=people, field=fields, value=values)
    def edit_at_the_office(self, person: int, field: str, value: str) -> None:
        now = self.town.office.record_table[record_id(person)].fields.get(field)
        self.town.act(change_fields(person, {field: now}, **{field: value}))

    @rule(phone=phones, number=visits, person=people)
    def finalise_a_visit(self, phone: int, number: int, person: int) -> None:
        one = self.phones[phone]
        entry = one.do(visit(number * 10 + phone, record_id(person)))
        self.written.append((one, entry))

    @rule(number=visits, phone=phones, good=st.booleans())
    def decide(self, number: int, phone: int, good: bool) -> None:
        known = self.town.office.record_table.get(record_id(number * 10 + phone))
        if known is not None and known.head is not None:
            decision = "setujui" if good else "kembalikan"
            self.town.act(
                Decide(visit=known.id, follows=known.head, decision=decision, reasons={}, note="kurang jelas")
            )

    @rule(phone=phones, person=people)
    def give_a_task(self, phone: int, person: int) -> None:
        number = 50 + phone * 10 + person
        if record_id(number) not in self.town.office.record_table:
            self.town.tugas(number, self.phones[phone], record_id(person))

    @rule(phone=phones, person=people, done=st.booleans())
    def close_or_open_a_task(self, phone: int, person: int, done: bool) -> None:
        known = self.town.office.record_table.get(record_id(50 + phone * 10 + person))
        if known is not None:
            state = "selesai" if done else "baru"
            base = {"state": known.fields["state"]}
            self.town.act(Patch(record=known.id, kind="tugas", base=base, new={"state": state}))

    @rule(person=people, desa=st.sampled_from([KEDEN, TROBAYAN]))
    def move_house(self, person: int, desa: str) -> None:
        now = self.town.office.record_table[record_id(person)].fields["kode_desa"]
        self.town.act(change_fields(person, {"kode_desa": now}, kode_desa=desa))

    @rule(phone=phones, lost=st.integers(0, 2))
    def sync(self, phone: int, lost: int) -> None:
        self.town.sync(self.phones[phone], lose_answers=lost)

    @invariant()
    def nothing_waits_in_two_places(self) -> None:
        for record in self.town.office.record_table.values():
            for conflict in record.parked.values():
                assert self.town.office.record_table[conflict].fields["state"] == "menunggu"

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        for phone in (*self.phones, *self.phones):
            assert not any(effect.diverged for effect in self.town.sync(phone))
        for phone in self.phones:
            parts = phone.store.parts()
            assert phone.store.digests(parts) == self.town.office.digests(parts)
            held = {key: decode(row.body, dict) for key, row in phone.store.table.items()}
            shown = {
                (part, record.id): fields
                for record in self.town.office.record_table.values()
                for part, fields in views(record).items()
                if part in parts
            }
            assert held == shown
        for phone, entry in self.written:
            outcome = self.town.office.change_table[entry.link.change].outcome
            assert isinstance(outcome, Applied | Conflict)
            assert phone.store.outcomes[entry.link.change] == outcome


TwoPhones.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_two_phones_and_an_office_agree = TwoPhones.TestCase
