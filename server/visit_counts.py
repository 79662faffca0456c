"""How many visits stand where, kept beside them: no page counts what was decided in all the years.

Rule: written with the columns of the visits (server/projections.py), so a count is what these come to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from schemas.ids import RecordId
from server.engine import Reader, Writer

Stand = tuple[str, str, str]
"""How a visit stands, its form and its desa."""


def note(tx: Writer, stands: Mapping[RecordId, Stand]) -> None:
    """Count visits as they will stand, instead of as their columns still say."""
    if not stands:
        return
    change = Counter(stands.values())
    change.subtract(
        (str(state), str(form), str(desa))
        for state, form, desa in tx.query(
            "SELECT state, form, desa FROM kunjungan WHERE kabupaten = :kabupaten AND visit IN :visits",
            {"visits": list(stands)},
        )
    )
    tx.many(
        "INSERT INTO visit_counts (kabupaten, state, form, desa, count)"
        " VALUES (:kabupaten, :state, :form, :desa, :count) ON CONFLICT (kabupaten, state, form, desa)"
        " DO UPDATE SET count = visit_counts.count + excluded.count",
        [(tx.regency, *stand, by) for stand, by in change.items() if by],
    )
    tx.many(
        "DELETE FROM visit_counts WHERE kabupaten = :kabupaten AND state = :state AND form = :form"
        " AND desa = :desa AND count = 0",
        [(tx.regency, *stand) for stand, by in change.items() if by < 0],
    )


def standing(tx: Reader, state: str, *, forms: Iterable[str] | None, desa: Iterable[str] | None) -> int:
    """Return how many visits stand so, of these forms and in these desa, or of and in any (None)."""
    found = tx.query(
        "SELECT coalesce(sum(count), 0) FROM visit_counts"  # noqa: S608 - ours
        f" WHERE kabupaten = :kabupaten AND state = :state{_WHERE}",
        {"state": state, **_bounds(forms, desa)},
    )
    return int(found[0][0])


def come_again(tx: Reader, *, forms: Iterable[str] | None, desa: Iterable[str] | None) -> int:
    """Return how many of those that were returned or refused wait all the same: something came since."""
    found = tx.query(
        "SELECT count(*) FROM kunjungan WHERE kabupaten = :kabupaten"  # noqa: S608 - ours
        f" AND state IN ('dikembalikan', 'ditolak') AND received_ms > decided_ms AND kasus = ''{_WHERE}",
        _bounds(forms, desa),
    )
    return int(found[0][0])


_WHERE = " AND (:every_form = 1 OR form IN :forms) AND (:every_desa = 1 OR desa IN :desa)"


def _bounds(forms: Iterable[str] | None, desa: Iterable[str] | None) -> dict[str, object]:
    return {
        "every_form": int(forms is None),
        "forms": list(forms or ()),
        "every_desa": int(desa is None),
        "desa": list(desa or ()),
    }
