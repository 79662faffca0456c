"""What assigning asks of the database. Rule: one function a query; a desa's people are those of its part."""

from collections.abc import Iterable, Mapping

from schemas.base import Data
from schemas.ids import RecordId
from server.engine import Reader
from sync.scope import desa_part


def members(
    tx: Reader, desa: Iterable[str], service: str, kind: str, among: Iterable[RecordId] | None = None
) -> list[RecordId]:
    """Return who of a kind lives in one of these desa and is served by a service; of all, or of these."""
    named = " AND id IN :names" if among is not None else ""
    found = tx.query(
        "SELECT id FROM rows WHERE kabupaten = :kabupaten AND part IN :parts AND kind = :kind"  # noqa: S608 - ours
        f" AND removed = 0{named}",  # to sort here would be to go through all rows by id
        {
            "parts": [desa_part(each, service) for each in desa],
            "kind": kind,
            **({"names": list(among)} if among is not None else {}),
        },
    )
    return sorted(RecordId(name) for (name,) in found)


def cases(tx: Reader, desa: Iterable[str], subjects: Iterable[str], stages: Iterable[str]) -> list[RecordId]:
    """Return the kasus that stand in one of these stages: those in some desa, and those about somebody who
    moved since theirs began, which the index of names knows a moment later.
    """
    found = tx.query(
        "SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND stage IN :stages AND desa IN :desa"
        " UNION ALL SELECT k.kasus FROM subject_cases s CROSS JOIN kasus k"  # from the few about them
        " WHERE s.kabupaten = :kabupaten AND s.subject IN :subjects"
        " AND k.kabupaten = s.kabupaten AND k.kasus = s.kasus AND k.stage IN :stages",
        {"desa": list(desa), "subjects": list(subjects), "stages": list(stages)},
    )
    return sorted({RecordId(name) for (name,) in found})


def cases_about(tx: Reader, subjects: Iterable[RecordId], stages: Iterable[str]) -> list[RecordId]:
    """Return the kasus about somebody, by all their records, that stand in one of these stages.

    Of what an older program wrote this knows once the office was opened (server/about_store.py).
    """
    found = tx.query(
        "SELECT k.kasus FROM speaks_of s CROSS JOIN kasus k"  # from the few about them
        " WHERE s.kabupaten = :kabupaten AND s.name IN :subjects AND s.field = 'subjek'"
        " AND k.kabupaten = s.kabupaten AND k.kasus = s.record AND k.stage IN :stages ORDER BY k.kasus",
        {"subjects": list(subjects), "stages": list(stages)},
    )
    return [RecordId(name) for (name,) in found]


def visits_of_tugas(tx: Reader, tugas: RecordId, subjects: Iterable[RecordId]) -> list[RecordId]:
    """Return the visits to somebody, by all their records, that were made for a tugas."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND subject IN :subjects"
        " AND tugas = :tugas ORDER BY received_ms, visit",
        {"subjects": list(subjects), "tugas": tugas},
    )
    return [RecordId(visit) for (visit,) in found]


def last_visits(
    tx: Reader, subjects: Iterable[RecordId], merged: Mapping[RecordId, RecordId]
) -> dict[RecordId, tuple[int, str]]:
    """Return when (UTC ms) each was last visited, and how that visit stands.

    Visits to those who were `merged` count for the one that each lives on in.
    """
    found = tx.query(
        "SELECT subject, counted_ms, state FROM kunjungan WHERE kabupaten = :kabupaten"
        " AND subject IN :subjects ORDER BY counted_ms",
        {"subjects": [*subjects, *merged]},
    )
    return {merged.get(RecordId(name), RecordId(name)): (int(at), str(state)) for name, at, state in found}


class Came(Data, frozen=True, kw_only=True):
    """A visit, and when its version came that counts (UTC ms)."""

    visit: RecordId
    at_ms: int


def approved_visits(
    tx: Reader, subjects: Iterable[RecordId], merged: Mapping[RecordId, RecordId], form: str = ""
) -> dict[RecordId, list[Came]]:
    """Return the approved visits to each, of a form or of any, as they came; without those with none."""
    found: dict[RecordId, list[Came]] = {}
    for name, visit, at_ms in tx.query(
        "SELECT subject, visit, counted_ms FROM kunjungan WHERE kabupaten = :kabupaten"
        " AND subject IN :subjects AND :form IN ('', form) AND state = 'disetujui' ORDER BY counted_ms",
        {"subjects": [*subjects, *merged], "form": form},
    ):
        subject = merged.get(RecordId(name), RecordId(name))
        found.setdefault(subject, []).append(Came(visit=RecordId(visit), at_ms=int(at_ms)))
    return found
