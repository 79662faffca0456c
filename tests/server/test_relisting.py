"""Rows of before an upgrade are told anew as the newer program shows them, wherever that was cut off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.base import decode
from schemas.ids import RecordId
from server import task_store
from server.compose import open_office, unlock
from server.deps import Deps
from server.engine import FailingError, SqlRow, Writer
from server.protection_store import cases_opened_by
from server.relisting import _fill_piece, _relist_piece, relist  # pyright: ignore[reportPrivateUsage]
from server.verify import verify
from sync import scope
from sync.change import Patch
from sync.rules import DomainRules
from sync.scope import desa_part
from sync.store import Fields
from tests.server.conftest import Silent
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, Office, open_at, shut

LISTED = desa_part(DESA, "bpnt")


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office whose program still showed the desil of five people in the lists of their desa."""
    with monkeypatch.context() as before:
        before.setattr(scope, "HIDDEN", scope.HIDDEN - {"desil"})
        office = open_at(tmp_path)
        for number in range(5):
            told(office, office.add_warga(f"Warga {number}", DESA), number + 1)
    office.deps.engine.write(
        lambda tx: tx.execute("INSERT INTO relisting (kabupaten, after) VALUES (:kabupaten, '')")
    ).result()
    yield office
    shut(office)


def told(office: Office, warga: RecordId, decile: int) -> None:
    """Let a list of the ministry tell somebody's desil."""
    act = office.deps.office
    act.act(act.person, Patch(record=warga, kind="warga", base={}, new={"desil": decile}))


def listed(office: Office) -> dict[str, tuple[int, Fields]]:
    """What phones of the desa are told of each person, with its seq, as it is stored."""
    found = office.deps.engine.read(
        lambda tx: tx.query(
            "SELECT id, seq, body FROM rows WHERE kabupaten = :kabupaten AND part = :part AND kind = 'warga'",
            {"part": LISTED},
        )
    )
    return {name: (seq, decode(body, dict[str, Any])) for name, seq, body in found}


def faults(office: Office, folder: Path) -> list[str]:
    opened = unlock(folder / "office", None)
    assert isinstance(opened, tuple)
    rules = DomainRules(office.deps.forms, office.deps.workflows)
    return verify(folder / "office", opened[1], opened[0], lambda _: rules, office.deps.text, Silent()).faults


def test_what_a_desa_was_told_of_a_desil_is_taken_back_and_all_else_stays(
    old: Office, tmp_path: Path
) -> None:
    before = listed(old)
    assert sum("desil" in fields for _, fields in before.values()) == 5 and faults(old, tmp_path)
    relist(old.deps.engine)
    after = listed(old)
    newest = max(seq for seq, _ in before.values())
    for name, (seq, fields) in after.items():
        was = before[name]
        assert fields == {key: value for key, value in was[1].items() if key != "desil"}
        assert (seq > newest) == ("desil" in was[1]), "who had none is not told again"
    assert faults(old, tmp_path) == []
    relist(old.deps.engine)
    assert listed(old) == after, "once is enough"


def test_it_goes_on_where_it_was_cut_off(old: Office, tmp_path: Path) -> None:
    old.deps.engine.write(lambda tx: _relist_piece(tx, 2)).result()
    left = sum("desil" in fields for _, fields in listed(old).values())
    assert 3 <= left < 5
    relist(old.deps.engine, piece=2)
    assert faults(old, tmp_path) == []


def test_an_office_does_so_when_it_is_opened(old: Office, tmp_path: Path) -> None:
    shut(old)
    deps = open_office(tmp_path / "office", None)
    assert isinstance(deps, Deps)
    old.deps = deps
    assert not any("desil" in fields for _, fields in listed(old).values()) and faults(old, tmp_path) == []


@pytest.mark.parametrize(
    ("name", "restoring"), [("fill_cases", True), ("fill_lists", False), ("relist", False)]
)
def test_an_office_that_cannot_do_so_is_not_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, restoring: bool
) -> None:
    shut(open_at(tmp_path))
    left: list[Any] = []

    def fails(engine: Any) -> None:
        left.append(engine)
        raise FailingError

    monkeypatch.setattr(f"server.compose.{name}", fails)
    with pytest.raises(FailingError):
        open_office(tmp_path / "office", None, restoring=restoring)
    assert [engine._thread.is_alive() for engine in left] == [False]


def test_columns_that_an_older_program_did_not_write_of_a_case_hide_it_from_nobody_and_are_filled_when_opened(
    tmp_path: Path,
) -> None:
    office = open_at(tmp_path)
    visit, _ = office.add_visit()
    case = add_case(office, office.warga, DESA, visit)

    def columns() -> list[SqlRow]:
        return office.deps.engine.read(lambda tx: tx.query("SELECT service, kunjungan, since_ms FROM kasus"))

    def opened() -> list[RecordId]:
        return office.deps.engine.read(lambda tx: [each.id for each in cases_opened_by(tx, [visit])])

    written = columns()
    office.deps.engine.write(
        lambda tx: tx.execute("UPDATE kasus SET service = '', kunjungan = '', since_ms = NULL")
    ).result()
    assert opened() == [case] and columns() != written
    shut(office)
    deps = open_office(tmp_path / "office", None)
    assert isinstance(deps, Deps)
    office.deps = deps
    assert columns() == written and opened() == [case]
    assert faults(office, tmp_path) == []
    shut(office)


def test_open_tugas_of_before_are_told_at_once_and_are_kept_when_the_office_is_opened(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    whose, act = office.people["pendamping"], office.deps.office
    names = [RecordId(f"{number:032x}") for number in range(4)]
    for number, name in enumerate(names):
        state = "baru" if number else "selesai"
        fields: Fields = {"petugas": whose, "sasaran": office.warga, "sasaran_kind": "warga", "state": state}
        fields |= {"form": "bpnt_kpm", "kode_desa": DESA, "layanan": ["bpnt"], "alasan": "Uji"}
        act.act(act.person, Patch(record=name, kind="tugas", base={}, new=fields))

    def held() -> list[RecordId]:
        return [
            each.id for each in office.deps.engine.read(lambda tx: task_store.open_of(tx, [whose]))[whose]
        ]

    def of_before(tx: Writer) -> None:
        tx.execute("DELETE FROM open_tugas")
        tx.execute("INSERT INTO filling (kabupaten, after) VALUES (:kabupaten, '')")

    def kept() -> int:
        return office.deps.engine.read(lambda tx: len(tx.query("SELECT 1 FROM open_tugas")))

    assert held() == names[1:] and kept() == 3
    office.deps.engine.write(of_before).result()
    assert (held(), kept()) == (names[1:], 0)
    office.deps.engine.write(lambda tx: _fill_piece(tx, 2)).result()
    assert (held(), kept()) == (names[1:], 1), "cut off in between it knows that it does not know all"
    shut(office)
    deps = open_office(tmp_path / "office", None)
    assert isinstance(deps, Deps)
    office.deps = deps
    assert (held(), kept()) == (names[1:], 3)
    shut(office)
