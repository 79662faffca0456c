"""Rows of what phones say of themselves, rescue keys, orders to wipe, and phones that were lost. Rule: one
function a query.
"""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.device_word import DeviceReport
from schemas.ids import DeviceId, PersonId, RecordId
from server.engine import Reader, SqlRow, Writer, one

LOST, ORDERED = "hp_hilang", "perintah_hapus"
"""Kinds of the records in the office's chain."""


class Said(Data, frozen=True, kw_only=True):
    """What a phone said last of itself, and when (UTC ms)."""

    at_ms: int
    changes: int
    photos: int
    drafts: int
    locked: str
    rescue_key: bytes
    letter: bytes


class Wipe(Data, frozen=True, kw_only=True):
    """One order to wipe, by its id (32 hexadecimal digits), and how far it is; times are UTC ms."""

    id: str
    device: DeviceId
    reason: str
    ordered_by: PersonId
    ordered_ms: int
    approved_by: PersonId | None = None
    approved_ms: int | None = None
    withdrawn_ms: int | None = None
    handed_by: str | None = None
    handed_ms: int | None = None
    wiped_ms: int | None = None
    told_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still to come of it."""
        return self.withdrawn_ms is None and self.wiped_ms is None


class Lost(Data, frozen=True, kw_only=True):
    """One report of a lost phone. `known_ms` is when the office came to know; `facts` are encoded."""

    id: str
    device: DeviceId
    known_ms: int
    reported_by: PersonId
    story: str
    facts: bytes
    subjects_told_ms: int | None = None
    authority_told_ms: int | None = None
    closed_ms: int | None = None
    closed_by: PersonId | None = None
    outcome: str | None = None
    note: str = ""


class RescueKey(Data, frozen=True, kw_only=True):
    """A rescue key: its public half (32 bytes), and the private one under the officers' passphrase."""

    public_key: bytes
    made_ms: int
    wrapped: bytes


_WIPE = (
    "SELECT wipe, device, reason, ordered_by, ordered_ms, approved_by, approved_ms, withdrawn_ms, handed_by,"
    " handed_ms, wiped_ms, told_ms FROM wipes WHERE kabupaten = :kabupaten"
)
_LOST = (
    "SELECT lost, device, known_ms, reported_by, story, facts, subjects_told_ms, authority_told_ms,"
    " closed_ms, closed_by, outcome, note FROM lost_phones WHERE kabupaten = :kabupaten"
)

# A row that was taken away has no kind any more: that of its record tells.
_KIND = "CASE WHEN r.removed = 1 THEN coalesce(o.kind, '') ELSE r.kind END"
_SHOWN = (
    "FROM rows r LEFT JOIN records o ON o.kabupaten = r.kabupaten AND o.id = r.id"
    " WHERE r.kabupaten = :kabupaten AND r.part IN :parts AND (r.removed = 0 OR r.seq > :since)"
)


def put_said(tx: Writer, device: DeviceId, report: DeviceReport, now_ms: int) -> None:
    """Keep what a phone says of itself. A letter stays until the phone brings another."""
    tx.execute(
        "INSERT INTO device_words (kabupaten, device, at_ms, changes, photos, drafts, locked, rescue_key,"
        " letter) VALUES (:kabupaten, :device, :now_ms, :changes, :photos, :drafts, :locked, :rescue_key,"
        " :letter) ON CONFLICT (kabupaten, device) DO UPDATE SET at_ms = excluded.at_ms,"
        " changes = excluded.changes, photos = excluded.photos, drafts = excluded.drafts,"
        " locked = excluded.locked,"
        " rescue_key = CASE WHEN length(excluded.letter) > 0 THEN excluded.rescue_key"
        " ELSE device_words.rescue_key END,"
        " letter = CASE WHEN length(excluded.letter) > 0 THEN excluded.letter ELSE device_words.letter END",
        {
            "device": device,
            "now_ms": now_ms,
            "changes": report.changes,
            "photos": report.photos,
            "drafts": report.drafts,
            "locked": report.lock,
            "rescue_key": report.rescue_key,
            "letter": report.letter,
        },
    )


