"""Warga who died or moved away, as visits found them. Rule: the newest approved visit that knows it counts.

Nothing is written: a decision that is taken back, or a later visit that met somebody, brings them back. So
does another desa in the record of who moved: there they are to be visited.
"""

from collections.abc import Iterable
from typing import Any

from schemas.ids import ChangeId, RecordId
from server import assign_store, subject_store
from server.engine import Reader
from server.services.differing import replaced
from server.services.newest_word import newest_saying
from server.services.visits import Version, load_versions
from server.store import SqlOfficeStore
from sync.store import Record

SAYING = ("hasil_kunjungan", "keberadaan_kpm")
"""What may say so: how the visit ended, or what the family told of the one who is served."""
MOVED = "pindah"
GONE = ("meninggal", MOVED)
UNKNOWN = ("tidak_ada", "alamat_tidak_ditemukan", "tidak_ditemukan")
"""Where one of these was said nobody was met who would know."""


def gone_people(tx: Reader, people: Iterable[RecordId]) -> dict[RecordId, str]:
    """Return which of these warga are gone, and how: one of GONE."""
    asked = list(people)
    visits = assign_store.approved_visits(tx, asked, subject_store.lives_on_in(tx, asked))
    said = newest_saying(tx, visits, _told)
    gone = {name: (how, visit) for name, (how, visit) in said.items() if how}
    now = SqlOfficeStore.reading(tx).records(name for name, (how, _) in gone.items() if how == MOVED)
    return {
        name: how
        for name, (how, visit) in gone.items()
        if how != MOVED or now[name].fields.get("kode_desa") == _desa_left(tx, visit)
    }


def _told(visit: Record, version: Version) -> tuple[str, Record] | None:
    """Return how somebody is gone by a visit, "" where they were met; None when it knows neither."""
    words = _words(version)
    if how := _gone(words):
        return how, visit
    return ("", visit) if words and not any(word in UNKNOWN for word in words) else None


def says_gone(version: Version) -> bool:
    """Whether a visit found that somebody died or moved away."""
    return bool(_gone(_words(version)))


def _words(version: Version) -> list[Any]:
    answers = [form.answers for form in version.submit.forms.values()]
    return [each[name] for each in answers for name in SAYING if each.get(name)]


def _gone(words: Iterable[Any]) -> str:
    return next((word for word in words if word in GONE), "")


def _desa_left(tx: Reader, visit: Record) -> Any:
    """Return the desa that a visit was paid in: also where its worker wrote another before sending it."""
    changes = [ChangeId(bytes.fromhex(each["change"])) for each in visit.fields["versions"]]
    sent = [(version.device, version.change) for version in load_versions(tx, changes)]
    before = replaced(tx, sent, RecordId(visit.fields["subjek"]))
    return before.get("kode_desa") or visit.fields.get("kode_desa")
