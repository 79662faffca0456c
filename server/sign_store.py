"""What is odd about a visit beside others, in SQL. Rule: the filter finds what the lists show."""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import BlobId, RecordId
from server.engine import Reader, Writer
from server.visit_counts import DECIDED_ONCE, STANDS

_BESIDE = (
    "o.kabupaten = k.kabupaten AND o.quarter = k.quarter AND o.form = k.form"
    " AND o.visit <> k.visit AND o.state <> 'ditolak'"
)
# Every record of whom the visit is about: those that were merged, up and down from its own.
_PERSON = (
    "(WITH RECURSIVE person (subject) AS (SELECT k.subject"
    " UNION SELECT m.merged_into FROM person p CROSS JOIN subjects m"
    " WHERE m.kabupaten = k.kabupaten AND m.subject = p.subject AND m.merged_into <> ''"
    " UNION SELECT m.subject FROM person p CROSS JOIN subjects m"
    " WHERE m.kabupaten = k.kabupaten AND m.merged_into = p.subject AND m.merged_into <> '')"
    " SELECT subject FROM person)"
)
_MERGED = "FROM subjects m WHERE m.kabupaten = :kabupaten AND m.merged_into <> ''"
# Few were ever merged: all others are not followed through.
_TWICE = (
    f"(k.subject <> '' AND (EXISTS (SELECT 1 FROM kunjungan o WHERE {_BESIDE} AND o.subject = k.subject)"  # noqa: S608
    f" OR k.subject IN (SELECT m.subject {_MERGED} UNION ALL SELECT m.merged_into {_MERGED})"
    f" AND EXISTS (SELECT 1 FROM kunjungan o WHERE {_BESIDE} AND o.subject IN {_PERSON})))"
)
# The photo itself, and others that were made of the same bytes of a camera.
_SAME = (
    "SELECT r.blob UNION SELECT b.blob FROM camera_shots a JOIN camera_shots b"
    " ON b.kabupaten = a.kabupaten AND b.camera = a.camera"
    " WHERE a.kabupaten = r.kabupaten AND a.visit = r.visit AND a.blob = r.blob"
)
# Another photo `o` came in a visit to somebody else, before `r` came in the visit `k`.
_BEFORE = (
    " AND o.visit <> r.visit"
    " AND e.kabupaten = o.kabupaten AND e.visit = o.visit"
    " AND (e.subject <> k.subject OR k.subject = '')"
    " AND c.kabupaten = o.kabupaten AND c.id = o.change"
    " AND c.seq < (SELECT min(f.seq) FROM blob_refs s"
    " JOIN changes f ON f.kabupaten = s.kabupaten AND f.id = s.change"
    " WHERE s.kabupaten = r.kabupaten AND s.visit = r.visit AND s.blob = r.blob)"
)
# CROSS JOIN keeps SQLite to this order: from the visit's few photos outwards.
_EARLIER = (
    "blob_refs r CROSS JOIN blob_refs o CROSS JOIN kunjungan e CROSS JOIN changes c"
    " WHERE r.kabupaten = k.kabupaten AND r.visit = k.visit"
    f" AND o.kabupaten = r.kabupaten AND o.blob IN ({_SAME}){_BEFORE}"
)
_REUSED = f"FROM {_EARLIER}"
_PAIRED = (
    " CROSS JOIN kunjungan k CROSS JOIN blob_refs o CROSS JOIN kunjungan e CROSS JOIN changes c"
    " WHERE t.kabupaten = :kabupaten AND r.kabupaten = :kabupaten AND r.blob = t.blob"
    " AND k.kabupaten = r.kabupaten AND k.visit = r.visit"
    " AND o.kabupaten = t.kabupaten AND o.blob = t.twin"
    f"{_BEFORE} AND o.blob NOT IN ({_SAME})"
)
# For a list: from the few photos that have a twin to their visits, found once for all of it.
_TWINS = f"FROM twins t CROSS JOIN blob_refs r{_PAIRED}"
_TWINS_OF = f"FROM blob_refs r CROSS JOIN twins t{_PAIRED}"
_ALIKE = f"k.visit IN (SELECT k.visit {_TWINS})"
ODD = (
    "k.flags <> '' OR EXISTS (SELECT 1 FROM tanda t WHERE t.kabupaten = k.kabupaten AND t.visit = k.visit"  # noqa: S608
    f" AND t.versions = k.versions AND t.flags <> '') OR {_ALIKE} OR ({_TWICE})"
    f" OR EXISTS (SELECT 1 {_REUSED})"
)
"""Whether anything is odd about a visit `k`: the same that the lists show."""
SHOWS = (
    f"(:sign = 'dua_kunjungan' AND {_TWICE}) OR (:sign = 'foto_pernah_ada' AND EXISTS (SELECT 1 {_REUSED}))"  # noqa: S608
    f" OR (:sign = 'foto_mirip' AND {_ALIKE})"
    " OR ' ' || k.flags || ' ' LIKE '% ' || :sign || ' %'"
    " OR EXISTS (SELECT 1 FROM tanda t WHERE t.kabupaten = k.kabupaten AND t.visit = k.visit"
    " AND t.versions = k.versions AND ' ' || t.flags || ' ' LIKE '% ' || :sign || ' %')"
)
"""Whether a visit `k` shows the one flag `:sign`."""