def said(tx: Reader, device: DeviceId) -> Said | None:
    """Return what a phone said last of itself."""
    row = one(
        tx.query(
            "SELECT at_ms, changes, photos, drafts, locked, rescue_key, letter FROM device_words"
            " WHERE kabupaten = :kabupaten AND device = :device",
            {"device": device},
        )
    )
    if row is None:
        return None
    at_ms, changes, photos, drafts, locked, rescue_key, letter = row
    return Said(
        at_ms=at_ms, changes=changes, photos=photos, drafts=drafts, locked=locked, rescue_key=rescue_key,
        letter=letter,
    )  # fmt: skip


def add_rescue_key(tx: Writer, key: RescueKey) -> None:
    """Store a new rescue key."""
    tx.execute(
        "INSERT INTO rescue_keys (kabupaten, public_key, made_ms, wrapped)"
        " VALUES (:kabupaten, :public_key, :made_ms, :wrapped)",
        {"public_key": key.public_key, "made_ms": key.made_ms, "wrapped": key.wrapped},
    )


def rescue_keys(tx: Reader) -> list[RescueKey]:
    """Return all rescue keys, the newest first."""
    found = tx.query(
        "SELECT public_key, made_ms, wrapped FROM rescue_keys WHERE kabupaten = :kabupaten"
        " ORDER BY made_ms DESC, public_key"
    )
    return [RescueKey(public_key=row[0], made_ms=row[1], wrapped=row[2]) for row in found]


def add_wipe(tx: Writer, wipe: Wipe) -> None:
    """Store an order that nobody approved yet."""
    tx.execute(
        "INSERT INTO wipes (kabupaten, wipe, device, reason, ordered_by, ordered_ms)"
        " VALUES (:kabupaten, :wipe, :device, :reason, :by, :at)",
        {
            "wipe": wipe.id,
            "device": wipe.device,
            "reason": wipe.reason,
            "by": wipe.ordered_by,
            "at": wipe.ordered_ms,
        },
    )


def put_wipe(tx: Writer, wipe: Wipe) -> None:
    """Store an order as far as it is, in place of what was known of it."""
    about = {"wipe": wipe.id}
    tx.execute("DELETE FROM wipes WHERE kabupaten = :kabupaten AND wipe = :wipe", about)
    add_wipe(tx, wipe)
    tx.execute(
        "UPDATE wipes SET approved_by = :approved_by, approved_ms = :approved_ms,"
        " withdrawn_ms = :withdrawn_ms, handed_by = :handed_by, handed_ms = :handed_ms,"
        " wiped_ms = :wiped_ms, told_ms = :told_ms WHERE kabupaten = :kabupaten AND wipe = :wipe",
        about
        | {
            "approved_by": wipe.approved_by,
            "approved_ms": wipe.approved_ms,
            "withdrawn_ms": wipe.withdrawn_ms,
            "handed_by": wipe.handed_by,
            "handed_ms": wipe.handed_ms,
            "wiped_ms": wipe.wiped_ms,
            "told_ms": wipe.told_ms,
        },
    )


def wipes(tx: Reader, device: DeviceId) -> list[Wipe]:
    """Return the orders for one device, the newest first."""
    found = tx.query(_WIPE + " AND device = :device ORDER BY ordered_ms DESC, wipe", {"device": device})
    return [_wipe(row) for row in found]


def wipe(tx: Reader, name: str) -> Wipe | None:
    """Return one order."""
    row = one(tx.query(_WIPE + " AND wipe = :wipe", {"wipe": name}))
    return _wipe(row) if row else None


def approve_wipe(tx: Writer, name: str, by: PersonId, now_ms: int) -> None:
    """Note who approved an order."""
    tx.execute(
        "UPDATE wipes SET approved_by = :by, approved_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND wipe = :wipe AND approved_ms IS NULL AND withdrawn_ms IS NULL",
        {"wipe": name, "by": by, "now_ms": now_ms},
    )


