"""Photos whose pictures are alike: found, whatever was done to the copy, and none that only resemble."""

import io
import random
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from schemas.form import Form, load_forms
from schemas.ids import BlobId, RecordId
from server import likeness, likeness_store, sign_store
from server.compose import close_office, open_office
from server.deps import Deps
from server.engine import Reader, Writer
from server.parsing.messages import Alike
from server.parsing.pictures import compare
from server.services.likenesses import Likenesses
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Evidence, Patch
from sync.scope import NIK_PREFIXES
from tests.server.offices import make_engine
from tests.server.room_office import serving_cheaply
from tests.server.test_reviewing import WHOLE, browser
from tests.server.test_signs import REUSED, Signs
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, picture, shut

FORMS = load_forms()
ALIKE = "Foto mirip foto lain"
SAMPLES = Path(__file__).resolve().parents[3] / "shared/samples/photos"
TABLES = ("likenesses", "likeness_bands", "twins")
Change = Callable[[Image.Image], Image.Image]


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")


def cropped(image: Image.Image, left: float, top: float, right: float, low: float) -> Image.Image:
    wide, high = image.size
    box = (int(wide * left), int(high * top), int(wide * (1 - right)), int(high * (1 - low)))
    return image.crop(box)


def smaller(image: Image.Image, longest: int) -> Image.Image:
    copy = image.copy()
    copy.thumbnail((longest, longest))
    return copy


def photographed(image: Image.Image) -> Image.Image:
    """A screen that shows it, a little from the side, with an edge, stripes and less light."""
    shown = smaller(image, 1400)
    framed = ImageOps.expand(shown, shown.width // 70, (25, 24, 26))
    wide, high = framed.size
    rng = random.Random(4)
    corners = [(0, 0), (0, high), (wide, high), (wide, 0)]
    quad = [at + rng.uniform(-0.015, 0.015) * side for x, y in corners for at, side in ((x, wide), (y, high))]
    leaning = framed.transform(framed.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    stripes = Image.new("RGB", leaning.size)
    pen = ImageDraw.Draw(stripes)
    for y in range(0, high, 3):
        pen.line((0, y, wide, y), fill=(40, 40, 40))
    return ImageEnhance.Brightness(Image.blend(leaning, stripes, 0.12)).enhance(0.9)


COPIES: dict[str, Change] = {
    "poor quality": lambda image: opened(jpeg(image, 20)),
    "sent by a messenger": lambda image: opened(jpeg(smaller(image, 800), 60)),
    "as a thumbnail": lambda image: smaller(image, 320),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
    "grey": lambda image: image.convert("L"),
    "3 % cut off": lambda image: cropped(image, 0.03, 0.03, 0.03, 0.03),
    "5 % cut off": lambda image: cropped(image, 0.05, 0.05, 0.05, 0.05),
    "8 % cut off": lambda image: cropped(image, 0.08, 0.08, 0.08, 0.08),
    "from a screen": photographed,
}


def likenesses_of(data: bytes) -> tuple[bytes, ...]:
    made = compare(data)
    assert isinstance(made, Alike)
    return made.likenesses


def apart(new: bytes, old: bytes) -> int:
    return likeness.apart(likenesses_of(new), likeness.kept(likenesses_of(old)))


def share_a_band(new: bytes, old: bytes) -> bool:
    return bool(likeness.near(likenesses_of(new)) & likeness.bands(likeness.kept(likenesses_of(old))))


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_near_its_picture_whatever_was_done_to_it(change: Change) -> None:
    for number in range(6):
        data = picture(f"rumah {number}", number)
        copy = jpeg(change(opened(data)))
        assert apart(copy, data) <= likeness.MOST_APART and share_a_band(copy, data)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample photos are not on this machine")
@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_of_a_photo_of_a_camera_is_near_it(change: Change) -> None:
    for path in SAMPLES.glob("*.jpg"):
        data = jpeg(smaller(opened(path.read_bytes()), 2000))
        copy = jpeg(change(opened(data)))
        assert apart(copy, data) <= likeness.MOST_APART and share_a_band(copy, data), path.name


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample photos are not on this machine")
def test_photos_of_a_camera_that_show_different_things_are_far_apart() -> None:
    photos = [path.read_bytes() for path in SAMPLES.glob("*.jpg")]
    assert min(apart(one, two) for one, two in combinations(photos, 2)) > 2 * likeness.MOST_APART


def test_different_drawings_are_apart() -> None:
    drawn = [picture(f"rumah {number}", number) for number in range(40)]
    made = [likenesses_of(data) for data in drawn]
    assert min(likeness.apart(one, likeness.kept(two)) for one, two in combinations(made, 2)) > 55


@pytest.mark.parametrize("ground", ["black", "white", (150, 148, 140)], ids=["dark", "white", "wall"])
def test_a_picture_without_anything_to_see_is_like_no_other(ground: str | tuple[int, int, int]) -> None:
    grain = Image.effect_noise((800, 600), 12).convert("RGB")
    wall = Image.blend(Image.new("RGB", (800, 600), ground), grain, 0.1)
    assert likenesses_of(jpeg(Image.new("RGB", (800, 600), ground))) == likenesses_of(jpeg(wall)) == ()


def test_likenesses_that_differ_little_always_share_a_band() -> None:
    rng = random.Random(8)
    low = [255 - (down * 16 + across) for down in range(13) for across in range(13) if 0 < down + across < 13]
    for _ in range(200):
        one = rng.getrandbits(256)
        flips = sum(1 << place for place in rng.sample(low, 11))
        two = (one ^ flips).to_bytes(32)
        assert likeness.near((one.to_bytes(32),) * 4) & likeness.bands(two)


def test_only_those_are_alike_that_differ_in_few_signs_though_they_share_a_band(tmp_path: Path) -> None:
    one = random.Random(8).getrandbits(256)
    low = {255 - (down * 16 + across) for down in range(14) for across in range(14 - down)}
    high = [place for place in range(256) if place not in low]
    engine = make_engine(tmp_path)
    for number, flipped in enumerate((likeness.MOST_APART, likeness.MOST_APART + 1)):
        kept = (one ^ sum(1 << place for place in high[:flipped])).to_bytes(32) * len(likeness.KEPT)
        blob = BlobId(f"{number}" * 64)
        engine.write(lambda tx, blob=blob, kept=kept: likeness_store.put(tx, blob, kept, [])).result()
    found = engine.read(lambda tx: likeness_store.near(tx, (one.to_bytes(32),) * 4))
    engine.close()
    assert found == [(BlobId("0" * 64), likeness.MOST_APART)]


@pytest.fixture
def signs(tmp_path: Path) -> Iterator[Signs]:
    office = open_at(tmp_path)
    known = Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]})
    office.deps.office.act(office.deps.office.person, known)
    yield Signs(office)
    shut(office)


