"""What a sync with nothing to say reads: small tables that are in step with the large ones."""

from pathlib import Path

from schemas.ids import PersonId, RecordId
from schemas.wire import SyncRequest, SyncResponse
from server.compose import close_office, unlock
from server.engine import NOTHING, Params, Reader, SqlRow
from server.engines.connecting import connect
from server.migrate import migrations, statements
from server.office import petugas
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running, make_office
from tests.server.phones import Phone

DEEP = ("rows", "commits", "records", "changes", "links")
"""Tables that grow with what the office holds, and their indexes with them."""
QUIET_TABLES = 7
"""The number of the migration that makes them."""
QUIET = (
    "SELECT part, last_seq FROM parts ORDER BY part",
    "SELECT first_seq, last_seq, tag FROM kabupaten",
    "SELECT person, body FROM petugas ORDER BY person",
)


class Listening:
    """A reader that writes down what it is asked."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self.regency, self.asked = reader, reader.regency, list[str]()

    def query(self, sql: str, params: Params = NOTHING) -> list[SqlRow]:
        self.asked.append(sql)
        return self._reader.query(sql, params)


def new_warga(number: int) -> Patch:
    fields = {"nama": f"Warga {number}", "kode_desa": DESA, "layanan": ["bpnt"]}
    return Patch(record=record_id(number), kind="warga", base={}, new=fields)


def looked(office: Running, request: SyncRequest) -> tuple[SyncResponse, list[str]]:
    """Answer a request that pushes nothing; return what was asked of which tables too."""

    def look(reader: Reader) -> tuple[SyncResponse, list[str]]:
        listening = Listening(reader)
        answer = office.deps.office.look(listening, request)
        assert isinstance(answer, SyncResponse)
        return answer, listening.asked

    return office.deps.engine.read(look)


def deep_ones(asked: list[str]) -> list[str]:
    return [sql for sql in asked if any(f" FROM {table} " in f"{sql} " for table in DEEP)]


def quiet_phone(office: Running) -> Phone:
    office.deps.office.act_all(office.deps.office.person, [new_warga(number) for number in range(1, 9)])
    phone = office.phone()
    phone.sync()
    return phone


def test_a_quiet_sync_asks_nothing_of_what_grows(office: Running) -> None:
    phone = quiet_phone(office)
    office.deps.office.act(office.deps.office.person, new_warga(20))
    phone.sync()
    answer, asked = looked(office, phone.quiet_request())
    assert not answer.rows and answer.start == answer.cursor == phone.store.cursor()
    assert asked and deep_ones(asked) == []


def test_what_is_new_in_one_part_is_found_and_only_that_part_is_looked_through(office: Running) -> None:
    phone = quiet_phone(office)
    office.deps.office.act(office.deps.office.person, new_warga(20))
    answer, asked = looked(office, phone.quiet_request())
    assert [row.id for row in answer.rows] == [record_id(20)]
    assert len([sql for sql in asked if " FROM rows " in sql]) == 1
    phone.sync()
    office.deps.office.act(
        office.deps.office.person,
        Patch(
            record=record_id(20), kind="warga", base={"kode_desa": DESA}, new={"kode_desa": "33.14.02.2001"}
        ),
    )
    answer, _ = looked(office, phone.quiet_request())
    assert [gone.id for gone in answer.removed] == [record_id(20)], "what went is news of a part too"


def test_a_cursor_of_before_the_newest_commit_is_known_and_a_foreign_one_is_not(office: Running) -> None:
    phone = quiet_phone(office)
    before = phone.store.cursor()
    for number in (30, 31):
        office.deps.office.act(office.deps.office.person, new_warga(number))
    answer, _ = looked(office, phone.quiet_request())
    assert answer.start == before and len(answer.rows) == 2
    foreign = SyncRequest(
        protocol=3, device=phone.device, cursor=type(before)(seq=before.seq, tag=b"x" * 8, scope=before.scope)
    )
    assert looked(office, foreign)[0].start.seq == 0
    newest = answer.cursor
    foreign = SyncRequest(
        protocol=3, device=phone.device, cursor=type(before)(seq=newest.seq + 1, tag=newest.tag)
    )
    assert looked(office, foreign)[0].start.seq == 0


def test_who_a_person_is_now_is_known_at_once(office: Running) -> None:
    phone = quiet_phone(office)
    person = PersonId(phone.enrolment.person)
    body = Patch(record=RecordId(person), kind="petugas", base={"aktif": True}, new={"aktif": False})
    assert office.deps.engine.read(lambda tx: petugas(tx, person)) is not None
    office.deps.office.act(office.deps.office.person, body)
    assert office.deps.engine.read(lambda tx: petugas(tx, person)) is None
    assert looked(office, phone.quiet_request())[0].parts == []
    assert office.faults() == []


def test_an_office_of_before_is_brought_to_the_same(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    people = [
        Patch(record=record_id(number), kind="petugas", base={}, new={"nama": "Uji", "aktif": True})
        for number in (900, 901)
    ]
    for body in (*people, *map(new_warga, range(1, 6))):
        deps.office.act(deps.office.person, body)
    close_office(deps)
    opened = unlock(tmp_path / "office", None)
    assert isinstance(opened, tuple)
    connection = connect(opened[1], opened[0].database).conn
    there = [connection.execute(sql).fetchall() for sql in QUIET]
    assert all(there) and there[1][0][0] > 0
    for sql in (
        "ALTER TABLE parts DROP COLUMN last_seq",
        "ALTER TABLE kabupaten DROP COLUMN first_seq",
        "ALTER TABLE kabupaten DROP COLUMN tag",
        "DROP TABLE petugas",
        *statements(dict(migrations())[QUIET_TABLES]),
    ):
        connection.execute(sql)
    assert [connection.execute(sql).fetchall() for sql in QUIET] == there
    connection.close()
