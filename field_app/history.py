"""Finished visits, among all of years. Rule: each question reads what it answers, by an index, and never all
that was ever done.

The newest is the newest in the chain, as clocks may be wrong. A version that has no place in the chain any
more (losses.py) counts as older than all that have one.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

from field_app.drafts import COLUMNS, Draft, draft_of
from field_app.search import listed
from field_app.store import Store
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.sealed import SEALED_FORM

NAMES = ", ".join(f"drafts.{name.strip()}" for name in COLUMNS.split(","))
PLACED = f"SELECT {NAMES} FROM links CROSS JOIN drafts ON drafts.change = links.change"  # noqa: S608
DONE = f"SELECT {NAMES} FROM drafts WHERE change IS NOT NULL"  # noqa: S608
LATER = (
    "SELECT 1 FROM drafts AS other JOIN links AS later ON later.change = other.change"
    " WHERE other.visit = drafts.visit AND other.change IS NOT NULL AND later.counter > links.counter"
)
BY_PLACE = "ORDER BY (SELECT max(counter) FROM links WHERE links.change = drafts.change) DESC, drafts.id DESC"
"""Of those without a place the newest is the one that was begun last."""
NOWHERE = "change IS NOT NULL AND change NOT IN (SELECT change FROM links)"
UNSENT = "why IN ('hilang', 'tidak_kembali')"
"""In the words of the index `gone_unsent`."""
UNPLACED = f"{DONE} AND {NOWHERE} ORDER BY +drafts.id DESC"
"""Those without a place: they were declared lost, or get a place again before the next sync.
The plus: few are sorted, instead of all being walked in their order.
"""
LISTED = "IN (SELECT value FROM json_each(?))"


class History:
    """The finished visits of one vault."""

    def __init__(self, store: Store) -> None:
        self._vault, self._device = store.vault, store.device()

    def newest(self, most: int) -> list[Draft]:
        """Return the newest versions of up to so many visits, the newest first."""
        found = self._drafts(
            f"{PLACED} WHERE device = ? AND NOT EXISTS ({LATER}) ORDER BY counter DESC LIMIT ?",
            (self._device, most),
        )
        if len(found) < most:
            found += self._drafts(UNPLACED)
        return _first_of_each(found, lambda version: version.visit)[:most]

    def latest(self, after: int, most: int) -> list[Draft]:
        """Return all versions beyond this place of the chain, and so many of the rest: the newest first."""
        found = self._drafts(
            f"{PLACED} WHERE device = ? AND counter > ? ORDER BY counter DESC", (self._device, after)
        )
        found += self._drafts(
            f"{PLACED} WHERE device = ? AND counter <= ? ORDER BY counter DESC LIMIT ?",
            (self._device, after, most),
        )
        found += self._drafts(UNPLACED)
        return _first_of_each(found, lambda version: version.id)

    def of(self, visit: RecordId) -> list[Draft]:
        """Return the versions of one visit, the newest first."""
        return self._drafts(f"{DONE} AND visit = ? {BY_PLACE}", (visit,))

    def newest_of(self, visit: RecordId) -> Draft | None:
        """Return the newest version of a visit, None for one that is not here."""
        return next(iter(self.of(visit)), None)

    def newest_of_each(self, visits: Iterable[RecordId]) -> list[Draft]:
        """Return the newest versions of those of these visits that are here, the newest first."""
        found = self._drafts(f"{DONE} AND visit {LISTED} {BY_PLACE}", (listed(list(visits)),))
        return _first_of_each(found, lambda version: version.visit)

    def of_tugas(self, tugas: RecordId) -> list[Draft]:
        """Return the versions that are of one tugas, the newest first."""
        return self._drafts(f"{DONE} AND tugas = ? {BY_PLACE}", (tugas,))

    def to(self, subject: RecordId) -> list[Draft]:
        """Return the versions of all visits to one subject, the newest first."""
        return self._drafts(f"{DONE} AND subject = ? {BY_PLACE}", (subject,))

    def newest_to(self, subject: RecordId) -> list[Draft]:
        """Return the newest versions of all visits to one subject, the newest first."""
        return _first_of_each(self.to(subject), lambda version: version.visit)

    def naming(self, blobs: Iterable[BlobId]) -> list[Draft]:
        """Return the versions that name any of these photos, the newest first."""
        named = f"SELECT draft FROM photos WHERE named AND blob {LISTED}"  # noqa: S608
        return self._drafts(f"{DONE} AND id IN ({named}) {BY_PLACE}", (listed(list(blobs)),))

    def sealed(self) -> list[Draft]:
        """Return the versions of sealed cases, the newest first."""
        of_sealed = DONE.replace("FROM drafts", "FROM drafts INDEXED BY drafts_sealed")
        return self._drafts(f"{of_sealed} AND form = '{SEALED_FORM}' {BY_PLACE}")

    def whole(self) -> list[RecordId]:
        """Return the visits of which some content is on this phone, in the order in which they came."""
        visit = "SELECT visit FROM drafts WHERE {} = contents.change"
        asked = (
            f"SELECT ({visit.format('change')} UNION ALL {visit.format('patch')} LIMIT 1)"  # noqa: S608
            " FROM contents ORDER BY rowid"
        )
        with self._vault.read() as connection:
            found = connection.execute(asked).fetchall()
        return list(dict.fromkeys(RecordId(name) for (name,) in found if name is not None))

    def by_key(self, key: str) -> Draft | None:
        """Return the version that a name stands for by which a held change may wait for it: a visit's, or
        one of its changes in hex.
        """
        found = self.newest_of(RecordId(key))
        if found is not None or len(key) % 2:
            return found
        try:
            change = bytes.fromhex(key)
        except ValueError:
            return None
        return next(
            iter(self._drafts(f"{DONE} AND change = ?1 UNION {DONE} AND patch = ?1", (change,))), None
        )

    def waiting_for(self, keys: Iterable[str]) -> list[Draft]:
        """Return the versions that the office holds until one of these names is there, the newest first."""
        held = f"SELECT change FROM outcomes WHERE waits {LISTED}"  # noqa: S608
        names = listed(list(keys))
        return self._drafts(
            f"{DONE} AND (change IN ({held}) OR patch IN ({held})) {BY_PLACE}", (names, names)
        )

    def refused(self, problems: Iterable[str], visit: RecordId | None) -> set[ChangeId]:
        """Return the changes of one visit, or of all, that the office refused for one of these problems."""
        asked = " UNION ".join(
            f"SELECT outcomes.change FROM outcomes CROSS JOIN drafts ON drafts.{name} = outcomes.change"  # noqa: S608
            f" WHERE refused IN (SELECT value FROM json_each(?1)) AND ?2 IN ('', visit)"
            for name in ("change", "patch")
        )
        with self._vault.read() as connection:
            found = connection.execute(asked, (listed(sorted(problems)), visit or "")).fetchall()
        return {ChangeId(change) for (change,) in found}

    def went_again(self, form: str, whom: RecordId | None, after_ms: int) -> bool:
        """Say whether a visit was first finished here after a time (UTC ms), with this form to this subject
        or to nobody.
        """
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT 1 FROM drafts WHERE change IS NOT NULL AND follows IS NULL AND subject IS ?"
                " AND form = ? AND finalised_ms > ? LIMIT 1",
                (whom, form, after_ms),
            ).fetchone()
        return found is not None

    def recorded(self, tugas: Collection[RecordId]) -> set[RecordId]:
        """Return those of these tasks that a visit is finished for."""
        asked = f"SELECT DISTINCT tugas FROM drafts WHERE change IS NOT NULL AND tugas {LISTED}"  # noqa: S608
        with self._vault.read() as connection:
            return {RecordId(name) for (name,) in connection.execute(asked, (listed(list(tugas)),))}

    def declared_lost(self) -> set[RecordId]:
        """Return the visits of which a version was declared lost."""
        asked = f"SELECT visit FROM gone_contents CROSS JOIN drafts USING (change) WHERE {UNSENT}"  # noqa: S608
        with self._vault.read() as connection:
            return {RecordId(visit) for (visit,) in connection.execute(asked)}

    def count(self) -> int:
        """Count the finished visits."""
        with self._vault.read() as connection:
            asked = "SELECT count(DISTINCT visit) FROM drafts WHERE change IS NOT NULL"
            return connection.execute(asked).fetchone()[0]

    def count_beyond(self, counter: int) -> int:
        """Count the finished versions that stand in the chain after this place, or have none any more; not
        those that were declared lost.
        """
        lost = f"SELECT change FROM gone_contents WHERE {UNSENT}"  # noqa: S608
        with self._vault.read() as connection:
            (beyond,) = connection.execute(
                "SELECT count(DISTINCT id) FROM links CROSS JOIN drafts ON drafts.change = links.change"  # noqa: S608
                f" WHERE device = ? AND counter > ? AND links.change NOT IN ({lost})",
                (self._device, counter),
            ).fetchone()
            (nowhere,) = connection.execute(
                f"SELECT count(*) FROM drafts WHERE {NOWHERE} AND change NOT IN ({lost})"  # noqa: S608
            ).fetchone()
        return beyond + nowhere

    def _drafts(self, query: str, values: Sequence[str | int | bytes] = ()) -> list[Draft]:
        with self._vault.read() as connection:
            return [draft_of(row) for row in connection.execute(query, values).fetchall()]


def _first_of_each(versions: Iterable[Draft], name: Callable[[Draft], str]) -> list[Draft]:
    found: dict[str, Draft] = {}
    for version in versions:
        found.setdefault(name(version), version)
    return list(found.values())
