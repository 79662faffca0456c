"""How many visits stand where, kept beside them: no page counts what was decided in all the years.

Rule: written with the columns of the visits (server/projections.py), so a count is what these come to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from schemas.ids import RecordId
from server.engine import Reader, SqlRow, Writer

Stand = tuple[str, str, str]
"""How a visit stands in lists, its form and its desa."""
DECIDED_ONCE = ("dikembalikan", "disetujui", "ditolak")
STANDS = (
    "(CASE WHEN received_ms > decided_ms AND received_ms > left_ms"
    " AND state IN ('dikembalikan', 'disetujui', 'ditolak') THEN 'susulan_' || state ELSE state END)"
)
"""How a visit stands in lists, as it is indexed: `susulan_` goes before the state where its newest version
came after the decision and after the word to let that stand (services/deciding.py).
"""


def stand_of(row: SqlRow) -> Stand:
    """Return the stand of a visit by its columns (server/projections.py), as `STANDS` says it."""
    _, _, state, form, desa, *_, left_ms = row
    received_ms, decided_ms = row[9:11]
    is_late = received_ms > max(decided_ms, left_ms) and state in DECIDED_ONCE
    return f"susulan_{state}" if is_late else state, form, desa


def note(tx: Writer, stands: Mapping[RecordId, Stand]) -> None:
    """Count visits as they will stand, instead of as their columns still say."""
    if not stands:
        return
    change = Counter(stands.values())
    change.subtract(
        (str(stand), str(form), str(desa))
        for stand, form, desa in tx.query(
            f"SELECT {STANDS}, form, desa FROM kunjungan"  # noqa: S608 - ours
            " WHERE kabupaten = :kabupaten AND visit IN :visits",
            {"visits": list(stands)},
        )
    )
    tx.many(
        "INSERT INTO visit_counts (kabupaten, stand, form, desa, count)"
        " VALUES (:kabupaten, :stand, :form, :desa, :count) ON CONFLICT (kabupaten, stand, form, desa)"
        " DO UPDATE SET count = visit_counts.count + excluded.count",
        [(tx.regency, *stand, by) for stand, by in change.items() if by],
    )
    tx.many(
        "DELETE FROM visit_counts WHERE kabupaten = :kabupaten AND stand = :stand AND form = :form"
        " AND desa = :desa AND count = 0",
        [(tx.regency, *stand) for stand, by in change.items() if by < 0],
    )


def count(
    tx: Reader, stands: Sequence[str], *, forms: Iterable[str] | None, desa: Iterable[str] | None
) -> int:
    """Return how many visits stand so, of these forms and in these desa, or of and in any (None)."""
    found = tx.query(
        "SELECT coalesce(sum(count), 0) FROM visit_counts WHERE kabupaten = :kabupaten AND stand IN :stands"
        " AND (:every_form = 1 OR form IN :forms) AND (:every_desa = 1 OR desa IN :desa)",
        {
            "stands": list(stands),
            "every_form": int(forms is None),
            "forms": list(forms or ()),
            "every_desa": int(desa is None),
            "desa": list(desa or ()),
        },
    )
    return int(found[0][0])
