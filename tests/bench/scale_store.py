"""The store of a whole regency for benchmarks: 100,000 warga, 60,000 visits, 240,000 photos.

Warga, tugas, visits and decisions come in through the real intake, without HTTP: phones that are enrolled
sign what they push, ten visits at a time. Only that the photos arrived is written set-wise; their bytes are
not there, but for the thumbnails of the visits that are opened; likenesses are made up. Rule: the same sizes
give the same shape.
"""

import io
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import cycle, islice

from msgspec.structs import replace
from PIL import Image

from schemas.ids import BlobId, ChangeId, RecordId
from schemas.problem import Problem
from schemas.wire import Applied, SyncResponse
from server import likeness, likeness_store, page_store
from server.deps import Deps
from server.engine import Writer
from server.office import Push
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Decide, Evidence, Patch, Submit
from sync.intake import Run
from sync.thin_links import fill_request
from tests.bench.bench_visits import FORM, visit
from tests.bench.figures import scaled
from tests.bench.raw_phones import RawPhone
from tests.bench.same_records import every_desa, warga
from tests.server.web_office import Office

PIECE = 1_000
TEN = 10
TOGETHER = 20
"""Pushes in one transaction, as the writer takes in those that wait together."""
MANY_PHOTOS = 12
PHOTO_FIELDS = ("foto_rumah_depan", "foto_rumah_dalam", "foto_kk", "foto_kks")
PHOTO_BYTES = 60_000


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much there is of each. So many visits wait; one in twenty has twelve photos."""

    warga: int
    visits: int
    waiting: int
    tugas: int

    @property
    def photos(self) -> int:
        """How many photos the visits have."""
        return sum(map(photos_of, range(self.visits)))


@dataclass(frozen=True, kw_only=True)
class Store:
    """What was put there: warga that each phone has for itself, and visits with twelve photos that wait.

    The visits are by desa.
    """

    own: list[list[RecordId]]
    waiting: dict[str, list[RecordId]]


def sizes() -> Sizes:
    """Return the sizes of this run."""
    return Sizes(
        warga=scaled(100_000, least=2_000),
        visits=scaled(60_000, least=1_000),
        waiting=scaled(4_000, least=200),
        tugas=scaled(20_000, least=400),
    )


def desa_of(phones: int) -> list[str]:
    """Return the desa of so many phones' pendamping, one each."""
    return list(islice(cycle(every_desa()), phones))


def photos_of(number: int) -> int:
    """Return how many photos a visit has: four on average, twelve in one of twenty."""
    place = number % 20
    return MANY_PHOTOS if place == 0 else 4 if place < 12 else 3


def fill(office: Office, phones: Sequence[RawPhone], wanted: Sizes) -> Store:
    """Bring everything in, and bring all up to it that follows the records."""
    deps = office.deps
    by_desa = _people(deps, wanted.warga)
    made = _visits(deps, phones, by_desa, wanted.visits)
    deps.engine.write(_photos_arrived).result()
    _compared(deps)
    _decide(office, made[: -wanted.waiting])
    _tasks(deps, phones, by_desa, wanted.tugas)
    waiting = [submit for submit, _ in made[-wanted.waiting :] if len(submit.evidence) == MANY_PHOTOS]
    deps.engine.write(lambda tx: _thumbnails(tx, waiting, deps.now_ms())).result()
    site = build_site(deps)
    site.indexing.catch_up()
    site.trail.catch_up()
    return Store(own=_own(desa_of(len(phones)), by_desa), waiting=_by_desa(deps, waiting))


def _own(desa: Sequence[str], by_desa: dict[str, list[RecordId]]) -> list[list[RecordId]]:
    """Give each phone ten of its desa that no other phone has."""
    taken = Counter[str]()
    found: list[list[RecordId]] = []
    for each in desa:
        found.append(by_desa[each][taken[each] : taken[each] + TEN])
        taken[each] += TEN
    return found