def withdraw_wipe(tx: Writer, name: str, now_ms: int) -> None:
    """Take an order back that the phone has not been told of."""
    tx.execute(
        "UPDATE wipes SET withdrawn_ms = :now_ms WHERE kabupaten = :kabupaten AND wipe = :wipe"
        " AND told_ms IS NULL AND handed_ms IS NULL AND wiped_ms IS NULL",
        {"wipe": name, "now_ms": now_ms},
    )


def note_told(tx: Writer, name: str, now_ms: int) -> None:
    """Note that the phone was given its order; the first time counts."""
    tx.execute(
        "UPDATE wipes SET told_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND wipe = :wipe AND told_ms IS NULL",
        {"wipe": name, "now_ms": now_ms},
    )


def note_handed(tx: Writer, name: str, handed_by: str, now_ms: int) -> None:
    """Note that the phone has handed over; the first time counts."""
    tx.execute(
        "UPDATE wipes SET handed_by = :by, handed_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND wipe = :wipe AND handed_ms IS NULL",
        {"wipe": name, "by": handed_by, "now_ms": now_ms},
    )


def note_wiped(tx: Writer, name: str, handed_by: str, now_ms: int) -> None:
    """Note that the phone is wiped, and how all of it was handed over in the end; the first time counts."""
    tx.execute(
        "UPDATE wipes SET wiped_ms = :now_ms, handed_by = :by WHERE kabupaten = :kabupaten AND wipe = :wipe"
        " AND wiped_ms IS NULL",
        {"wipe": name, "by": handed_by, "now_ms": now_ms},
    )


def add_lost(tx: Writer, lost: Lost) -> None:
    """Store a report of a lost phone."""
    tx.execute(
        "INSERT INTO lost_phones (kabupaten, lost, device, known_ms, reported_by, story, facts)"
        " VALUES (:kabupaten, :lost, :device, :known_ms, :by, :story, :facts)",
        {
            "lost": lost.id,
            "device": lost.device,
            "known_ms": lost.known_ms,
            "by": lost.reported_by,
            "story": lost.story,
            "facts": lost.facts,
        },
    )


def lost_phones(tx: Reader) -> list[Lost]:
    """Return all reports, the newest first."""
    return [_lost(row) for row in tx.query(_LOST + " ORDER BY known_ms DESC, lost")]


def lost_marks(tx: Reader) -> list[SqlRow]:
    """Return how far each report is, without what it tells."""
    return tx.query(
        "SELECT lost, subjects_told_ms, authority_told_ms, closed_ms FROM lost_phones"
        " WHERE kabupaten = :kabupaten ORDER BY lost"
    )


def lost_phone(tx: Reader, name: str) -> Lost | None:
    """Return one report."""
    row = one(tx.query(_LOST + " AND lost = :lost", {"lost": name}))
    return _lost(row) if row else None


def note_subjects_told(tx: Writer, name: str, now_ms: int) -> None:
    """Note when those concerned were told; the first time counts."""
    tx.execute(
        "UPDATE lost_phones SET subjects_told_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND lost = :lost AND subjects_told_ms IS NULL",
        {"lost": name, "now_ms": now_ms},
    )


def note_authority_told(tx: Writer, name: str, now_ms: int) -> None:
    """Note when the authority was told; the first time counts."""
    tx.execute(
        "UPDATE lost_phones SET authority_told_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND lost = :lost AND authority_told_ms IS NULL",
        {"lost": name, "now_ms": now_ms},
    )


def close_lost(tx: Writer, name: str, by: PersonId, outcome: str, note: str, now_ms: int) -> None:
    """Close a report with how it ended."""
    tx.execute(
        "UPDATE lost_phones SET closed_ms = :now_ms, closed_by = :by, outcome = :outcome, note = :note"
        " WHERE kabupaten = :kabupaten AND lost = :lost AND closed_ms IS NULL",
        {"lost": name, "by": by, "outcome": outcome, "note": note, "now_ms": now_ms},
    )


