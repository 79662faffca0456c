"""What protecting people's data asks of the database. Rule: one function a query."""

from collections.abc import Iterator

from schemas.ids import ChangeId, RecordId
from server.engine import Reader

PAGE = 500


def contents(tx: Reader) -> Iterator[tuple[ChangeId, bytes]]:
    """Give every content that is there, page by page; slow, as no index names what each is about."""
    after = b""
    while found := tx.query(
        "SELECT id, raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL AND id > :after"
        " ORDER BY id LIMIT :limit",
        {"after": after, "limit": PAGE},
    ):
        for row in found:
            yield ChangeId(bytes(row[0])), bytes(row[1])
        after = bytes(found[-1][0])


def conflicts_about(tx: Reader, record: RecordId) -> list[RecordId]:
    """Return the conflicts about a record, open and closed."""
    found = tx.query(
        "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND (record = :record OR about = :record)"
        " ORDER BY conflict",
        {"record": record},
    )
    return [RecordId(row[0]) for row in found]