EXAMINED = ("diterima", "ditahan", *(f"susulan_{state}" for state in DECIDED_ONCE))
"""How visits stand (`STANDS`) whose newest version waits to be looked at. All that came went through here."""


class OtherVisit(Data, frozen=True, kw_only=True):
    """A visit that a sign means: another of the quarter, or where a photo came before.

    `own` is the photo of the visit that carries the sign, and `theirs` the other's; both are empty where no
    photo is meant. `alike`: the two are not the same, but look it.
    """

    visit: RecordId
    own: BlobId = BlobId("")
    theirs: BlobId = BlobId("")
    alike: bool = False


def visited_twice(tx: Reader, visits: Iterable[RecordId]) -> frozenset[RecordId]:
    """Return those of some visits beside which another of the same form stands to one target in one quarter.

    Who was merged is one target. Two rounds in a quarter may be right; which is for the reviewer to say
    (source J).
    """
    found = tx.query(
        f"SELECT k.visit FROM kunjungan k WHERE k.kabupaten = :kabupaten AND k.visit IN :visits AND {_TWICE}",  # noqa: S608
        {"visits": list(visits)},
    )
    return frozenset(RecordId(row[0]) for row in found)


def reused_photos(tx: Reader, visits: Iterable[RecordId]) -> frozenset[tuple[RecordId, BlobId]]:
    """Return (visit, photo) where the same photo came before, in a visit to somebody else."""
    found = tx.query(
        "SELECT DISTINCT k.visit, p.blob FROM kunjungan k JOIN blob_refs p ON p.kabupaten = k.kabupaten"  # noqa: S608
        " AND p.visit = k.visit WHERE k.kabupaten = :kabupaten AND k.visit IN :visits"
        f" AND EXISTS (SELECT 1 {_REUSED} AND r.blob = p.blob)",
        {"visits": list(visits)},
    )
    return frozenset((RecordId(row[0]), BlobId(row[1])) for row in found)


def alike_photos(tx: Reader, visits: Iterable[RecordId]) -> frozenset[tuple[RecordId, BlobId]]:
    """Return (visit, photo) where a photo that looks the same came before, in a visit to somebody else."""
    found = tx.query(
        f"SELECT DISTINCT k.visit, r.blob {_TWINS_OF} AND r.visit IN :visits",
        {"visits": list(visits)},
    )
    return frozenset((RecordId(row[0]), BlobId(row[1])) for row in found)


def visits_meant(tx: Reader, visit: RecordId, limit: int) -> list[OtherVisit]:
    """Return which visits the signs of one mean, of each kind of sign at most so many."""
    about = {"visit": visit, "limit": limit}
    twice = tx.query(
        f"SELECT o.visit FROM kunjungan k CROSS JOIN kunjungan o ON {_BESIDE} AND o.subject IN {_PERSON}"  # noqa: S608
        " WHERE k.kabupaten = :kabupaten AND k.visit = :visit AND k.subject <> ''"
        " ORDER BY o.received_ms, o.visit LIMIT :limit",
        about,
    )
    reused = tx.query(
        f"SELECT DISTINCT o.visit, r.blob, o.blob FROM kunjungan k CROSS JOIN {_EARLIER}"  # noqa: S608
        " AND k.kabupaten = :kabupaten AND k.visit = :visit ORDER BY +o.visit, +r.blob LIMIT :limit",
        about,
    )
    alike = tx.query(
        f"SELECT DISTINCT o.visit, r.blob, o.blob, t.distance {_TWINS_OF} AND r.visit = :visit"
        " ORDER BY t.distance, o.visit, r.blob LIMIT :limit",
        about,
    )
    return [
        *(OtherVisit(visit=RecordId(other)) for (other,) in twice),
        *(OtherVisit(visit=RecordId(row[0]), own=BlobId(row[1]), theirs=BlobId(row[2])) for row in reused),
        *(
            OtherVisit(visit=RecordId(row[0]), own=BlobId(row[1]), theirs=BlobId(row[2]), alike=True)
            for row in alike
        ),
    ]


