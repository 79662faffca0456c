"""Replay: all changes once more, in order, into memory. Rule: what the office holds follows from its log.

Changes that were refused or still wait have no effect, and are not judged again: forms and workflows may have
grown since. All others must come to the very outcome that was answered.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from schemas.ids import ChangeId, DeviceId, Part, PersonId, RecordId
from schemas.wire import Held, Outcome, Rejected
from server import device_store
from server.access import is_active
from server.device_store import Device
from server.engine import Reader, SqlRow
from server.projections import case_row, conflict_row, visit_row
from server.queries import record
from server.verifying.findings import Findings, Progress
from sync.apply import apply
from sync.applying import readable
from sync.arrival import Arrived, arrived
from sync.change import Destroyed
from sync.desk import Desk
from sync.digest import EMPTY, fold, row_hash
from sync.memory import MemoryOffice
from sync.rules import Rules
from sync.scope import Caller, parts_of_person
from sync.store import DESTROYED, Record
from sync.visits import evidence_of

BATCH = 1_000
_record = msgspec.msgpack.Decoder(Record)
_outcome = msgspec.msgpack.Decoder(Outcome)


def replay(
    reader: Reader,
    office: DeviceId,
    rules: Rules,
    destroyed: Mapping[ChangeId, bytes],
    findings: Findings,
    progress: Progress,
) -> MemoryOffice:
    """Apply every change again, and compare each outcome; return what comes of them.

    Of what was `destroyed` the order of things is kept: its stub is applied in its place.
    """
    [(total,)] = reader.query("SELECT count(*) FROM changes WHERE kabupaten = :kabupaten")
    progress.step("putar_ulang", total)
    memory = MemoryOffice(lambda: bytes(8))
    devices = {device.id: device for device in device_store.devices(reader)}
    for batch in _changes(reader):
        desk = Desk(memory)
        for name, device, stored, received_ms, seq, raw in batch:
            progress.advance()
            findings.counts["catatan"] += 1
            outcome: Outcome = _outcome.decode(stored)
            if name in destroyed:
                if raw is not None or outcome != DESTROYED:
                    findings.fault("belum_musnah", catatan=name.hex())
                raw = destroyed[name]
            content = readable(raw) if raw else None
            if content is not None and name not in destroyed:
                desk.refs += evidence_of(content, name, device)
            if not raw or (isinstance(outcome, Held | Rejected) and name not in destroyed):
                continue
            if content is None:
                findings.fault("hasil_berbeda", catatan=name.hex())
                continue
            change = arrived(content, name, device, received_ms, seq)
            caller = _caller(desk, devices.get(device), device == office, change)
            if isinstance(content.body, Destroyed) and device == office:
                _plant(reader, desk, content.body)
            if apply(desk, change, caller, rules) != outcome and name not in destroyed:
                findings.fault("hasil_berbeda", catatan=name.hex())
        desk.flush()
    return memory


def _plant(reader: Reader, desk: Desk, body: Destroyed) -> None:
    """Put in place, to be emptied, what stands emptied here and no stub can make again."""
    for name in body.records:
        if desk.get(name) is None and (stands := record(reader, name)) is not None:
            desk.put(Record(id=name, kind=stands.kind, fields={}))


def compare(reader: Reader, memory: MemoryOffice, findings: Findings, progress: Progress) -> None:
    """Compare records, rows, digests, lists and references with what the replay came to."""
    [(records,)] = reader.query("SELECT count(*) FROM records WHERE kabupaten = :kabupaten")
    [(rows,)] = reader.query("SELECT count(*) FROM rows WHERE kabupaten = :kabupaten")
    progress.step("baris", records + rows)
    _compare_records(reader, memory, findings, progress)
    _compare_rows(reader, memory, findings, progress)
    _compare_petugas(reader, findings)
    _compare_list(reader, "kunjungan", memory, visit_row, findings)
    _compare_list(reader, "kasus", memory, case_row, findings)
    find = memory.record_table.get
    _compare_list(reader, "konflik", memory, lambda name, record: conflict_row(name, record, find), findings)
    _compare_references(reader, memory, findings)
    _check_commits(reader, findings)


def _caller(desk: Desk, device: Device | None, is_office: bool, change: Arrived) -> Caller:
    parts: frozenset[Part] = frozenset()
    person = PersonId(str(change.device))
    if device is not None:
        person = device.person
        record = desk.get(RecordId(person))
        is_revoked = device.revoked_ms is not None and change.received_ms >= device.revoked_ms
        if record is not None and is_active(record) and not is_revoked:
            parts = parts_of_person(person, record.fields)
    return Caller(device=change.device, person=person, parts=parts, verify=_signs_nothing, office=is_office)


def _signs_nothing(signature: bytes, message: bytes) -> bool:
    raise NotImplementedError(f"a replay checks no signature ({len(signature)}, {len(message)} bytes)")


def _compare_records(reader: Reader, memory: MemoryOffice, findings: Findings, progress: Progress) -> None:
    left = dict(memory.record_table)
    for name, kind, seq, body in _by_id(reader, "SELECT id, kind, seq, body FROM records", "id"):
        progress.advance()
        expected, stored = left.pop(name, None), _record.decode(body)
        # A replay counts its own seqs: one for each record, but not those of other transactions.
        if expected is None or replace(expected, seq=seq) != stored or stored.kind != kind:
            findings.fault("data_berbeda", id=name)
    for name in left:
        findings.fault("data_berbeda", id=name)


def _compare_rows(reader: Reader, memory: MemoryOffice, findings: Findings, progress: Progress) -> None:
    left = dict(memory.table)
    digests: dict[Part, bytes] = {}
    newest: dict[Part, int] = {}
    select = "SELECT id, part, kind, seq, removed, hash, body FROM rows"
    for name, part, kind, seq, removed, digest, body in _by_id(reader, select, "id, part"):
        progress.advance()
        findings.counts["baris"] += 1
        newest[part] = max(seq, newest.get(part, 0))
        expected = left.pop((part, name), None)
        if removed:
            is_right = expected is None and digest == EMPTY
        else:
            number = row_hash(part, name, seq, body)
            digests[part] = fold(digests.get(part, EMPTY), number)
            is_right = expected is not None and (expected.kind, expected.body) == (kind, body)
            is_right = is_right and digest == number.to_bytes(len(EMPTY), "big")
        if not is_right:
            findings.fault("baris_berbeda", id=name)
    for _, name in left:
        findings.fault("baris_berbeda", id=name)
    stored = {
        part: (digest, last_seq)
        for part, digest, last_seq in reader.query(
            "SELECT part, digest, last_seq FROM parts WHERE kabupaten = :kabupaten"
        )
    }
    for part in sorted(stored.keys() | newest.keys()):
        if stored.get(part, (EMPTY, 0)) != (digests.get(part, EMPTY), newest.get(part, 0)):
            findings.fault("sidik_berbeda", bagian=part)


def _compare_petugas(reader: Reader, findings: Findings) -> None:
    """The people's records stand apart once more: they must be those that the replay was compared with."""
    kept = dict(reader.query("SELECT person, body FROM petugas WHERE kabupaten = :kabupaten"))
    measure = dict(
        reader.query("SELECT id, body FROM records WHERE kabupaten = :kabupaten AND kind = 'petugas'")
    )
    for name in sorted(kept.keys() | measure.keys()):
        if kept.get(name) != measure.get(name):
            findings.fault("daftar_berbeda", daftar="petugas", id=name)