def front(office: Office, data: bytes, field: str = "foto_rumah_depan") -> Evidence:
    """Return evidence of a picture that a phone sends."""
    return Evidence(
        blob=office.phone.send_blob(data),
        form="bpnt_kpm",
        field=field,
        size_bytes=len(data),
        media_type="image/jpeg",
        camera_sha256=random.Random(data).randbytes(32).hex(),
        taken_ms=office.deps.now_ms() - 1_800_000,
    )


def sent(office: Office, data: bytes, *, field: str = "foto_rumah_depan", other: str = "") -> RecordId:
    """Send a visit with one photo, to the office's usual warga or to another."""
    warga = office.add_warga(other, DESA) if other else None
    return office.add_visit(warga=warga, evidence=[front(office, data, field)], answers=WHOLE)[0]


PLAIN = picture("rumah pertama", 0)
COPY = jpeg(smaller(cropped(opened(PLAIN), 0.04, 0.04, 0.04, 0.04), 900), 60)


def test_a_copy_of_a_photo_of_another_house_is_shown_where_it_came_again(signs: Signs) -> None:
    office = signs.office
    first, again = sent(office, PLAIN), sent(office, COPY, other="Orang Lain")
    assert signs.of(again) == {ALIKE} and signs.of(first) == set()
    assert signs.warnings(again) == {"Mirip foto di kunjungan lain"} and signs.warnings(first) == set()
    (meant,) = signs.meant(again)
    assert (meant.visit, meant.blob, meant.theirs) == (
        first,
        *office.blobs_of(again),
        *office.blobs_of(first),
    )
    assert meant.alike and meant.here and meant.there
    assert signs.meant(first) == ()


def test_the_two_photos_stand_side_by_side_with_a_way_to_the_earlier_visit(signs: Signs) -> None:
    office = signs.office
    first, again = sent(office, PLAIN), sent(office, COPY, other="Orang Lain")
    signs.site.likenesses.catch_up(60)
    with serving_cheaply(office) as address, browser(address, "kabid") as client:
        page = client.get(f"/kunjungan/{again}").text
        pair = page.partition('<div class="alike">')[2].partition("</div>")[0]
        shown = re.findall(r'src="([^"]+)"', pair)
        sizes = [opened(client.get(each).content).size for each in shown]
        queue = client.get("/antrean?tanda=foto_mirip").text
        earlier = client.get(f"/kunjungan/{first}").text
    theirs, own = office.blobs_of(first)[0], office.blobs_of(again)[0]
    assert shown == [f"/kunjungan/{again}/foto/{own}/kecil", f"/kunjungan/{first}/foto/{theirs}/kecil"]
    assert sizes[0][0] == sizes[1][0] == 320
    assert f'href="/kunjungan/{first}#i-{theirs}"' in page and f'id="i-{theirs}"' in earlier
    assert "Mirip foto di kunjungan lain" in page and ALIKE in page and ALIKE not in earlier
    assert "Orang Lain" in queue and "Sutarmi" not in queue


