"""The conflict and case lists: what a choice writes, who sees what, and counts that are true."""

import secrets
from collections.abc import Iterator
from datetime import date

import pytest
from msgspec.structs import replace

from schemas.ids import PersonId, RecordId
from server import projections
from server.access import Person, Role
from server.services import cases as cases_module
from server.services import conflicts as conflicts_module
from server.services.conflicts import ConflictView
from server.services.people import Denied
from server.services.review import Decided, NotThere, Stale
from server.web.building import build_site
from sync.change import Decide, Patch
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

TODAY = date(2026, 11, 20)


class Desk:
    """An office with the use cases behind its pages."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.site = build_site(office.deps)
        self.conflicts, self.cases = self.site.conflicts, self.site.cases

    def person(self, name: str) -> Person:
        return self.office.person(name)

    def somebody(self, role: Role, areas: tuple[str, ...] = (), services: tuple[str, ...] = ()) -> Person:
        return Person(
            id=PersonId(secrets.token_hex(16)), nama="X", roles=(role,), areas=areas, services=services
        )

    def patch(self, record: RecordId, kind: str, new: dict[str, object]) -> None:
        now = self.office.fields(record) if self.has(record) else {}
        base = {name: now.get(name) for name in new} if now else {}
        office = self.office.deps.office
        office.act(office.person, Patch(record=record, kind=kind, base=base, new=new))

    def has(self, record: RecordId) -> bool:
        return self.office.deps.engine.read(lambda tx: projections.finder(tx)(record)) is not None

    def conflict_about(self, record: RecordId) -> RecordId:
        found = self.office.deps.engine.read(
            lambda tx: tx.query(
                "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND about = :about"
                " AND state = 'menunggu'",
                {"about": record},
            )
        )
        assert len(found) == 1
        return RecordId(found[0][0])

    def view(self, conflict: RecordId, person: Person) -> ConflictView:
        found = self.conflicts.open(person, conflict)
        assert isinstance(found, ConflictView), found
        return found

    def choose(self, conflict: RecordId, **choices: str) -> Decided | Stale:
        kabid = self.person("kabid")
        outcome = self.conflicts.resolve(kabid, conflict, self.view(conflict, kabid).seen, choices)
        assert isinstance(outcome, Decided | Stale)
        return outcome


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office = open_at(tmp_path_factory.mktemp("desk"))
    yield Desk(office)
    shut(office)


def field_conflict(desk: Desk, desa: str = DESA, **more: object) -> tuple[RecordId, RecordId]:
    """A phone of DESA changes what it may not change by itself, or what is another value by now."""
    warga = desk.office.add_warga("Nama Kantor", desa)
    new = {"nama": "Nama Lapangan", **more}
    desk.office.phone.push(Patch(record=warga, kind="warga", base={"nama": "Nama Semula"}, new=new))
    return warga, desk.conflict_about(warga)


@pytest.mark.parametrize("side", ["theirs", None])
def test_keeping_the_offices_value_of_a_far_record_writes_nothing(desk: Desk, side: str | None) -> None:
    warga, conflict = field_conflict(desk, ELSEWHERE, alamat="Dukuh Lapangan")
    before = desk.office.fields(warga)
    shown = desk.view(conflict, desk.person("kabid"))
    assert shown.choices[0].fields[0].theirs == "Nama Kantor"
    choices = {choice.key: side for choice in shown.choices if side}
    assert desk.choose(conflict, **choices) == Decided()
    assert desk.office.fields(warga) == before
    assert desk.office.fields(conflict)["values"] == {}


def test_the_offices_newer_value_of_a_deleted_record_is_shown_and_kept(desk: Desk) -> None:
    warga = desk.office.add_warga("Nama Kantor", DESA)
    desk.patch(warga, "warga", {"dihapus": True})
    desk.office.phone.push(
        Patch(record=warga, kind="warga", base={"nama": "Nama Kantor"}, new={"nama": "Dari Lapangan"})
    )
    conflict = desk.conflict_about(warga)
    desk.patch(warga, "warga", {"dihapus": True, "nama": "Nama Terbaru"})
    [choice] = desk.view(conflict, desk.person("kabid")).choices
    assert choice.fields[0].theirs == "Nama Terbaru"
    assert desk.choose(conflict, nama="theirs") == Decided()
    assert desk.office.fields(warga)["nama"] == "Nama Terbaru"


def test_a_choice_made_before_the_office_changed_the_value_is_not_taken(desk: Desk) -> None:
    warga, conflict = field_conflict(desk, ELSEWHERE)
    kabid = desk.person("kabid")
    seen = desk.view(conflict, kabid).seen
    desk.patch(warga, "warga", {"nama": "Nama Baru Kantor"})
    assert desk.conflicts.resolve(kabid, conflict, seen, {"nama": "mine"}) == Stale()
    assert desk.office.fields(warga)["nama"] == "Nama Baru Kantor"


def test_a_choice_about_a_record_that_was_made_meanwhile_is_not_taken(desk: Desk) -> None:
    warga = RecordId(secrets.token_hex(16))
    new: dict[str, object] = {"nama": "Dari Lapangan", "kode_desa": ELSEWHERE, "layanan": ["bpnt"]}
    desk.office.phone.push(Patch(record=warga, kind="warga", base={}, new=new))
    conflict, kabid = desk.conflict_about(warga), desk.person("kabid")
    seen = desk.view(conflict, kabid).seen
    desk.patch(warga, "warga", {"nama": "Dari Kantor", "kode_desa": ELSEWHERE, "layanan": ["bpnt"]})
    assert desk.conflicts.resolve(kabid, conflict, seen, {"nama": "mine"}) == Stale()
    assert desk.office.fields(warga)["nama"] == "Dari Kantor"


def test_fields_that_belong_together_are_chosen_together(desk: Desk) -> None:
    warga, conflict = field_conflict(desk, ELSEWHERE, alamat="Dukuh Lapangan", rt="009", rw="008")
    shown = desk.view(conflict, desk.person("kabid"))
    groups = {choice.key: {field.name for field in choice.fields} for choice in shown.choices}
    assert sorted(map(sorted, groups.values())) == [["alamat", "rt", "rw"], ["nama"]]
    [key] = [key for key, names in groups.items() if "rt" in names]
    assert desk.choose(conflict, **{key: "mine"}) == Decided()
    after = desk.office.fields(warga)
    assert (after["alamat"], after["rt"], after["rw"]) == ("Dukuh Lapangan", "009", "008")
    assert after["nama"] == "Nama Kantor"


def test_what_the_author_did_not_say_they_saw_cannot_be_gone_back_to(desk: Desk) -> None:
    warga, conflict = field_conflict(desk, ELSEWHERE, alamat="Dukuh Lapangan")
    desk.patch(warga, "warga", {"alamat": "Dukuh Kantor"})
    assert desk.choose(conflict, alamat="base", nama="base") == Decided()
    after = desk.office.fields(warga)
    assert after["alamat"] == "Dukuh Kantor" and after["nama"] == "Nama Semula"


def test_conflicts_elsewhere_do_not_hide_ones_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflicts_module, "MOST", 1)
    for _ in range(3):
        field_conflict(desk, ELSEWHERE)
    warga, conflict = field_conflict(desk, "33.14.01.2002")
    near = desk.somebody("verifikator", ("33.14.01.2002",), ("bpnt",))
    found = desk.conflicts.all(near)
    assert [each.id for each in found.shown] == [conflict]
    assert found.total == desk.conflicts.count(near) == 1
    # whoever sees the other desa is told how many more there are
    far = desk.somebody("verifikator", (ELSEWHERE,), ("bpnt",))
    listed = desk.conflicts.all(far)
    assert len(listed.shown) == 1 and listed.total == desk.conflicts.count(far) >= 3
    # a conflict moves with the record that it is about
    desk.patch(warga, "warga", {"kode_desa": ELSEWHERE})
    assert desk.conflicts.count(near) == 0 and desk.conflicts.count(far) == listed.total + 1


def test_a_sealed_conflict_is_counted_for_those_whose_work_it_is_and_shown_to_nobody(desk: Desk) -> None:
    warga = RecordId(secrets.token_hex(16))
    fields: dict[str, object] = {"nama": "Nama Tertutup", "kode_desa": DESA, "layanan": ["ktkpm"]}
    desk.patch(warga, "warga", fields)
    desk.office.phone.push(Patch(record=warga, kind="warga", base={"nama": "X"}, new={"nama": "Y"}))
    conflict = desk.conflict_about(warga)
    reader = desk.somebody("kabid", services=("ktkpm",))
    found = desk.conflicts.all(reader)
    assert (found.sealed, found.total, found.shown) == (1, 0, ())
    assert not isinstance(desk.conflicts.open(reader, conflict), ConflictView)
    assert desk.conflicts.all(desk.somebody("kabid", services=("bpnt",))).sealed == 0
    assert desk.conflicts.all(desk.somebody("verifikator", (ELSEWHERE,), ("ktkpm",))).sealed == 0


def test_cases_that_are_over_or_elsewhere_take_no_place_in_the_list(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases_module, "MOST", 2)
    workflow = desk.office.deps.workflows.get("bpnt_masalah")
    final = next(state for state, about in workflow.states.items() if about.final)
    opened = [open_case(desk, DESA), open_case(desk, DESA)]
    for _ in range(3):
        open_case(desk, ELSEWHERE)
    over = open_case(desk, DESA)
    close(desk, over, f"bpnt_masalah:{workflow.version}:{final}")
    near = desk.somebody("verifikator", (DESA,), ("bpnt",))
    found = desk.cases.all(near, TODAY)
    assert {case.id for case in found.shown} == set(opened)
    assert (found.total, 0) == desk.cases.count(near, TODAY) and found.total == 2
    assert desk.cases.count(desk.somebody("verifikator", (DESA,), ("kis",)), TODAY) == (0, 0)
    assert desk.cases.count(desk.somebody("kabid"), TODAY) == (5, 0)


def open_case(desk: Desk, desa: str) -> RecordId:
    case = RecordId(secrets.token_hex(16))
    fields: dict[str, object] = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": desa}
    desk.patch(case, "kasus", {**fields, "subjek": desk.office.warga})
    return case


def close(desk: Desk, case: RecordId, stage: str) -> None:
    desk.office.deps.engine.write(
        lambda tx: tx.execute(
            "UPDATE kasus SET stage = :stage WHERE kabupaten = :kabupaten AND kasus = :kasus",
            {"stage": stage, "kasus": case},
        )
    ).result()


def test_a_stale_step_is_noted_and_asks_for_no_value(desk: Desk) -> None:
    visit, first = desk.office.add_visit(photos=())
    office = desk.office.deps.office
    for decision in ("tahan", "setujui"):
        body = Decide(visit=visit, follows=first, decision=decision, reasons={}, note="Catatan")
        office.act(desk.office.people["kabid"], body)
    conflict = desk.conflict_about(visit)
    shown = desk.view(conflict, desk.person("petugas"))
    assert not shown.asks and shown.resolvable
    assert (
        desk.conflicts.resolve(
            desk.person("petugas"), conflict, shown.seen, {choice.key: "mine" for choice in shown.choices}
        )
        == Decided()
    )
    assert desk.office.fields(visit)["state"] == "ditahan"


def test_neither_its_author_nor_who_only_looks_on_nor_who_serves_elsewhere_chooses(desk: Desk) -> None:
    _, conflict = field_conflict(desk)
    kabid = desk.person("kabid")
    seen = desk.view(conflict, kabid).seen
    for person in (replace(kabid, id=desk.office.people["pendamping"]), desk.person("pengawas")):
        assert not desk.view(conflict, person).resolvable
        assert desk.conflicts.resolve(person, conflict, seen, {"nama": "mine"}) == Denied(why="role")
    far = desk.somebody("petugas", areas=(ELSEWHERE,), services=("bpnt",))
    assert desk.conflicts.resolve(far, conflict, seen, {"nama": "mine"}) == NotThere()
    assert not desk.conflicts.look(far, conflict, "Memeriksa")
    assert not desk.conflicts.look(kabid, RecordId("0" * 32), "Memeriksa"), "there is none"
    assert desk.office.fields(conflict)["state"] == "menunggu"
    assert desk.view(conflict, kabid).resolvable
