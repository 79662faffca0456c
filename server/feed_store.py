"""What came in since a position, in the order in which it was stored. Rule: nothing is left out.

The order is SQLite's own row number (`rowid`), which rises with each row and costs the writer nothing; links
and senders of blobs are never moved, and a copy of the pages keeps the numbers. It means something in one
history only. Another engine streams by means of its own.
"""

from collections.abc import Iterable, Iterator

from schemas.base import Data, Message
from schemas.ids import BlobId, DeviceId, PersonId
from server.engine import Reader, SqlRow, Writer

BATCH = 2_000


class Position(Data, frozen=True, kw_only=True):
    """How far a reader has come: row numbers of links and of senders of blobs."""

    links: int = 0
    senders: int = 0


class FedLink(Message, frozen=True, kw_only=True):
    """A link with its content; where a run that a device pushed ends, its signature (64 bytes)."""

    raw: bytes
    content: bytes | None
    received_ms: int
    signature: bytes | None


class FedBlob(Message, frozen=True, kw_only=True):
    """That a device sent a blob, whole."""

    blob: BlobId
    device: DeviceId
    size_bytes: int
    received_ms: int


class FedDevice(Message, frozen=True, kw_only=True):
    """A device as it now stands."""

    device: DeviceId
    person: PersonId
    public_key: bytes
    model: str
    enrolled_ms: int
    revoked_ms: int | None


class FedAccount(Message, frozen=True, kw_only=True):
    """A login as it now stands; `password` is an Argon2id hash."""

    person: PersonId
    username: str
    password: str
    active: bool
    changed_ms: int


class Fed(Message, frozen=True, kw_only=True):
    """What was committed since a position, and the position after it."""

    links: list[FedLink]
    blobs: list[FedBlob]
    position: list[int]


def newest(reader: Reader) -> Position:
    """Return the position after everything that is there."""
    [(links, senders)] = reader.query(
        "SELECT coalesce((SELECT max(rowid) FROM links), 0),"
        " coalesce((SELECT max(rowid) FROM blob_senders), 0)"
    )
    return Position(links=links, senders=senders)


def since(reader: Reader, position: Position) -> Fed:
    """Return what follows a position: about `BATCH` links, in whole runs that end at a signature."""
    rows = reader.query(
        _LINK + " AND l.rowid > :after ORDER BY l.rowid LIMIT :limit",
        {"after": position.links, "limit": BATCH},
    )
    links: list[SqlRow] = []
    reached = rows[-1][0] if rows else position.links
    for run in _runs(rows):
        links += run
        if run[-1][_SIGNATURE] is None:
            rest = _rest(reader, run[-1])
            links += rest
            for row in rest:  # a long run, an import say, is not begun anew by the next batch
                reached += row[0] == reached + 1
    senders = reader.query(
        "SELECT s.rowid, s.blob, s.device, b.size_bytes, s.received_ms FROM blob_senders s"
        " JOIN blobs b ON b.kabupaten = s.kabupaten AND b.blob = s.blob"
        " WHERE s.kabupaten = :kabupaten AND s.rowid > :after ORDER BY s.rowid LIMIT :limit",
        {"after": position.senders, "limit": BATCH},
    )
    return Fed(
        links=[
            FedLink(raw=raw, content=content, received_ms=received_ms or 0, signature=signature)
            for _, _, _, _, _, raw, content, received_ms, signature in links
        ],
        blobs=[
            FedBlob(blob=blob, device=device, size_bytes=size_bytes, received_ms=received_ms)
            for _, blob, device, size_bytes, received_ms in senders
        ],
        position=[reached, senders[-1][0] if senders else position.senders],
    )


_LINK = (
    "SELECT l.rowid, l.device, l.counter, l.hash, l.prev, l.raw, c.raw, c.received_ms, s.signature"
    " FROM links l LEFT JOIN changes c ON c.kabupaten = l.kabupaten AND c.id = l.change"
    " LEFT JOIN signatures s ON s.kabupaten = l.kabupaten AND s.device = l.device"
    " AND s.counter = l.counter AND s.head = l.hash WHERE l.kabupaten = :kabupaten"
)
_DEVICE, _COUNTER, _HASH, _PREV, _SIGNATURE = 1, 2, 3, 4, 8


def _runs(rows: Iterable[SqlRow]) -> Iterator[list[SqlRow]]:
    """Cut rows where the next does not follow."""
    run: list[SqlRow] = []
    for row in rows:
        if run and (row[_DEVICE], row[_PREV]) != (run[-1][_DEVICE], run[-1][_HASH]):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _rest(reader: Reader, last: SqlRow) -> list[SqlRow]:
    """Return the links that follow one, up to the first signed one: stored before, or of the same run."""
    found: list[SqlRow] = []
    while last[_SIGNATURE] is None:
        following = reader.query(
            _LINK  # noqa: S608 - all of it stands here
            + " AND l.device = :device AND l.counter > :counter AND l.counter <= (SELECT min(n.counter)"
            " FROM signatures n WHERE n.kabupaten = l.kabupaten AND n.device = l.device"
            " AND n.counter > :counter) ORDER BY l.counter",
            {"device": last[_DEVICE], "counter": last[_COUNTER]},
        )
        before = last
        for row in following:
            if row[_PREV] == last[_HASH]:
                found.append(row)
                last = row
        if last is before:
            break
    return found


def devices(reader: Reader) -> list[FedDevice]:
    """Return all devices."""
    rows = reader.query(
        "SELECT device, person, public_key, model, enrolled_ms, revoked_ms FROM devices"
        " WHERE kabupaten = :kabupaten ORDER BY device"
    )
    return [
        FedDevice(
            device=device,
            person=person,
            public_key=public_key,
            model=model,
            enrolled_ms=enrolled_ms,
            revoked_ms=revoked_ms,
        )
        for device, person, public_key, model, enrolled_ms, revoked_ms in rows
    ]


def accounts(reader: Reader) -> list[FedAccount]:
    """Return all logins."""
    rows = reader.query(
        "SELECT person, username, password, active, changed_ms FROM accounts"
        " WHERE kabupaten = :kabupaten ORDER BY person"
    )
    return [
        FedAccount(
            person=person, username=username, password=password, active=bool(active), changed_ms=changed_ms
        )
        for person, username, password, active, changed_ms in rows
    ]


def put_account(writer: Writer, account: FedAccount) -> None:
    """Make a login as it was when it was streamed."""
    writer.many(
        "DELETE FROM accounts WHERE kabupaten = :kabupaten AND username = :username AND person <> :person",
        [(writer.regency, account.username, account.person)],
    )
    writer.many(
        "INSERT INTO accounts (kabupaten, person, username, password, active, changed_ms)"
        " VALUES (:kabupaten, :person, :username, :password, :active, :changed_ms)"
        " ON CONFLICT (kabupaten, person) DO UPDATE SET username = excluded.username,"
        " password = excluded.password, active = excluded.active, changed_ms = excluded.changed_ms",
        [
            (
                writer.regency, account.person, account.username, account.password, int(account.active),
                account.changed_ms,
            )
        ],
    )  # fmt: skip
