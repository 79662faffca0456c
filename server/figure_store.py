"""What visits and tugas count for, in SQL. Rule: a sum is what its records' counts come to, at any moment.

What each record counts for is kept, so that a change of it takes away what it was and adds what it is. All
of it can be thrown away and counted again.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from schemas.base import Data, encode
from schemas.ids import ChangeId, RecordId
from schemas.sealed import SEALED_FORM
from server.engine import Reader, Writer, one
from sync.store import Record

_KINDS = "kind IN ('kunjungan', 'tugas')"
"""As the index over seqs has it, word for word: else it is not used."""
_record = msgspec.msgpack.Decoder(Record)


class Count(Data, frozen=True, kw_only=True):
    """One thing that a record counts for; `month` (2026-11) is empty for what is counted as it stands."""

    month: str = ""
    desa: str
    form: str
    what: str
    which: str = ""


class Day(Data, frozen=True, kw_only=True):
    """What a record counts for on a day (ISO, or empty): where a visit stands, that a tugas is due."""

    what: str
    day: str
    form: str
    desa: str
    petugas: str


class Counted(Data, frozen=True, kw_only=True):
    """All that one record counts for."""

    sums: list[Count] = []
    days: list[Day] = []


MONTH = len("2026-11")
OPEN, DUE = "terbuka", "tugas"
"""What counts tugas by the day on which they are due: the open ones, and all that were not called off."""
_counted = msgspec.msgpack.Decoder(Counted)


def is_behind(tx: Reader) -> bool:
    """Whether there are records that were not counted as they stand."""
    found = tx.query(
        f"SELECT 1 FROM records WHERE kabupaten = :kabupaten AND {_KINDS} AND seq > :seq LIMIT 1",  # noqa: S608 - ours
        {"seq": _end(tx)},
    )
    return bool(found)


def following(tx: Reader, most: int) -> tuple[list[Record], int]:
    """Return the next records to count, at most so many, and the seq that they come to."""
    found = tx.query(
        f"SELECT seq, body FROM records WHERE kabupaten = :kabupaten AND {_KINDS} AND seq > :seq"  # noqa: S608 - ours
        " ORDER BY seq LIMIT :most",
        {"seq": _end(tx), "most": most},
    )
    return [_record.decode(body) for _, body in found], int(found[-1][0]) if found else 0


def put(tx: Writer, counted: Mapping[RecordId, Counted], end: int) -> None:
    """Let records count for this instead of what they counted for, and note the seq that they come to."""
    _count(tx, counted)
    tx.execute(
        "INSERT INTO figure_end (kabupaten, seq) VALUES (:kabupaten, :seq)"
        " ON CONFLICT (kabupaten) DO UPDATE SET seq = excluded.seq",
        {"seq": end},
    )


def forget(tx: Writer, records: Iterable[RecordId]) -> None:
    """Forget what records counted for, since they were destroyed."""
    _count(tx, {name: Counted() for name in records})


def _count(tx: Writer, counted: Mapping[RecordId, Counted]) -> None:
    sums, days = Counter[Count](), Counter[Day]()
    for each in counted.values():
        sums.update(each.sums)
        days.update(each.days)
    known = tx.query(
        "SELECT body FROM figure_counts WHERE kabupaten = :kabupaten AND record IN :records",
        {"records": list(counted)},
    )
    for (body,) in known:
        before = _counted.decode(body)
        sums.subtract(before.sums)
        days.subtract(before.days)
    _add_sums(tx, sums)
    _add_days(tx, days)
    tx.many(
        "INSERT INTO figure_counts (kabupaten, record, body) VALUES (:kabupaten, :record, :body)"
        " ON CONFLICT (kabupaten, record) DO UPDATE SET body = excluded.body",
        [(tx.regency, name, encode(each)) for name, each in counted.items() if each.sums or each.days],
    )
    tx.execute(
        "DELETE FROM figure_counts WHERE kabupaten = :kabupaten AND record IN :records",
        {"records": [name for name, each in counted.items() if not each.sums and not each.days]},
    )


def _add_sums(tx: Writer, change: Mapping[Count, int]) -> None:
    rows = [
        (tx.regency, each.month, each.desa, each.form, each.what, each.which, by)
        for each, by in change.items()
        if by
    ]
    tx.many(
        "INSERT INTO figure_sums (kabupaten, month, desa, form, what, which, count)"
        " VALUES (:kabupaten, :month, :desa, :form, :what, :which, :count)"
        " ON CONFLICT (kabupaten, month, desa, form, what, which)"
        " DO UPDATE SET count = figure_sums.count + excluded.count",
        rows,
    )
    tx.many(
        "DELETE FROM figure_sums WHERE kabupaten = :kabupaten AND month = :month AND desa = :desa"
        " AND form = :form AND what = :what AND which = :which AND count = 0",
        [row[:-1] for row in rows if row[-1] < 0],
    )
    tx.many(
        "INSERT INTO figure_stamps (kabupaten, month, stamp) VALUES (:kabupaten, :month, 1)"
        " ON CONFLICT (kabupaten, month) DO UPDATE SET stamp = figure_stamps.stamp + 1",
        [(tx.regency, month) for month in sorted({each.month for each, by in change.items() if by})],
    )


def _add_days(tx: Writer, change: Mapping[Day, int]) -> None:
    months = Counter[Day]()
    for each, by in change.items():
        months[replace(each, day=each.day[:MONTH])] += by
    for table, column, counts in (("figure_days", "day", change), ("figure_months", "month", months)):
        rows = [
            (tx.regency, each.what, each.day, each.form, each.desa, each.petugas, by)
            for each, by in counts.items()
            if by
        ]
        tx.many(
            f"INSERT INTO {table} (kabupaten, what, {column}, form, desa, petugas, count)"  # noqa: S608 - ours
            f" VALUES (:kabupaten, :what, :{column}, :form, :desa, :petugas, :count)"
            f" ON CONFLICT (kabupaten, what, {column}, form, desa, petugas)"
            f" DO UPDATE SET count = {table}.count + excluded.count",
            rows,
        )
        tx.many(
            f"DELETE FROM {table} WHERE kabupaten = :kabupaten AND what = :what AND {column} = :{column}"  # noqa: S608
            " AND form = :form AND desa = :desa AND petugas = :petugas AND count = 0",
            [row[:-1] for row in rows if row[-1] < 0],
        )


def sums(tx: Reader, months: Iterable[str]) -> list[tuple[Count, int]]:
    """Return how often each thing was counted in some months; of all tugas under an empty one."""
    found = tx.query(
        "SELECT month, desa, form, what, which, count FROM figure_sums"
        " WHERE kabupaten = :kabupaten AND month IN :months",
        {"months": list(months)},
    )
    return [
        (Count(month=month, desa=desa, form=form, what=what, which=which), int(count))
        for month, desa, form, what, which, count in found
    ]


def stamps(tx: Reader, months: Iterable[str]) -> dict[str, int]:
    """Return how often the sums of some months changed, without those that never did.

    Whoever keeps sums reads this first: what changes in between makes them look old, never new.
    """
    found = tx.query(
        "SELECT month, stamp FROM figure_stamps WHERE kabupaten = :kabupaten AND month IN :months",
        {"months": list(months)},
    )
    return {str(month): int(stamp) for month, stamp in found}


def months(tx: Reader) -> list[str]:
    """Return the months in which visits came, newest first."""
    found = tx.query("SELECT DISTINCT month FROM figure_sums WHERE kabupaten = :kabupaten AND month <> ''")
    return sorted((str(row[0]) for row in found), reverse=True)


def waiting(tx: Reader) -> list[tuple[str, str, int]]:
    """Return (form, desa, received in UTC ms) of the visits that wait for a decision."""
    return [
        (str(form), str(desa), int(at_ms))
        for form, desa, at_ms in tx.query(
            "SELECT form, desa, received_ms FROM kunjungan"
            " WHERE kabupaten = :kabupaten AND state = 'diterima' AND form <> :sealed",
            {"sealed": SEALED_FORM},
        )
    ]


def between(tx: Reader, what: Iterable[str], first: str, last: str) -> list[tuple[Day, int]]:
    """Return what was counted from a day to another (ISO, both with them), in sums to add up: `day` is empty.

    From no day ("") on, what has no day counts too.
    """
    whole, days = whole_months(first, last)
    ranges = [("figure_days", "day", *each) for each in days]
    if whole is not None:
        ranges.append(("figure_months", "month", *whole))
    found = [
        row
        for table, column, low, high in ranges
        for row in tx.query(
            f"SELECT what, form, desa, petugas, sum(count) FROM {table}"  # noqa: S608 - ours
            f" WHERE kabupaten = :kabupaten AND what IN :what AND {column} BETWEEN :low AND :high"
            " GROUP BY what, form, desa, petugas",
            {"what": list(what), "low": low, "high": high},
        )
    ]
    return [
        (Day(what=each, day="", form=form, desa=desa, petugas=petugas), int(count))
        for each, form, desa, petugas, count in found
    ]


def whole_months(first: str, last: str) -> tuple[tuple[str, str] | None, list[tuple[str, str]]]:
    """Cut a span of days (ISO, both with them) into whole months, and the days before and after these."""
    begins, ends = first[:MONTH], last[:MONTH]
    is_begun_whole, is_ended_whole = first in ("", f"{begins}-01"), last == _end_of(ends)
    if begins == ends and not (is_begun_whole and is_ended_whole):
        return None, [(first, last)]
    days: list[tuple[str, str]] = []
    if not is_begun_whole:
        days.append((first, _end_of(begins)))
        begins = _month(begins, 1)
    if not is_ended_whole:
        days.append((f"{ends}-01", last))
        ends = _month(ends, -1)
    return ((begins, ends) if begins <= ends else None), days


def _month(month: str, by: int) -> str:
    year, at = divmod(12 * int(month[:4]) + int(month[5:]) - 1 + by, 12)
    return f"{year:04}-{at + 1:02}"


def _end_of(month: str) -> str:
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02}"


def decisions(tx: Reader, visits: Iterable[RecordId]) -> list[tuple[RecordId, ChangeId]]:
    """Return (visit, decision) of all decisions on some visits."""
    found = tx.query(
        "SELECT visit, change FROM decisions WHERE kabupaten = :kabupaten AND visit IN :visits",
        {"visits": list(visits)},
    )
    return [(RecordId(visit), ChangeId(change)) for visit, change in found]


def cases(tx: Reader, workflows: Iterable[str]) -> list[tuple[str, str, str, int]]:
    """Return (stage, desa, due, how many) of the cases of some workflows."""
    found = tx.query(
        "SELECT stage, desa, due, count(*) FROM kasus WHERE kabupaten = :kabupaten GROUP BY stage, desa, due"
    )
    wanted = tuple(f"{name}:" for name in workflows)
    return [
        (str(stage), str(desa), str(due), int(count))
        for stage, desa, due, count in found
        if str(stage).startswith(wanted)
    ]


def _end(tx: Reader) -> int:
    row = one(tx.query("SELECT seq FROM figure_end WHERE kabupaten = :kabupaten"))
    return int(row[0]) if row else 0
