"""Signs: what is odd about a visit, for whoever reviews it. Rule: a sign asks for a look, it decides nothing.

Some were flagged when the visit came in (sync/visits.py). Those here stand in the version itself, and are
kept beside the visit soon after it came, so that it can be filtered by them; whoever opens the queue before
lets them be found at once.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from schemas.base import Data
from schemas.form_values import day_of
from schemas.format import local_date
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.wilayah import Wilayah
from server import sign_store, subject_index
from server.engine import DiskError, Engine, Reader, Writer
from server.services.proofs import clock_is_wrong, is_far_from_home, is_outside, is_too_short
from server.services.visits import Version, differs_of, load_versions, place_of
from server.settings import Limits, settings
from server.sign_store import EXAMINED
from server.store import SqlOfficeStore
from sync.store import Record

BATCH, SOME = 250, 50
"""Visits examined in one look: while somebody waits for the list, and while phones may be pushing."""
TWICE = "dua_kunjungan"
REUSED = "foto_pernah_ada"
ALIKE = "foto_mirip"
DIFFERS = "beda_catatan"
ADULT_YEARS = 18
GUARDIANS = ("kepala_keluarga", "orang_tua_mertua")
"""Who may answer for a child, by what the forms call them."""


def signs_of(
    version: Version, home: tuple[float, float] | None, wilayah: Wilayah, region: str, limits: Limits
) -> tuple[str, ...]:
    """Return the flags that a version carries in itself.

    `home` is the recorded home, (lat, lng), and `region` the code of the desa that it is about.
    """
    place, found = version.submit.place, list[str]()
    if place is not None and place.mock:
        found.append("lokasi_tiruan")
    if is_far_from_home(version, home, limits):
        found.append("jauh_dari_rumah")
    if is_outside(version, wilayah, region, limits):
        found.append("di_luar_desa")
    if clock_is_wrong(version, limits):
        found.append("jam_salah")
    if is_too_short(version, limits):
        found.append("terlalu_singkat")
    if is_child_without_guardian(version):
        found.append("anak_tanpa_wali")
    return tuple(found)


def is_child_without_guardian(version: Version) -> bool:
    """Whether the subject was a child when it came in and no guardian was spoken to.

    The forms ask for the date of birth and who answered; a guardian's word is the basis (UU 27/2022, ps. 25).
    """
    answers = [filled.answers for filled in version.submit.forms.values()]
    born = next((day for each in answers if (day := day_of(each.get("tanggal_lahir")))), None)
    answered = next((each["hubungan_responden"] for each in answers if "hubungan_responden" in each), None)
    if born is None or answered in GUARDIANS:
        return False
    return _full_years(born, local_date(version.received_ms)) < ADULT_YEARS


def _full_years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def examine(engine: Engine, wilayah: Wilayah, stands: Iterable[str] = EXAMINED) -> None:
    """Examine the visits that stand so whose newest version nobody has looked at yet; of what was decided and
    stays so, nothing is found anew. Blocks its thread.
    """
    asked = [each for each in stands if each in EXAMINED]
    while asked and (found := engine.read(lambda tx: _examined(tx, asked, wilayah, BATCH))):
        engine.write(lambda tx, found=found: _keep(tx, found)).result()


def examine_some(engine: Engine, wilayah: Wilayah) -> bool:
    """Examine some of the visits that wait; return whether there may be more. Blocks its thread."""
    found = engine.read(lambda tx: _examined(tx, EXAMINED, wilayah, SOME))
    if found:
        engine.write(lambda tx: _keep(tx, found)).result()
    return len(found) >= SOME


def examine_beside(engine: Engine, visit: RecordId, wilayah: Wilayah) -> bool:
    """Examine all that wait where this one was not yet; return whether anything was. Blocks its thread."""
    if not engine.read(lambda tx: sign_store.is_unexamined(tx, visit)):
        return False
    examine(engine, wilayah)
    return True


class Examining:
    """Examines visits soon after they came, beside all else: what is opened then need not wait for it."""

    def __init__(self, engine: Engine, wilayah: Wilayah) -> None:
        self._engine, self._wilayah = engine, wilayah
        self._seen: tuple[int, int] | None = None

    def catch_up(self) -> None:
        """Examine some of what waits; where nothing came since all was examined, this costs one look."""
        now = self._engine.read(_standing)
        if now == self._seen:
            return
        with suppress(DiskError):  # nothing can come meanwhile either
            if not examine_some(self._engine, self._wilayah):
                self._seen = now


def _standing(tx: Reader) -> tuple[int, int]:
    """Return how far the log has come, and the index, which says of whom the record changed."""
    return SqlOfficeStore.reading(tx).last_seq(), subject_index.end(tx)


class _Examined(Data, frozen=True, kw_only=True):
    """What examining a visit with so many versions found; `shots` by photo are hashes of a camera's bytes.

    `read`: the seqs of the records of which this was made.
    """

    visit: RecordId
    versions: int
    flags: tuple[str, ...]
    shots: dict[BlobId, str]
    read: dict[RecordId, int]


def _keep(tx: Writer, found: list[_Examined]) -> None:
    """Keep what was found of those of which nothing changed since it was read: others are examined again."""
    now = sign_store.seqs(tx, {name for each in found for name in each.read})
    found = [each for each in found if each.read.items() <= now.items()]
    sign_store.put_signs(tx, [(each.visit, each.versions, each.flags) for each in found])
    shots = [(each.visit, blob, camera) for each in found for blob, camera in each.shots.items()]
    sign_store.put_shots(tx, shots)


def _examined(tx: Reader, stands: Iterable[str], wilayah: Wilayah, most: int) -> list[_Examined]:
    waiting = sign_store.unexamined(tx, stands, most)
    if not waiting:
        return []
    store = SqlOfficeStore.reading(tx)
    records = store.records(visit for visit, _ in waiting)
    versions = _versions(tx, records.values())
    subjects = store.records(
        RecordId(each.fields["subjek"]) for each in records.values() if each.fields.get("subjek")
    )
    known, found = settings(tx), list[_Examined]()
    for visit, count in waiting:
        all_of_it = versions.get(visit, [])
        version = all_of_it[-1] if all_of_it else None
        subject = subjects.get(RecordId(records[visit].fields.get("subjek") or ""))
        home = place_of(subject.fields.get("rumah")) if subject else None
        region = str(records[visit].fields.get("kode_desa") or "")
        limits = known.limits(version.received_ms) if version else None
        own = signs_of(version, home, wilayah, region, limits) if version and limits else ()
        differs = bool(version and differs_of(tx, all_of_it, subject.id if subject else None))
        flags = (*own, *[DIFFERS] * differs)
        shots = {photo.blob: photo.camera_sha256 for each in all_of_it for photo in each.photos}
        shots = {blob: camera for blob, camera in shots.items() if camera}
        read = {each.id: each.seq for each in (records[visit], subject) if each is not None}
        found.append(_Examined(visit=visit, versions=count, flags=flags, shots=shots, read=read))
    return found


def _versions(tx: Reader, visits: Iterable[Record]) -> dict[RecordId, list[Version]]:
    """Read all versions of some visits, oldest first."""
    changes: list[ChangeId] = []
    for visit in visits:
        known: list[dict[str, Any]] = visit.fields.get("versions") or []
        changes += [ChangeId(bytes.fromhex(each["change"])) for each in known if "change" in each]
    found = dict[RecordId, list[Version]]()
    for version in load_versions(tx, changes):
        found.setdefault(version.submit.visit, []).append(version)
    return found
