"""What each part sees, in SQL. Rule: a row and its digest change together; what went is remembered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas.ids import Part, RecordId
from schemas.wire import Removed, Row
from server.engine import SqlRow
from server.log_store import SqlLog
from sync.digest import DIGEST_BYTES, EMPTY, fold, row_hash
from sync.paging import cut
from sync.store import Page

_PUT = (
    "INSERT INTO rows (kabupaten, part, id, kind, seq, removed, hash, body)"
    " VALUES (:kabupaten, :part, :id, :kind, :seq, :removed, :hash, :body)"
    " ON CONFLICT (kabupaten, id, part) DO UPDATE SET kind = excluded.kind, seq = excluded.seq,"
    " removed = excluded.removed, hash = excluded.hash, body = excluded.body"
)
_BEYOND = (
    "SELECT rows.seq, rows.part, id, kind, removed, body FROM ("
    "  SELECT part, seq FROM rows"
    "  WHERE kabupaten = :kabupaten AND part IN :parts AND seq > :after ORDER BY seq LIMIT :limit"
    ") AS next CROSS JOIN rows"
    " WHERE rows.kabupaten = :kabupaten AND rows.part = next.part AND rows.seq = next.seq ORDER BY rows.seq"
)
"""The places of a page first, from the index alone, then its rows: to sort all beyond would be to read it."""


class SqlRows(SqlLog):
    """`sync.store.Rows` over one transaction, and paging through them."""

    def put_rows(self, rows: Sequence[Row], removed: Sequence[Removed]) -> None:
        """See sync.store.Rows; the office remembers what went, for those who still have it."""
        if not rows and not removed:
            return
        regency = self._reader.regency
        put: dict[tuple[Part, RecordId], SqlRow] = {}
        hashes: dict[tuple[Part, RecordId], int] = {}
        newest: dict[Part, int] = {}
        for row in rows:
            part, record, seq = row.part, row.id, row.seq
            number = hashes[part, record] = row_hash(part, record, seq, row.body)
            digest = number.to_bytes(DIGEST_BYTES, "big")
            put[part, record] = (regency, part, record, row.kind, seq, 0, digest, row.body)
            newest[part] = max(seq, newest.get(part, 0))
        for gone in removed:
            part, record, seq = gone.part, gone.id, gone.seq
            hashes[part, record] = 0
            put[part, record] = (regency, part, record, "", seq, 1, EMPTY, b"")
            newest[part] = max(seq, newest.get(part, 0))
        before = self._write.query(
            "SELECT part, id, hash FROM rows WHERE kabupaten = :kabupaten AND id IN :ids",
            {"ids": list({record for _, record in put})},
        )
        delta: dict[Part, int] = defaultdict(int)
        for (part, _), number in hashes.items():
            delta[part] ^= number
        for part, record, digest in before:
            if (part, record) in put:
                delta[part] ^= int.from_bytes(digest, "big")
        self._write.many(_PUT, list(put.values()))
        self._fold(delta, newest)

    def _fold(self, delta: Mapping[Part, int], newest: Mapping[Part, int]) -> None:
        now = self.digests(delta)
        self._write.many(
            "INSERT INTO parts (kabupaten, part, digest, last_seq)"
            " VALUES (:kabupaten, :part, :digest, :last_seq)"
            " ON CONFLICT (kabupaten, part) DO UPDATE SET digest = excluded.digest, last_seq ="
            " CASE WHEN excluded.last_seq > parts.last_seq THEN excluded.last_seq ELSE parts.last_seq END",
            [
                (self._reader.regency, part, fold(now[part], change), newest[part])
                for part, change in delta.items()
            ],
        )

    def rows(self, ids: Iterable[RecordId]) -> list[Row]:
        """See sync.store.Rows."""
        found = self._reader.query(
            "SELECT part, id, seq, kind, body FROM rows"
            " WHERE kabupaten = :kabupaten AND removed = 0 AND id IN :ids",
            {"ids": list(ids)},
        )
        return [
            Row(part=part, id=name, seq=seq, kind=kind, body=body) for part, name, seq, kind, body in found
        ]

    def digests(self, parts: Iterable[Part]) -> dict[Part, bytes]:
        """See sync.store.Rows."""
        digests = dict.fromkeys(parts, EMPTY)
        found = self._reader.query(
            "SELECT part, digest FROM parts WHERE kabupaten = :kabupaten AND part IN :parts",
            {"parts": list(digests)},
        )
        digests.update(found)
        return digests

    def page(self, parts: Mapping[Part, int], limit: int, max_bytes: int) -> Page:
        """See sync.store.OfficeStore."""
        standing: dict[int, list[Part]] = defaultdict(list)
        for part, last_seq in self._reader.query(
            "SELECT part, last_seq FROM parts WHERE kabupaten = :kabupaten AND part IN :parts",
            {"parts": list(parts)},
        ):
            if last_seq > parts[part]:  # the index of rows is deep, and mostly there is nothing new
                standing[parts[part]].append(part)
        found: list[SqlRow] = []
        for after, names in standing.items():
            found += self._reader.query(_BEYOND, {"parts": names, "after": after, "limit": limit + 1})
        found.sort(key=lambda row: row[0])
        # Where there is nothing, the page ends at the newest seq, which costs a question of its own.
        last = 0 if found else self.last_seq()
        return cut([_item(row) for row in found[: limit + 1]], limit, max_bytes, last)

    def beyond(self, parts: Iterable[Part], after: int, limit: int) -> list[Row | Removed]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(_BEYOND, {"parts": list(parts), "after": after, "limit": limit})
        return [_item(row) for row in found]

    def last_seq(self) -> int:
        """See sync.store.OfficeStore."""
        if self._writer is not None:
            return self._writer.last_seq()
        found = self._reader.query("SELECT last_seq FROM kabupaten WHERE kabupaten = :kabupaten")
        return int(found[0][0]) if found else 0


def _item(row: SqlRow) -> Row | Removed:
    seq, part, name, kind, is_removed, body = row
    if is_removed:
        return Removed(part=part, id=name, seq=seq)
    return Row(part=part, id=name, seq=seq, kind=kind, body=body)