def put_lost(tx: Writer, lost: Lost) -> None:
    """Store a report as far as it is, in place of what was known of it."""
    about = {"lost": lost.id}
    tx.execute("DELETE FROM lost_phones WHERE kabupaten = :kabupaten AND lost = :lost", about)
    add_lost(tx, lost)
    tx.execute(
        "UPDATE lost_phones SET subjects_told_ms = :subjects, authority_told_ms = :authority,"
        " closed_ms = :closed_ms, closed_by = :closed_by, outcome = :outcome, note = :note"
        " WHERE kabupaten = :kabupaten AND lost = :lost",
        about
        | {
            "subjects": lost.subjects_told_ms,
            "authority": lost.authority_told_ms,
            "closed_ms": lost.closed_ms,
            "closed_by": lost.closed_by,
            "outcome": lost.outcome,
            "note": lost.note,
        },
    )


def seq_before(tx: Reader, at_ms: int) -> int:
    """Return the newest seq of before a moment (UTC ms), 0 when there was none."""
    row = one(
        tx.query(
            "SELECT last_seq FROM commits WHERE kabupaten = :kabupaten AND at_ms < :at_ms"
            " ORDER BY last_seq DESC LIMIT 1",
            {"at_ms": at_ms},
        )
    )
    return int(row[0]) if row else 0


def rows_by_part(tx: Reader, parts: Sequence[str], since: int) -> list[tuple[str, str, int]]:
    """Return (part, kind, how many) of what these parts show, or showed until after a seq."""
    found = tx.query(
        f"SELECT r.part, {_KIND} AS what, count(*) {_SHOWN} GROUP BY r.part, what ORDER BY r.part, what",
        {"parts": parts, "since": since},
    )
    return [(str(row[0]), str(row[1]), int(row[2])) for row in found]


def ids_by_part(tx: Reader, parts: Sequence[str], kinds: Iterable[str], since: int) -> list[RecordId]:
    """Return the ids of what these parts show of these kinds, or showed until after a seq, each once."""
    found = tx.query(
        f"SELECT r.id {_SHOWN} AND {_KIND} IN :kinds",  # to sort here would be to go through all rows by id
        {"parts": parts, "kinds": list(kinds), "since": since},
    )
    return sorted({RecordId(name) for (name,) in found})


def contents_about(tx: Reader, record: RecordId, since: int) -> list[bytes]:
    """Return what was written about a record after a seq, the newest first, as far as the trail goes."""
    found = tx.query(
        "SELECT c.raw FROM trail_about a CROSS JOIN changes c"
        " WHERE c.kabupaten = a.kabupaten AND c.id = a.change"  # in this order: from the few about it
        " AND a.kabupaten = :kabupaten AND a.about = :record AND c.seq > :since AND c.raw IS NOT NULL"
        " ORDER BY c.seq DESC",
        {"record": record, "since": since},
    )
    return [bytes(raw) for (raw,) in found]


def all_wipes(tx: Reader) -> list[Wipe]:
    """Return the orders for every device, the newest first."""
    return [_wipe(row) for row in tx.query(_WIPE + " ORDER BY ordered_ms DESC, wipe")]


def _wipe(row: SqlRow) -> Wipe:
    name, device, reason, by, at, approved_by, approved_ms, withdrawn_ms, *rest = row
    handed_by, handed_ms, wiped_ms, told_ms = rest
    return Wipe(
        id=name, device=device, reason=reason, ordered_by=by, ordered_ms=at, approved_by=approved_by,
        approved_ms=approved_ms, withdrawn_ms=withdrawn_ms, handed_by=handed_by, handed_ms=handed_ms,
        wiped_ms=wiped_ms, told_ms=told_ms,
    )  # fmt: skip


def _lost(row: SqlRow) -> Lost:
    name, device, known_ms, by, story, facts, subjects, authority, *closed = row
    closed_ms, closed_by, outcome, note = closed
    return Lost(
        id=name, device=device, known_ms=known_ms, reported_by=by, story=story, facts=facts,
        subjects_told_ms=subjects, authority_told_ms=authority, closed_ms=closed_ms, closed_by=closed_by,
        outcome=outcome, note=note,
    )  # fmt: skip
