"""What the office holds beside what its log comes to. Rule: what is held and does not follow is a fault."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby

import msgspec
from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import Part, RecordId
from server.engine import Reader, SqlRow, batches
from server.letter_store import letter_row
from server.projections import case_row, conflict_row, visit_row
from server.verifying.findings import Notes, Progress
from server.verifying.replay import Replayed
from server.visit_counts import stand_of
from sync.digest import DIGEST_BYTES, EMPTY, row_hash
from sync.scope import bodies, views
from sync.store import Record

BATCH = 500
_record = msgspec.msgpack.Decoder(Record)


def compare(reader: Reader, replayed: Replayed, findings: Notes, progress: Progress) -> None:
    """Compare records, rows, digests, lists and references with what the replay came to."""
    [(records,)] = reader.query("SELECT count(*) FROM records WHERE kabupaten = :kabupaten")
    [(rows,)] = reader.query("SELECT count(*) FROM rows WHERE kabupaten = :kabupaten")
    progress.step("baris", records + rows)
    _compare_records(reader, replayed, findings, progress)
    _compare_rows(reader, replayed, findings, progress)
    _compare_petugas(reader, findings)
    _compare_list(reader, "kunjungan", replayed, visit_row, findings)
    _compare_counts(reader, replayed, findings)
    _compare_list(reader, "kasus", replayed, case_row, findings)
    _compare_list(reader, "surat", replayed, letter_row, findings)
    find = replayed.records.get
    _compare_list(
        reader, "konflik", replayed, lambda name, record: conflict_row(name, record, find), findings
    )
    _compare_references(reader, replayed, findings)
    _check_commits(reader, findings)


def _compare_records(reader: Reader, replayed: Replayed, findings: Notes, progress: Progress) -> None:
    left = set(replayed.records)
    for name, kind, seq, body in _records(reader, progress):
        expected = replayed.records.get(name)
        left.discard(name)
        if expected is None or expected.kind != kind or not _is_record(expected, seq, body):
            findings.fault("data_berbeda", id=name)
    for name in sorted(left):
        findings.fault("data_berbeda", id=name)


def _is_record(expected: Record, seq: int, body: bytes) -> bool:
    # A replay gives out no seqs: they also count what other transactions took.
    expected = replace(expected, seq=seq)
    return encode(expected) == body or expected == _record.decode(body)


def _compare_rows(reader: Reader, replayed: Replayed, findings: Notes, progress: Progress) -> None:
    """Every row holds what its part sees of its record; rows, digests and newest seqs of a part agree."""
    digests: dict[Part, int] = {}
    newest: dict[Part, int] = {}
    left = set(replayed.records)
    for name, rows in groupby(_rows(reader, progress), key=_id):
        record = replayed.records.get(name)
        left.discard(name)
        shown = bodies(views(record)) if record is not None else {}
        for _, part, kind, seq, removed, digest, body in rows:
            findings.counts["baris"] += 1
            newest[part] = max(seq, newest.get(part, 0))
            expected = shown.pop(part, None)
            if removed:
                is_right = expected is None and digest == EMPTY
            else:
                number = row_hash(part, name, seq, body)
                digests[part] = digests.get(part, 0) ^ number
                is_right = record is not None and (record.kind, expected) == (kind, body)
                is_right = is_right and digest == number.to_bytes(DIGEST_BYTES, "big")
            if not is_right:
                findings.fault("baris_berbeda", id=name)
        if shown:
            findings.fault("baris_berbeda", id=name)
    for name in sorted(left):
        if views(replayed.records[name]):
            findings.fault("baris_berbeda", id=name)
    _compare_parts(reader, digests, newest, findings)


def _compare_parts(
    reader: Reader, digests: dict[Part, int], newest: dict[Part, int], findings: Notes
) -> None:
    stored = {
        part: (digest, last_seq)
        for part, digest, last_seq in reader.query(
            "SELECT part, digest, last_seq FROM parts WHERE kabupaten = :kabupaten"
        )
    }
    for part in sorted(stored.keys() | newest.keys()):
        expected = (digests.get(part, 0).to_bytes(DIGEST_BYTES, "big"), newest.get(part, 0))
        if stored.get(part, (EMPTY, 0)) != expected:
            findings.fault("sidik_berbeda", bagian=part)


def _records(reader: Reader, progress: Progress) -> Iterator[SqlRow]:
    """Give id, kind, seq and body of all records, by id."""
    for found in batches(
        reader,
        "SELECT id, kind, seq, body FROM records WHERE kabupaten = :kabupaten AND id > :name"
        " ORDER BY id LIMIT :limit",
        BATCH,
        {"name": (0, "")},
    ):
        yield from found
        progress.advance(len(found))


def _rows(reader: Reader, progress: Progress) -> Iterator[SqlRow]:
    """Give id, part, kind, seq, removed, hash and body of all rows, by id and part."""
    for found in batches(
        reader,
        "SELECT id, part, kind, seq, removed, hash, body FROM rows WHERE kabupaten = :kabupaten"
        " AND id >= :name AND (id > :name OR part > :part) ORDER BY id, part LIMIT :limit",
        BATCH,
        {"name": (0, ""), "part": (1, "")},
    ):
        yield from found
        progress.advance(len(found))


def _id(row: SqlRow) -> RecordId:
    return row[0]


def _compare_petugas(reader: Reader, findings: Notes) -> None:
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
    replayed: Replayed,
    row_of: Callable[[str, Record], SqlRow],
    findings: Notes,
) -> None:
    kind = {record.id: record for record in replayed.records.values() if record.kind == table}
    expected = {name: row_of(reader.regency, record) for name, record in kind.items()}
    found = {row[1]: row for row in reader.query(_LISTS[table])}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            findings.fault("daftar_berbeda", daftar=table, id=name)


def _compare_counts(reader: Reader, replayed: Replayed, findings: Notes) -> None:
    """How many visits stand where must be what their columns come to."""
    rows = (
        visit_row(reader.regency, record)
        for record in replayed.records.values()
        if record.kind == "kunjungan"
    )
    expected = Counter(map(stand_of, rows))
    found = {
        (stand, form, desa): count
        for stand, form, desa, count in reader.query(
            "SELECT stand, form, desa, count FROM visit_counts WHERE kabupaten = :kabupaten"
        )
    }
    for stand in sorted(expected.keys() | found.keys()):
        if expected.get(stand) != found.get(stand):
            findings.fault("daftar_berbeda", daftar="visit_counts", id=" ".join(stand))


_LISTS = {
    "kunjungan": "SELECT kabupaten, visit, state, form, desa, petugas, subject, tugas, versions, received_ms,"
    " decided_ms, flags, quarter, kasus, counted_ms, left_ms FROM kunjungan WHERE kabupaten = :kabupaten",
    "kasus": "SELECT kabupaten, kasus, stage, desa, due, service, kunjungan, since_ms FROM kasus"
    " WHERE kabupaten = :kabupaten",
    "konflik": "SELECT kabupaten, conflict, record, kind, state, reason, petugas, at_ms, about, shelf"
    " FROM konflik WHERE kabupaten = :kabupaten",
    "surat": "SELECT kabupaten, letter, year, number, written, kind, day, subject, visit, kasus, region,"
    " service, state, at_ms FROM surat WHERE kabupaten = :kabupaten",
}


def _compare_references(reader: Reader, replayed: Replayed, findings: Notes) -> None:
    found = set(
        reader.query(
            "SELECT change, form, field, blob, device, visit FROM blob_refs WHERE kabupaten = :kabupaten"
        )
    )
    expected = {(ref.change, ref.form, ref.field, ref.blob, ref.device, ref.visit) for ref in replayed.refs}
    for change, *_ in sorted(found ^ expected):
        findings.fault("rujukan_berbeda", catatan=change.hex())


def _check_commits(reader: Reader, findings: Notes) -> None:
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