def test_what_came_first_is_told_by_when_it_came_and_not_by_when_it_was_compared(signs: Signs) -> None:
    office = signs.office
    first, again = sent(office, PLAIN), sent(office, COPY, other="Orang Lain")
    places = office.deps.engine.read(lambda tx: likeness_store.to_compare(tx, 10))
    assert [place.blob for place in places] == office.blobs_of(again) + office.blobs_of(first), "newest first"
    assert signs.of(first) == set() and signs.of(again) == {ALIKE}


def test_a_photo_that_looks_like_one_of_a_closed_visit_does_not_name_it(signs: Signs) -> None:
    office = signs.office
    office.add_person("jauh", "Verifikator Jauh", "U20", ("verifikator",), areas=("33.14.02",))
    here = sent(office, PLAIN)
    there, _ = office.add_visit(
        warga=office.add_warga("Orang Jauh", ELSEWHERE),
        answers={"kode_desa": ELSEWHERE},
        evidence=[front(office, COPY)],
    )
    assert ALIKE in signs.of(there)
    assert [meant.visit for meant in signs.meant(there)] == [here] and signs.meant(there, "jauh") == ()


def test_photos_of_one_visit_or_of_one_target_are_not_shown_as_alike(signs: Signs) -> None:
    office = signs.office
    visit, _ = office.add_visit(evidence=[front(office, PLAIN), front(office, COPY, "foto_rumah_dalam")])
    assert signs.of(visit) == set()
    next_quarter = sent(office, jpeg(opened(PLAIN), 40))
    assert ALIKE not in signs.of(next_quarter) and ALIKE not in signs.of(visit)


def test_papers_are_not_compared_as_they_all_look_alike(signs: Signs) -> None:
    office = signs.office
    sent(office, PLAIN, field="foto_kk")
    again = sent(office, COPY, field="foto_kk", other="Orang Lain")
    assert signs.of(again) == set()


def test_one_shot_of_a_camera_is_told_as_the_same_and_not_as_alike_too(signs: Signs) -> None:
    office = signs.office
    shot = front(office, PLAIN)
    first, _ = office.add_visit(evidence=[shot])
    stamped = replace(shot, blob=office.phone.send_blob(COPY))
    again, _ = office.add_visit(warga=office.add_warga("Orang Lain", DESA), evidence=[stamped])
    assert signs.of(first) == set() and signs.of(again) == {REUSED}


def test_a_visit_to_nobody_that_the_office_knows_is_compared_with_all_but_itself(signs: Signs) -> None:
    office = signs.office
    first, change = office.add_visit(evidence=[front(office, PLAIN)])
    shot = front(office, jpeg(opened(PLAIN), 40))
    office.add_visit(visit=first, follows=change, evidence=[shot])
    again = sent(office, COPY, other="Orang Lain")
    office.deps.engine.write(
        lambda tx: tx.execute("UPDATE kunjungan SET subject = '' WHERE kabupaten = :kabupaten")
    ).result()
    signs.site.likenesses.catch_up(60)
    found = office.deps.engine.read(lambda tx: sign_store.alike_photos(tx, [first, again]))
    assert {visit for visit, _ in found} == {again}


def test_a_photo_is_compared_when_its_bytes_have_come_and_not_when_it_is_named(signs: Signs) -> None:
    office = signs.office
    sent(office, PLAIN)
    shot = replace(
        front(office, PLAIN),
        blob=BlobId(sha256(COPY).hexdigest()),
        size_bytes=len(COPY),
        camera_sha256="cd" * 32,
    )
    again, _ = office.add_visit(warga=office.add_warga("Orang Lain", DESA), evidence=[shot])
    assert signs.of(again) == set()
    office.phone.send_blob(COPY)
    assert ALIKE in signs.of(again)


class SealedForms:
    """The forms, as if all of them were of cases that are sealed."""

    def versions(self, form: str) -> tuple[int, ...]:
        return FORMS.versions(form)

    def get(self, form: str, version: int) -> Form:
        return replace(FORMS.get(form, version), service="ktkpm")


def test_photos_of_what_is_sealed_are_never_opened(signs: Signs) -> None:
    deps = signs.office.deps
    sent(signs.office, PLAIN)
    work = Likenesses(deps.engine, deps.blobs, deps.parsers, SealedForms())  # pyright: ignore[reportArgumentType]
    assert not work.catch_up(60) and kept(deps) == 0