def _compare_list(
    reader: Reader,
    table: str,
    memory: MemoryOffice,
    row_of: Callable[[str, Record], SqlRow],
    findings: Findings,
) -> None:
    kind = {record.id: record for record in memory.record_table.values() if record.kind == table}
    expected = {name: row_of(reader.regency, record) for name, record in kind.items()}
    found = {row[1]: row for row in reader.query(_LISTS[table])}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            findings.fault("daftar_berbeda", daftar=table, id=name)


_LISTS = {
    "kunjungan": "SELECT kabupaten, visit, state, form, desa, petugas, subject, tugas, versions, received_ms,"
    " decided_ms, flags, quarter, kasus FROM kunjungan WHERE kabupaten = :kabupaten",
    "kasus": "SELECT kabupaten, kasus, stage, desa, due FROM kasus WHERE kabupaten = :kabupaten",
    "konflik": "SELECT kabupaten, conflict, record, kind, state, reason, petugas, at_ms, about, shelf"
    " FROM konflik WHERE kabupaten = :kabupaten",
}


def _compare_references(reader: Reader, memory: MemoryOffice, findings: Findings) -> None:
    found = set(
        reader.query(
            "SELECT change, form, field, blob, device, visit FROM blob_refs WHERE kabupaten = :kabupaten"
        )
    )
    expected = {(ref.change, ref.form, ref.field, ref.blob, ref.device, ref.visit) for ref in memory.refs}
    for change, *_ in sorted(found ^ expected):
        findings.fault("rujukan_berbeda", catatan=change.hex())


def _check_commits(reader: Reader, findings: Findings) -> None:
    """Every seq lies in exactly one commit."""
    last, begun, of_newest = 0, 0, b""
    for first, end, tag in reader.query(
        "SELECT first_seq, last_seq, tag FROM commits WHERE kabupaten = :kabupaten ORDER BY last_seq"
    ):
        if first != last + 1 or end < first:
            findings.fault("urutan_salah", nomor=first)
        last, begun, of_newest = end, first, tag
    [newest] = reader.query("SELECT first_seq, last_seq, tag FROM kabupaten WHERE kabupaten = :kabupaten")
    if newest != (begun, last, of_newest):
        findings.fault("urutan_salah", nomor=newest[1])


def _changes(reader: Reader) -> Iterator[list[SqlRow]]:
    seq, name = 0, b""
    while True:
        found = reader.query(
            "SELECT id, device, outcome, received_ms, seq, raw FROM changes"
            " WHERE kabupaten = :kabupaten"
            " AND seq >= :seq AND (seq > :seq OR id > :name) ORDER BY seq, id LIMIT :limit",
            {"seq": seq, "name": name, "limit": BATCH},
        )
        yield found
        if len(found) < BATCH:
            return
        name, seq = found[-1][0], found[-1][4]


def _by_id(reader: Reader, select: str, order: str) -> list[SqlRow]:
    return reader.query(f"{select} WHERE kabupaten = :kabupaten ORDER BY {order}")
