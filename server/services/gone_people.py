"""Warga who died or moved away, as visits found them. Rule: what the newest approved visit says counts.

Nothing is written: a decision that is taken back, or a later visit that met somebody, brings them back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.ids import RecordId
from server import assign_store, subject_store
from server.engine import Reader
from server.services.visits import load_newest
from server.store import SqlOfficeStore

SAYING = ("hasil_kunjungan", "keberadaan_kpm")
"""What may say so: how the visit ended, or what the family told of the one who is served."""
GONE = ("meninggal", "pindah")


def gone_people(tx: Reader, people: Iterable[RecordId]) -> dict[RecordId, str]:
    """Return which of these warga are gone, and how: one of GONE."""
    asked = list(people)
    newest = assign_store.newest_approved(tx, asked, subject_store.lives_on_in(tx, asked))
    found: dict[RecordId, str] = {}
    for version in load_newest(tx, SqlOfficeStore.reading(tx).records(newest).values()):
        said = [_said(given.answers) for given in version.submit.forms.values()]
        if any(said):
            found[newest[version.submit.visit]] = next(filter(None, said))
    return found


def _said(answers: Mapping[str, Any]) -> str:
    return next((answers[name] for name in SAYING if answers.get(name) in GONE), "")