@pytest.mark.parametrize("data", [b"\xff\xd8 bukan foto", COPY[:2000], jpeg(Image.new("RGB", (400, 300)))])
def test_what_is_no_picture_is_compared_once_and_breaks_nothing(signs: Signs, data: bytes) -> None:
    first, again = sent(signs.office, data), sent(signs.office, data + b" ", other="Orang Lain")
    assert signs.of(first) == signs.of(again) == set()
    assert kept(signs.office.deps) == 0
    assert signs.office.deps.engine.read(lambda tx: likeness_store.to_compare(tx, 10)) == []


def kept(deps: Deps, *tables: str) -> int:
    """Count all that is kept of pictures, or what some tables do."""

    def work(tx: Reader) -> int:
        found = [
            tx.query(f"SELECT count(*) FROM {table} WHERE kabupaten = :kabupaten")
            for table in tables or TABLES
        ]
        return sum(rows[0][0] for rows in found)

    return deps.engine.read(work)


def test_a_photo_whose_bytes_are_gone_stops_no_other(signs: Signs) -> None:
    office = signs.office
    first, lost = sent(office, PLAIN), sent(office, picture("hilang", 1), other="Orang Hilang")
    office.deps.blobs.remove(*office.blobs_of(lost))
    again = sent(office, COPY, other="Orang Lain")
    assert signs.of(again) == {ALIKE} and signs.of(first) == set()


def test_of_destroyed_photos_nothing_stays(signs: Signs) -> None:
    office = signs.office
    first, again = sent(office, PLAIN), sent(office, COPY, other="Orang Lain")
    assert signs.of(again) == {ALIKE}
    blobs = [*office.blobs_of(first), *office.blobs_of(again)]
    office.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], blobs[:1])).result()
    assert signs.of(again) == set() and kept(office.deps) > 0 == kept(office.deps, "twins")
    office.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], blobs[1:])).result()
    assert kept(office.deps) == 0


def test_what_is_destroyed_while_it_is_compared_leaves_nothing(signs: Signs) -> None:
    office = signs.office
    visit = sent(office, PLAIN)
    (blob,) = office.blobs_of(visit)

    class Slow:
        """Destroys the photo while its picture is looked at."""

        def likenesses(self, data: bytes) -> tuple[bytes, ...]:
            deps = office.deps
            deps.engine.write(
                lambda tx: tx.execute(
                    "DELETE FROM blob_refs WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob}
                )
            ).result()
            return deps.parsers.likenesses(data)

    deps = office.deps
    Likenesses(deps.engine, deps.blobs, Slow(), deps.forms).catch_up(60)  # pyright: ignore[reportArgumentType]
    assert kept(deps) == 0


def test_a_photo_that_was_destroyed_while_another_was_compared_is_named_by_none(signs: Signs) -> None:
    office = signs.office
    (blob,) = office.blobs_of(sent(office, PLAIN))
    made, gone = likenesses_of(PLAIN), BlobId("0" * 64)

    def work(tx: Writer) -> None:
        likeness_store.put(tx, blob, likeness.kept(made), [(gone, 3), (blob, 0)])

    office.deps.engine.write(work).result()
    assert kept(office.deps, "twins") == 0 < kept(office.deps)


def test_what_was_left_is_compared_after_the_office_started_again(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    first, again = sent(office, PLAIN), sent(office, COPY, other="Orang Lain")
    assert build_site(office.deps).likenesses.catch_up(0), "no time for a single one"
    shut(office)
    deps = open_office(tmp_path / "office", None)
    assert isinstance(deps, Deps)
    assert not build_site(deps).likenesses.catch_up(60)
    found = deps.engine.read(lambda tx: sign_store.alike_photos(tx, [first, again]))
    assert {visit for visit, _ in found} == {again}
    close_office(deps)


def no_time(tx: Reader, limit: int) -> list[likeness_store.Place]:
    return []


def test_clean_visits_are_gathered_only_when_their_photos_were_compared(
    signs: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, site = signs.office, signs.site
    sent(office, PLAIN)
    kabid = signs.person("kabid")
    with monkeypatch.context() as patched:
        patched.setattr(likeness_store, "to_compare", no_time)
        assert site.together.begin(kabid, "", "") is None
    batch = site.together.begin(kabid, "", "")
    assert batch is not None and len(batch.visits) == 1


def test_a_copy_keeps_its_visit_out_of_those_that_are_approved_together(signs: Signs) -> None:
    office = signs.office
    first = sent(office, PLAIN)
    sent(office, COPY, other="Orang Lain")
    batch = signs.site.together.begin(signs.person("kabid"), "", "")
    assert batch is not None and list(batch.visits) == [first]