def _by_desa(deps: Deps, visits: Sequence[Submit]) -> dict[str, list[RecordId]]:
    names = [submit.visit for submit in visits]
    records = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records(names))
    found: dict[str, list[RecordId]] = {}
    for record in records.values():
        found.setdefault(str(record.fields["kode_desa"]), []).append(record.id)
    return found


def _people(deps: Deps, count: int) -> dict[str, list[RecordId]]:
    found: dict[str, list[RecordId]] = {}
    people = warga(count)
    for start in range(0, count, PIECE):
        deps.office.act_all(deps.office.person, people[start : start + PIECE])
    for each in people:
        found.setdefault(str(each.new["kode_desa"]), []).append(each.record)
    return found


def _visits(
    deps: Deps, phones: Sequence[RawPhone], by_desa: dict[str, list[RecordId]], count: int
) -> list[tuple[Submit, ChangeId]]:
    """Let the phones take turns, each with ten visits in its own desa; return the visits, oldest first."""
    rng, desa = random.Random(9), desa_of(len(phones))
    made: list[tuple[Submit, ChangeId]] = []
    pushes: list[Push] = []
    under_way: Future[list[SyncResponse | Problem]] | None = None
    for turn, start in enumerate(range(0, count, TEN)):
        phone, own = phones[turn % len(phones)], by_desa[desa[turn % len(phones)]]
        bodies = [_visit(rng, own[at % len(own)], at) for at in range(start, min(start + TEN, count))]
        push = _push(deps, phone, bodies)
        made += [(body, entry.link.change) for body, entry in zip(bodies, push.run.entries, strict=True)]
        pushes.append(push)
        if len(pushes) == TOGETHER or start + TEN >= count:
            _see_to(under_way)  # the next are written down while the writer takes these in
            under_way = deps.engine.write(lambda tx, some=pushes: deps.office.receive_all(tx, some, 1))
            pushes = []
    _see_to(under_way)
    return made


def _push(deps: Deps, phone: RawPhone, bodies: Sequence[Submit]) -> Push:
    """Sign these on a phone, and check them as the office does."""
    request = fill_request(phone.pushing(bodies), phone.writer.device)
    assert request is not None
    run = deps.engine.read(lambda tx: deps.office.check(tx, request))
    assert isinstance(run, Run), run
    return Push(request=request, run=run)


def _see_to(answers: "Future[list[SyncResponse | Problem]] | None") -> None:
    for answer in answers.result() if answers else ():
        assert isinstance(answer, SyncResponse), answer
        assert all(isinstance(result.outcome, Applied) for result in answer.results), answer.results


def _visit(rng: random.Random, subject: RecordId, number: int) -> Submit:
    plain = visit(rng, subject)
    place = plain.place
    evidence = [
        Evidence(
            blob=BlobId(rng.randbytes(32).hex()),
            form=FORM,
            field=PHOTO_FIELDS[at % len(PHOTO_FIELDS)],
            size_bytes=PHOTO_BYTES,
            media_type="image/jpeg",
            camera_sha256=rng.randbytes(32).hex(),
            taken_ms=1_790_000_000_000 + at,
            place=place,
        )
        for at in range(photos_of(number))
    ]
    return replace(plain, evidence=evidence)


def _photos_arrived(tx: Writer) -> None:
    about = {"size": PHOTO_BYTES, "now": 1_790_000_000_000}
    tx.execute(
        "INSERT INTO blobs (kabupaten, blob, size_bytes, stored_ms)"
        " SELECT kabupaten, blob, :size, :now FROM blob_refs WHERE kabupaten = :kabupaten"
        " ORDER BY blob ON CONFLICT (kabupaten, blob) DO NOTHING",
        about,
    )
    tx.execute(
        "INSERT INTO blob_senders (kabupaten, blob, device, received_ms)"
        " SELECT kabupaten, blob, device, :now FROM blob_refs WHERE kabupaten = :kabupaten"
        " ORDER BY blob ON CONFLICT (kabupaten, blob, device) DO NOTHING",
        about,
    )
    tx.execute("UPDATE blob_refs SET received = 1 WHERE kabupaten = :kabupaten")


