"""What an office keeps beside its records and its log, counted anew from these. Rule: by hand, and slowly.

Nothing here is taken from what keeps it: each table is made once more from every record and every change, by
loops over all of them. What a form or a name means is asked of the program; that is not what drifts.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import msgspec

from schemas.base import Data
from schemas.format import local_date
from schemas.identity import search_key
from schemas.ids import BlobId, ChangeId, DeviceId, RecordId
from schemas.sealed import SEALED_FORM
from schemas.wire import Applied, Outcome
from server import likeness
from server.engine import Reader
from server.services.deciding import came_after
from server.services.figures import pairs_of
from server.services.visits import load_versions
from server.subjects import LIKE, likeness_to
from server.visit_counts import STANDS
from sync.applying import readable
from sync.change import (
    Body,
    Decide,
    Patch,
    Resolve,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)
from sync.store import Record

_record = msgspec.msgpack.Decoder(Record)
_outcome = msgspec.msgpack.Decoder(Outcome)
Rows = list[tuple[Any, ...]]


class Said(Data, frozen=True, kw_only=True):
    """One change of the log whose content is kept, in the order in which they came."""

    change: ChangeId
    device: DeviceId
    outcome: Outcome
    body: Body


class Kept(Data, frozen=True, kw_only=True):
    """What all else follows from: every record by id, every change that is kept, and who sent which photo."""

    records: Mapping[RecordId, Record]
    log: tuple[Said, ...]
    senders: frozenset[tuple[BlobId, DeviceId]]
    office: DeviceId

    def of(self, *kinds: str) -> Iterator[Record]:
        """Give the records of these kinds that were not destroyed."""
        return (
            each for each in self.records.values() if each.kind in kinds and not each.fields.get("dihapus")
        )


def kept(tx: Reader, office: DeviceId) -> Kept:
    """Read what all else follows from."""
    log: list[Said] = []
    for name, device, outcome, raw in tx.query(
        "SELECT id, device, outcome, raw FROM changes WHERE raw IS NOT NULL ORDER BY seq, id"
    ):
        content = readable(raw)
        if content is not None:
            log.append(Said(change=name, device=device, outcome=_outcome.decode(outcome), body=content.body))
    return Kept(
        records={name: _record.decode(body) for name, body in tx.query("SELECT id, body FROM records")},
        log=tuple(log),
        senders=frozenset(tx.query("SELECT blob, device FROM blob_senders")),
        office=office,
    )


def differences(tx: Reader, office: DeviceId) -> dict[str, tuple[Rows, Rows]]:
    """Return, by table, the rows that only the office has, and those that only counting anew gives."""
    from_what = kept(tx, office)
    found: dict[str, tuple[Rows, Rows]] = {}
    for name, (sql, count) in TABLES.items():
        held, anew = Counter(map(tuple, tx.query(sql))), Counter(count(tx, from_what))
        if held != anew:
            found[name] = (list((held - anew).elements()), list((anew - held).elements()))
    return found


# warga and e-warong


def _name(record: Record) -> str:
    return search_key(text(record, "nama") or text(record, "nama_ewarong"))


def _born(record: Record) -> str:
    desa, day = text(record, "kode_desa"), text(record, "tanggal_lahir")
    return f"{desa} {day}" if desa and day else ""


def _subjects(tx: Reader, all_of_it: Kept) -> Rows:
    makers: dict[RecordId, DeviceId] = {}
    for said in all_of_it.log:
        if isinstance(said.outcome, Applied) and isinstance(said.body, Patch):
            makers.setdefault(said.body.record, said.device)
        elif isinstance(said.outcome, Applied) and isinstance(said.body, Resolve):
            parked = all_of_it.records[said.body.conflict]
            makers.setdefault(RecordId(text(parked, "record")), said.device)
    return [
        (
            each.id,
            each.kind,
            _name(each),
            text(each, "kode_desa"),
            _born(each),
            *(text(each, number)[::-1] for number in ("nik", "no_kks", "no_kk")),
            _shelf(each),
            text(each, "digabung_ke"),
            int(
                each.kind == "warga"
                and not each.fields.get("dicocokkan")
                and not each.fields.get("digabung_ke")
                and makers[each.id] != all_of_it.office
            ),
        )
        for each in all_of_it.of("warga", "ewarong")
    ]


def _shelf(record: Record) -> str:
    given = record.fields.get("layanan") or [record.fields.get("service")]
    services = sorted({each for each in given if isinstance(each, str)})
    return json.dumps([text(record, "kode_desa"), services, text(record, "form")], separators=(",", ":"))


def _words(tx: Reader, all_of_it: Kept) -> Rows:
    return [
        (word, each.id) for each in all_of_it.of("warga", "ewarong") for word in {*_name(each).split()[1:]}
    ]


def _cases(tx: Reader, all_of_it: Kept) -> Rows:
    return [(each.id, each.fields["subjek"]) for each in all_of_it.of("kasus") if each.fields.get("subjek")]


def _pairs(tx: Reader, all_of_it: Kept) -> Rows:
    apart = {
        (each.fields["satu"], each.fields["dua"])
        for each in all_of_it.of("pasangan")
        if each.fields["hasil"] == "beda"
    }
    alone = sorted(
        (each for each in all_of_it.of("warga", "ewarong") if not each.fields.get("digabung_ke")),
        key=lambda each: each.id,
    )
    found: Rows = []
    for one, other in combinations(alone, 2):
        numbers = {text(each, "nik") for each in (one, other)}
        is_one_number = len(numbers) == 1 and len(*numbers) == 16
        is_alike = _born(one) == _born(other) != "" and one.kind == other.kind
        if (one.id, other.id) in apart:
            continue
        if is_one_number:
            found.append((one.id, other.id, "nik"))
        elif is_alike and likeness_to(_name(one))(_name(other)) >= LIKE:
            found.append((one.id, other.id, "nama"))
    return found


# figures


def visits(all_of_it: Kept) -> Iterator[Record]:
    """Give the visits that are not sealed."""
    return (each for each in all_of_it.of("kunjungan") if each.fields.get("form") != SEALED_FORM)


def _came(visit: Record) -> str:
    return local_date(visit.fields["versions"][0]["received_ms"]).isoformat()


def _sums(tx: Reader, all_of_it: Kept) -> Rows:
    sums = Counter[tuple[str, ...]]()
    for visit in visits(all_of_it):
        place = (_came(visit)[:7], text(visit, "kode_desa"), text(visit, "form"))
        sums[*place, "kunjungan", ""] += 1
        fields, decided_ms = visit.fields, visit.fields.get("decided_ms") or 0
        counts = [
            each["change"]
            for each in fields["versions"]
            if fields["state"] != "disetujui" or each["received_ms"] <= decided_ms
        ]
        [counted] = load_versions(tx, [bytes.fromhex(counts[-1])])  # type: ignore[list-item]
        if fields["state"] != "ditolak":
            sums.update((*place, *pair) for pair in pairs_of(counted))
        for said in _decided(all_of_it, visit.id):
            if said.decision == "kembalikan":
                asked = said.reasons or {"bpnt_kpm.catatan": ""}
                sums.update((*place, "kembali", key) for key in asked)
    for task in _tasks(all_of_it):
        what = ("terbuka", _due(task)) if task.fields["state"] in OPEN else ("selesai", "")
        sums["", text(task, "kode_desa"), text(task, "form"), *what] += 1
    return [(*key, count) for key, count in sums.items()]


def _days(tx: Reader, all_of_it: Kept) -> Rows:
    days = Counter[tuple[str, ...]]()
    for visit in visits(all_of_it):
        days[text(visit, "state"), _came(visit), *_whose(visit)] += 1
    for task in _tasks(all_of_it):
        if task.fields["state"] in OPEN:
            days["terbuka", _due(task), *_whose(task)] += 1
        if task.fields["state"] != "batal":
            days["tugas", _due(task), *_whose(task)] += 1
    return [(*key, count) for key, count in days.items()]


def _months(tx: Reader, all_of_it: Kept) -> Rows:
    months = Counter[tuple[str, ...]]()
    for what, day, form, desa, petugas, count in _days(tx, all_of_it):
        months[what, day[:7], form, desa, petugas] += count
    return [(*key, count) for key, count in months.items()]


def _tasks(all_of_it: Kept) -> Iterator[Record]:
    """Give the tugas that are not of sealed cases."""
    return (each for each in all_of_it.of("tugas") if not text(each, "kode"))


def _whose(record: Record) -> tuple[str, str, str]:
    return text(record, "form"), text(record, "kode_desa"), text(record, "petugas")


def _due(task: Record) -> str:
    return text(task, "jatuh_tempo") or text(task, "due")


# visits


def _decided(all_of_it: Kept, visit: RecordId) -> Iterator[Decide]:
    for said in all_of_it.log:
        if isinstance(said.body, Decide) and isinstance(said.outcome, Applied) and said.body.visit == visit:
            yield said.body


def _decisions(tx: Reader, all_of_it: Kept) -> Rows:
    return [
        (said.body.visit, said.change)
        for said in all_of_it.log
        if isinstance(said.body, Decide) and isinstance(said.outcome, Applied)
    ]


def _references(tx: Reader, all_of_it: Kept) -> Rows:
    destroyed = gone(tx)
    return list(
        {
            (said.change, form, field, blob, said.device, int((blob, said.device) in all_of_it.senders))
            for said in all_of_it.log
            for form, field, blob in _sent_with(said.body)
            if blob not in destroyed
        }
    )


def _sent_with(body: Body) -> Iterator[tuple[str, str, BlobId]]:
    if isinstance(body, Submit):
        yield from ((shot.form, shot.field, shot.blob) for shot in body.evidence)
    elif isinstance(body, SealedSubmit):
        yield SEALED_FORM, "berkas", body.blob


def _shots(tx: Reader, all_of_it: Kept) -> Rows:
    destroyed = gone(tx)
    stands = {(visit.id, each["change"]) for visit in visits(all_of_it) for each in visit.fields["versions"]}
    return list(
        {
            (said.body.visit, shot.blob, shot.camera_sha256)
            for said in all_of_it.log
            if isinstance(said.body, Submit) and (said.body.visit, said.change.hex()) in stands
            for shot in said.body.evidence
            if shot.blob not in destroyed
        }
    )


def gone(tx: Reader) -> set[str]:
    """Return the photos that were destroyed."""
    return {blob for (blob,) in tx.query("SELECT blob FROM destroyed_blobs")}


def _bands(tx: Reader, all_of_it: Kept) -> Rows:
    signs = tx.query("SELECT number, signs FROM likenesses")
    return [(band, number) for number, each in signs for band in likeness.bands(bytes(each))]


def _mirrored(tx: Reader, all_of_it: Kept) -> Rows:
    known = {blob for (blob,) in tx.query("SELECT blob FROM likenesses")}
    found = tx.query("SELECT twin, blob, distance FROM twins")
    return [row for row in map(tuple, found) if known.issuperset(row[:2])]


# what is sealed


def _sealed(tx: Reader, all_of_it: Kept) -> Rows:
    found: Rows = []
    for said in all_of_it.log:
        match said.body:
            case SealedSubmit(visit=visit, kasus=kasus):
                found += [(visit, said.change), (kasus, said.change)]
            case SealedAdvance(kasus=name) | SealedAccess(kasus=name):
                found.append((name, said.change))
            case SealedDecide(visit=name) | SealedNote(record=name):
                found.append((name, said.change))
            case _:
                pass
    return found


def _tasks_of_cases(tx: Reader, all_of_it: Kept) -> Rows:
    return [(each.fields["kasus"], each.id) for each in all_of_it.of("tugas") if each.fields.get("kasus")]


def _standing(tx: Reader, all_of_it: Kept) -> Rows:
    stands = Counter(
        (_stand(each.fields), text(each, "form"), text(each, "kode_desa"))
        for each in all_of_it.records.values()
        if each.kind == "kunjungan"
    )
    return [(*stand, count) for stand, count in stands.items()]


def _stand(fields: Mapping[str, Any]) -> str:
    is_late = bool(fields.get("versions")) and came_after(fields)
    return f"{'susulan_' if is_late else ''}{fields.get('state') or ''}"


def _counted(tx: Reader, all_of_it: Kept) -> Rows:
    found: Rows = []
    for each in all_of_it.of("kunjungan"):
        came = [version["received_ms"] for version in each.fields["versions"]]
        until = each.fields["decided_ms"] if each.fields["state"] == "disetujui" else came[-1]
        found.append((each.id, next((at for at in reversed(came) if at <= until), came[-1])))
    return found


def _spoken_of(tx: Reader, all_of_it: Kept) -> Rows:
    fields = {"warga": ("digabung_ke",), "kasus": ("subjek",), "tugas": ("sasaran", "kasus")}
    return [
        (each.id, field, text(each, field))
        for each in all_of_it.records.values()
        for field in fields.get(each.kind, ())
        if text(each, field)
    ]


def _open_tasks(tx: Reader, all_of_it: Kept) -> Rows:
    return [
        (each.id, text(each, "petugas"), each.fields["state"], _due(each), text(each, "service"))
        for each in all_of_it.of("tugas")
        if each.fields["state"] in OPEN and each.fields.get("petugas")
    ]


def _ends_of_cases(tx: Reader, all_of_it: Kept) -> Rows:
    return [
        (each.id, text(each, "service"), text(each, "kunjungan"), each.fields.get("since_ms", 0))
        for each in all_of_it.records.values()
        if each.kind == "kasus"
    ]


def _nothing(tx: Reader, all_of_it: Kept) -> Rows:
    return []


def text(record: Record, name: str) -> str:
    """Return a field that is a text, empty where it is none."""
    value = record.fields.get(name)
    return value if isinstance(value, str) else ""


OPEN = frozenset({"baru", "dikirim", "dikembalikan"})
TABLES: dict[str, tuple[str, Callable[[Reader, Kept], Rows]]] = {
    "subjects": (
        "SELECT subject, kind, name_key, desa, birth, nik, kks, kk, s.shelf, merged_into, fresh"
        " FROM subjects JOIN subject_shelves s ON s.number = subjects.shelf",
        _subjects,
    ),
    "subject_words": ("SELECT word, subject FROM subject_words LEFT JOIN subjects USING (number)", _words),
    "subject_cases": ("SELECT kasus, subject FROM subject_cases", _cases),
    "subject_pairs": ("SELECT one, other, why FROM subject_pairs", _pairs),
    "figure_sums": ("SELECT month, desa, form, what, which, count FROM figure_sums", _sums),
    "figure_days": ("SELECT what, day, form, desa, petugas, count FROM figure_days", _days),
    "figure_months": ("SELECT what, month, form, desa, petugas, count FROM figure_months", _months),
    "decisions": (
        "SELECT visit, change FROM decisions WHERE change IN (SELECT id FROM changes WHERE raw IS NOT NULL)",
        _decisions,
    ),
    "handed": (
        "SELECT visit FROM handed WHERE visit NOT IN"  # what came after a return or a refusal waits, too
        f" (SELECT visit FROM kunjungan WHERE {STANDS} IN"
        " ('diterima', 'ditahan', 'susulan_dikembalikan', 'susulan_ditolak'))",
        _nothing,
    ),
    "blob_refs": ("SELECT change, form, field, blob, device, received FROM blob_refs", _references),
    "camera_shots": (
        "SELECT visit, blob, camera FROM camera_shots WHERE blob NOT IN (SELECT blob FROM destroyed_blobs)",
        _shots,
    ),
    "signs of what is gone": (
        "SELECT visit FROM tanda WHERE visit NOT IN (SELECT visit FROM kunjungan WHERE state <> '')",
        _nothing,
    ),
    "uncompared": ("SELECT blob FROM blob_refs WHERE received = 1 AND compared = 0", _nothing),
    "likenesses of what is gone": (
        "SELECT blob FROM likenesses WHERE blob NOT IN (SELECT blob FROM blob_refs)",
        _nothing,
    ),
    "unlikened": (
        "SELECT DISTINCT blob FROM blob_refs WHERE received = 1 AND field IN"
        " ('foto_rumah_depan', 'foto_rumah_dalam') AND blob NOT IN (SELECT blob FROM likenesses)",
        _nothing,
    ),
    "likeness_bands": ("SELECT band, number FROM likeness_bands", _bands),
    "twins": ("SELECT blob, twin, distance FROM twins", _mirrored),
    "sealed_changes": (
        "SELECT about, change FROM sealed_changes"
        " WHERE change IN (SELECT id FROM changes WHERE raw IS NOT NULL)",
        _sealed,
    ),
    "visit_counts": ("SELECT stand, form, desa, count FROM visit_counts", _standing),
    "counted_ms": ("SELECT visit, counted_ms FROM kunjungan WHERE state <> ''", _counted),
    "speaks_of": ("SELECT record, field, name FROM speaks_of", _spoken_of),
    "open_tugas": ("SELECT tugas, petugas, state, due, service FROM open_tugas", _open_tasks),
    "kasus": ("SELECT kasus, service, kunjungan, since_ms FROM kasus", _ends_of_cases),
    "sealed_tugas": ("SELECT kasus, tugas FROM sealed_tugas", _tasks_of_cases),
}
"""Of each table what is asked of it, without what depends on what came first, and what counts it anew."""
