"""Rows that an older program wrote, written as this one would. Rule: a row follows from its record alone.

What a part sees of a record is decided by the program (`sync.scope.views`). Where a newer one shows less, the
rows that were stored before are made anew, each with a seq of its own: so phones are told as of any change.
Killed in between, it goes on where it stood. So it is with what is kept beside cases, tugas and people.
"""

from schemas.base import decode
from schemas.ids import RecordId
from schemas.wire import Row
from server import task_store
from server.about_store import FIELDS, put_about
from server.engine import Engine, Writer, one
from server.projections import put_projections
from server.protection_store import unfilled_cases
from server.store import SqlOfficeStore
from sync.scope import bodies, views
from sync.store import Record
from sync.versions import counted_versions, versions_of

PIECE = 2_000
_RECORDS = (
    "SELECT id, body FROM records WHERE kabupaten = :kabupaten AND kind = 'warga' AND id > :after"
    " ORDER BY id LIMIT :limit"
)

_FILLED = (
    "SELECT id, body FROM records WHERE kabupaten = :kabupaten AND id > :after AND kind IN :kinds"
    " ORDER BY id LIMIT :limit"
)


def relist(engine: Engine, piece: int = PIECE) -> None:
    """Make the rows anew that are left to be, if any are."""
    while engine.read(lambda tx: tx.query("SELECT after FROM relisting WHERE kabupaten = :kabupaten")):
        engine.write(lambda tx: _relist_piece(tx, piece)).result()


def fill_cases(engine: Engine, piece: int = PIECE) -> None:
    """Write the columns of cases that an older program wrote without some of them."""
    while names := engine.read(lambda tx: unfilled_cases(tx, piece)):
        engine.write(
            lambda tx, some=names: put_projections(tx, [*SqlOfficeStore.reading(tx).records(some).values()])
        ).result()


def fill_lists(engine: Engine, piece: int = PIECE) -> None:
    """Note which tugas are open, who speaks of whom, and when what counts of a visit came, among what was
    there before the office kept it.
    """
    while not engine.read(task_store.is_filled):
        engine.write(lambda tx: _fill_piece(tx, piece)).result()


def _fill_piece(tx: Writer, piece: int) -> None:
    row = one(tx.query("SELECT after FROM filling WHERE kabupaten = :kabupaten"))
    found = tx.query(
        _FILLED, {"after": row[0] if row else "", "kinds": [*FIELDS, "kunjungan"], "limit": piece}
    )
    records = [decode(body, Record) for _, body in found]
    task_store.put_tasks(tx, records)
    put_about(tx, records)
    put_projections(tx, [each for each in records if _has_later(each)])
    if len(found) < piece:
        tx.execute("DELETE FROM filling WHERE kabupaten = :kabupaten")
    else:
        last = RecordId(found[-1][0])
        tx.execute("UPDATE filling SET after = :after WHERE kabupaten = :kabupaten", {"after": last})


def _has_later(record: Record) -> bool:
    """Whether a visit has versions after the one that counts."""
    return record.kind == "kunjungan" and len(counted_versions(record)) < len(versions_of(record))


def _relist_piece(tx: Writer, piece: int) -> None:
    row = one(tx.query("SELECT after FROM relisting WHERE kabupaten = :kabupaten"))
    found = tx.query(_RECORDS, {"after": row[0] if row else "", "limit": piece})
    records = [decode(body, Record) for _, body in found if b"desil" in body]
    stored = {
        (name, part): body
        for name, part, body in tx.query(
            "SELECT id, part, body FROM rows WHERE kabupaten = :kabupaten AND removed = 0 AND id IN :ids",
            {"ids": [record.id for record in records]},
        )
    }
    rows = [
        Row(part=part, id=record.id, seq=tx.take_seq(), kind=record.kind, body=body)
        for record in records
        for part, body in bodies(views(record)).items()
        if stored.get((record.id, part)) != body
    ]
    SqlOfficeStore.writing(tx).put_rows(rows, [])
    if len(found) < piece:
        tx.execute("DELETE FROM relisting WHERE kabupaten = :kabupaten")
    else:
        last = RecordId(found[-1][0])
        tx.execute("UPDATE relisting SET after = :after WHERE kabupaten = :kabupaten", {"after": last})