def _compared(deps: Deps) -> None:
    """Give every photo a likeness, as if it was compared; all resemble a little, few have a twin."""
    rng, middle = random.Random(13), random.Random(12).getrandbits(256)
    found = deps.engine.read(
        lambda tx: tx.query("SELECT blob FROM blob_refs WHERE kabupaten = :kabupaten ORDER BY rowid")
    )
    blobs = [BlobId(row[0]) for row in found]

    def work(tx: Writer, first: int) -> None:
        for at, blob in enumerate(blobs[first : first + PIECE], first):
            has_twin = at % PIECE == 1 and at < len(blobs) // 2  # of visits that are decided
            twins = [(blobs[at - 1], 20)] if has_twin else []
            signs = b"".join((middle ^ _turned(rng)).to_bytes(32) for _ in likeness.KEPT)
            likeness_store.put(tx, blob, signs, twins)

    for first in range(0, len(blobs), PIECE):
        deps.engine.write(lambda tx, first=first: work(tx, first)).result()
    deps.engine.write(
        lambda tx: tx.execute("UPDATE blob_refs SET compared = 1 WHERE kabupaten = :kabupaten")
    ).result()


def _turned(rng: random.Random) -> int:
    """Return which signs of a picture are not as in most: three of eight, so that strangers differ in 120."""
    one, two, three = (rng.getrandbits(256) for _ in range(3))
    return one & (two | three)


def _decide(office: Office, made: Sequence[tuple[Submit, ChangeId]]) -> None:
    """Approve these, but for one in fifty, which is returned."""
    deps, author = office.deps, office.people["verifikator"]

    def work(tx: Writer, some: Sequence[tuple[Submit, ChangeId]], first: int) -> None:
        deps.office.act_in(tx, author, [_decision(*each, first + at) for at, each in enumerate(some)])
        for record in SqlOfficeStore.writing(tx).records(submit.visit for submit, _ in some).values():
            assert record.head is not None
            page_store.add_decision(tx, record.id, int(record.fields["decided_ms"]), record.head)

    for start in range(0, len(made), PIECE):
        some = made[start : start + PIECE]
        deps.engine.write(lambda tx, some=some, start=start: work(tx, some, start)).result()


def _decision(submit: Submit, change: ChangeId, number: int) -> Decide:
    is_returned = number % 50 == 0
    return Decide(
        visit=submit.visit,
        follows=change,
        decision="kembalikan" if is_returned else "setujui",
        reasons={f"{FORM}.no_kks": "Nomor tidak terbaca"} if is_returned else {},
        note="",
    )


def _tasks(deps: Deps, phones: Sequence[RawPhone], by_desa: dict[str, list[RecordId]], count: int) -> None:
    """Give every phone's pendamping its share, of which two in three are done."""
    bodies: list[Patch] = []
    rng, desa = random.Random(11), desa_of(len(phones))
    for number in range(count):
        phone = number % len(phones)
        own = by_desa[desa[phone]]
        fields = {
            "petugas": phones[phone].writer.person,
            "sasaran": own[number // len(phones) % len(own)],
            "sasaran_kind": "warga",
            "form": FORM,
            "jatuh_tempo": f"2026-{rng.randrange(1, 13):02}-15",
            "alasan": "Monev triwulan",
            "state": "baru" if number % 3 == 0 else "selesai",
            "kode_desa": desa[phone],
            "layanan": ["bpnt"],
        }
        name = RecordId(rng.randbytes(16).hex())
        bodies.append(Patch(record=name, kind="tugas", base={}, new=fields))
    for start in range(0, count, PIECE):
        deps.office.act_all(deps.office.person, bodies[start : start + PIECE])


def _thumbnails(tx: Writer, waiting: Sequence[Submit], now_ms: int) -> None:
    out = io.BytesIO()
    Image.effect_noise((320, 240), 40).save(out, "JPEG", quality=70)
    for submit in waiting:
        for item in submit.evidence:
            page_store.put_thumbnail(tx, item.blob, out.getvalue(), now_ms)