def uncompared(tx: Reader, visits: Iterable[RecordId]) -> frozenset[RecordId]:
    """Return those of some visits of which a photo arrived that was not compared with others yet."""
    found = tx.query(
        "SELECT DISTINCT visit FROM blob_refs WHERE kabupaten = :kabupaten AND visit IN :visits"
        " AND received = 1 AND compared = 0",
        {"visits": list(visits)},
    )
    return frozenset(RecordId(row[0]) for row in found)


def unexamined(tx: Reader, stands: Iterable[str], limit: int) -> list[tuple[RecordId, int]]:
    """Return (visit, number of versions) of visits that stand so and whose newest version nobody examined."""
    found = tx.query(
        f"SELECT k.visit, k.versions FROM kunjungan k WHERE k.kabupaten = :kabupaten AND {STANDS} IN :stands"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM tanda t WHERE t.kabupaten = k.kabupaten AND t.visit = k.visit"
        " AND t.versions = k.versions) LIMIT :limit",
        {"stands": list(stands), "limit": limit},
    )
    return [(RecordId(row[0]), int(row[1])) for row in found]


def is_unexamined(tx: Reader, visit: RecordId) -> bool:
    """Whether a visit waits to be looked at and nobody has examined its newest version."""
    found = tx.query(
        "SELECT 1 FROM kunjungan k WHERE k.kabupaten = :kabupaten AND k.visit = :visit"  # noqa: S608 - ours
        f" AND {STANDS} IN :stands"
        " AND NOT EXISTS (SELECT 1 FROM tanda t WHERE t.kabupaten = k.kabupaten AND t.visit = k.visit"
        " AND t.versions = k.versions)",
        {"visit": visit, "stands": list(EXAMINED)},
    )
    return bool(found)


def seqs(tx: Reader, records: Iterable[RecordId]) -> dict[RecordId, int]:
    """Return the seqs of these records."""
    found = tx.query(
        "SELECT id, seq FROM records WHERE kabupaten = :kabupaten AND id IN :ids", {"ids": list(records)}
    )
    return {RecordId(name): int(seq) for name, seq in found}


def put_signs(tx: Writer, examined: Iterable[tuple[RecordId, int, Iterable[str]]]) -> None:
    """Keep what examining some visits found: (visit, number of versions, flags)."""
    tx.many(
        "INSERT INTO tanda (kabupaten, visit, versions, flags)"
        " VALUES (:kabupaten, :visit, :versions, :flags)"
        " ON CONFLICT (kabupaten, visit) DO UPDATE SET versions = excluded.versions, flags = excluded.flags",
        [(tx.regency, visit, versions, " ".join(flags)) for visit, versions, flags in examined],
    )


def examine_again(tx: Writer, subjects: Iterable[RecordId]) -> None:
    """Let visits that wait and are about these be examined once more: what is known of them changed."""
    tx.execute(
        "DELETE FROM tanda WHERE kabupaten = :kabupaten AND visit IN (SELECT k.visit FROM kunjungan k"  # noqa: S608
        f" WHERE k.kabupaten = :kabupaten AND k.subject IN :subjects AND {STANDS} IN :stands)",
        {"subjects": list(subjects), "stands": list(EXAMINED)},
    )


def forget(tx: Writer, visits: Iterable[RecordId]) -> None:
    """Forget what examining some visits found, since they were destroyed."""
    for table in ("tanda", "camera_shots"):
        tx.execute(
            f"DELETE FROM {table} WHERE kabupaten = :kabupaten AND visit IN :visits",  # noqa: S608 - ours
            {"visits": list(visits)},
        )


def put_shots(tx: Writer, shots: Iterable[tuple[RecordId, BlobId, str]]) -> None:
    """Keep which bytes of a camera, by their SHA-256, some photos of visits were made of."""
    tx.many(
        "INSERT INTO camera_shots (kabupaten, visit, blob, camera)"
        " VALUES (:kabupaten, :visit, :blob, :camera)"
        " ON CONFLICT (kabupaten, visit, blob) DO NOTHING",
        [(tx.regency, visit, blob, camera) for visit, blob, camera in shots],
    )


def signs(tx: Reader, visits: Iterable[RecordId]) -> dict[RecordId, list[str]]:
    """Return what examining found about the newest versions of some visits."""
    found = tx.query(
        "SELECT t.visit, t.flags FROM tanda t JOIN kunjungan k ON k.kabupaten = t.kabupaten"
        " AND k.visit = t.visit AND k.versions = t.versions"
        " WHERE t.kabupaten = :kabupaten AND t.visit IN :visits",
        {"visits": list(visits)},
    )
    return {RecordId(row[0]): str(row[1]).split() for row in found}
