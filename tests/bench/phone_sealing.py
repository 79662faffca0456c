"""Sealing a visit of a sealed case: six photos of 300 KB into one container, committed, its draft erased."""

import os
import statistics
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from field_app.draft import Photo
from field_app.views import DraftView, Finalised
from schemas.ids import BlobId
from tests.bench.figures import Figure, median_ms, timed_ms
from tests.field_app.conftest import SetTime
from tests.field_app.sealed_field import SealedField

RUNS = 21
PHOTOS, PHOTO_BYTES = 6, 300 * 1024


def measure(folder: Path) -> list[Figure]:
    """Finalise visit after visit; encrypt and keep as many bytes on the bare machine."""
    phone = SealedField(folder, SetTime())
    phone.ready()
    drafts = [_draft(phone) for _ in range(RUNS + 1)]

    def seal() -> None:
        done = phone.visits.finalise(drafts.pop())
        if not isinstance(done, Finalised):
            raise RuntimeError(done.say)

    seal()
    sealed = statistics.median(timed_ms(seal) for _ in range(RUNS))
    saved = median_ms(_saving(phone), RUNS)
    phone.vault.close()
    return [
        Figure(
            name="phone: seal a visit with 6 photos of 300 KB, erased after it",
            value=sealed,
            unit="ms",
            budget=100,
            limit=_plain(folder),
            limit_name="AES-256-GCM of 2 MiB, and one fsynced file",
        ),
        Figure(name="phone: save one answer of a sealed draft", value=saved, unit="ms", budget=5),
    ]


def _draft(phone: SealedField) -> str:
    """Begin a visit with its photos as they lie in a draft."""
    begun = phone.visits.start("ktk", None, None)
    if not isinstance(begun, DraftView):
        raise RuntimeError(begun.say)
    phone.visits.save(begun.id, "ktk", "hasil_kunjungan", "terisi_sebagian")
    shots: list[str] = []
    for number in range(PHOTOS):
        data = os.urandom(PHOTO_BYTES)
        shots.append(f"{number:064x}")
        photo = Photo(
            number=0,
            form="ktk",
            field="surat_pernyataan",
            blob=BlobId(shots[-1]),
            camera_sha256=shots[-1],
            taken_ms=1,
            place=None,
            blurry=False,
            dark=False,
            superseded=False,
            size_bytes=len(data),
            media_type="image/jpeg",
        )
        phone.bench.sealed.keep_photo(begun.id, photo, data, data[:6000])
    phone.bench.sealed.put_answer(begun.id, "ktk", "surat_pernyataan", shots[:5], refused=False, now_ms=1)
    phone.bench.sealed.mark_superseded(begun.id, {phone.bench.sealed.photos(begun.id)[5].number: True})
    return begun.id


def _saving(phone: SealedField):
    draft = _draft(phone)
    turns = iter(range(10 * RUNS))
    return lambda: phone.visits.save(draft, "ktk", "alasan_hasil", f"jawaban {next(turns)}")


def _plain(folder: Path) -> float:
    data, cipher = os.urandom(2 * 1024 * 1024), AESGCM(os.urandom(32))

    def work() -> None:
        with (folder / "plain").open("wb") as stream:
            stream.write(cipher.encrypt(os.urandom(12), data, None))
            stream.flush()
            os.fsync(stream.fileno())

    return median_ms(work, RUNS)
