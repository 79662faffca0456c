"""Signs: what is odd about a visit is shown where it is decided, and the filter finds just that."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from schemas.format import local_date
from schemas.ids import ChangeId, RecordId
from server.access import Person
from server.engine import Writer
from server.migrate import migrations, statements
from server.page_store import QueueFilter
from server.projections import quarter_of
from server.services import signs as examining
from server.services.meant import Meant
from server.services.proofs import lasted_min
from server.services.queue import Asked, QueuePage, QueueRow
from server.services.review import Open
from server.services.visits import load_visit
from server.web.queue import SIGNS
from sync.change import Decide, Evidence, Patch
from tests.server.test_conflict_pages import Desk
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, picture, place, shut

TWICE = "Dua kunjungan dalam satu triwulan"
REUSED = "Foto pernah dipakai"
FAR = "Jauh dari rumah"
CLOCK = "Jam HP salah"
OUTSIDE = "Di luar desa"
LNG, MUCH_M = 110.7820, 5_000
MINUTE_MS = 60_000


class Signs:
    """What the queue and the review page say of a visit; both must say the same."""

    def __init__(self, office: Office) -> None:
        desk = Desk(office)
        self.office, self._desk, self.site, self._kabid = office, desk, desk.site, desk.person("kabid")
        self.words = desk.site.words
        self._signs = {sign: desk.site.text(f"kantor.tanda.{sign}") for sign in SIGNS}

    def person(self, name: str) -> Person:
        return self._desk.person(name)

    def of(self, visit: RecordId) -> set[str]:
        assert not self.site.likenesses.catch_up(60)
        page = self.site.reviews.open(self._kabid, visit)
        assert isinstance(page, Open)
        shown = set(page.page.flags)
        assert {row.id: set(row.flags) for row in self.rows("")}.get(visit, shown) == shown
        assert (visit in {row.id for row in self.rows("ya")}) == bool(shown)
        assert (visit in {row.id for row in self.rows("tidak")}) == (not shown)
        for sign, label in self._signs.items():
            found = {row.id for row in self.rows("", sign)}
            assert (visit in found) == (label in shown), sign
        return shown

    def meant(self, visit: RecordId, reader: str = "kabid") -> tuple[Meant, ...]:
        found = self.office.deps.engine.read(lambda tx: load_visit(tx, visit))
        assert found is not None
        person = self.person(reader)
        assert isinstance(self.site.reviews.open(person, visit), Open)
        return self.site.reviews.meant(person, found).shown

    def rows(self, flagged: Literal["", "ya", "tidak"], sign: str = "") -> list[QueueRow]:
        wanted = QueueFilter(flagged=flagged, sign=sign)
        page = self.site.queue.page(self._kabid, Asked(wanted=wanted))
        assert isinstance(page, QueuePage) and page.total == len(page.rows)
        return list(page.rows)

    def findings(self, visit: RecordId) -> list[str]:
        page = self.site.reviews.open(self._kabid, visit)
        assert isinstance(page, Open)
        return [finding.text for finding in page.page.findings]

    def photos(self, visit: RecordId) -> list[Evidence]:
        found = self.office.deps.engine.read(lambda tx: load_visit(tx, visit))
        assert found is not None
        return found.newest.photos

    def warnings(self, visit: RecordId) -> set[str]:
        page = self.site.reviews.open(self._kabid, visit)
        assert isinstance(page, Open)
        return {warning for photo in page.page.photos for warning in photo.warnings}


def move_home(office: Office, warga: RecordId, lat: float) -> None:
    """Let somebody's recorded home be elsewhere."""
    patch = Patch(
        record=warga,
        kind="warga",
        base={"rumah": office.fields(warga)["rumah"]},
        new={"rumah": {"lat": lat, "lng": LNG}},
    )
    office.deps.office.act(office.deps.office.person, patch)


@pytest.fixture
def signs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signs]:
    office = open_at(tmp_path_factory.mktemp("signs"))
    yield Signs(office)
    shut(office)


def test_a_second_visit_to_one_target_in_one_quarter_is_shown_at_both(signs: Signs) -> None:
    office = signs.office
    first, _ = office.add_visit(photos=())
    assert signs.of(first) == set()
    second, _ = office.add_visit(photos=())
    assert signs.of(first) == signs.of(second) == {TWICE}
    # and each names the other, to be compared
    assert [(each.visit, each.blob) for each in signs.meant(first)] == [(second, "")]
    assert [each.visit for each in signs.meant(second)] == [first]
    other, _ = office.add_visit(photos=(), warga=office.add_warga("Orang Lain", DESA))
    assert signs.of(other) == set() and signs.meant(other) == ()


def test_quarters_are_those_of_the_offices_calendar() -> None:
    # 2026-09-30 23:59:59 and 2026-10-01 00:00:00 in WIB
    assert quarter_of(1_790_787_599_000) == "2026-3" and quarter_of(1_790_787_600_000) == "2026-4"


def test_a_photo_that_came_before_from_another_house_is_shown_where_it_came_again(signs: Signs) -> None:
    office = signs.office
    first, change = office.add_visit()
    found = office.deps.engine.read(lambda tx: load_visit(tx, first))
    assert found is not None
    again, _ = office.add_visit(
        warga=office.add_warga("Orang Lain", DESA), evidence=found.newest.submit.evidence
    )
    # a correction of the first keeps its photos and stays the first
    office.add_visit(visit=first, follows=change, evidence=found.newest.submit.evidence)
    assert signs.of(again) == {REUSED} and signs.of(first) == set()
    assert signs.warnings(again) == {"Sudah ada di kunjungan lain"} and signs.warnings(first) == set()
    blobs = {item.blob for item in found.newest.submit.evidence}
    assert {(each.visit, each.blob) for each in signs.meant(again)} == {(first, blob) for blob in blobs}
    assert signs.meant(first) == ()


def test_one_shot_of_a_camera_used_for_two_houses_is_shown_though_each_photo_has_its_own_name(
    signs: Signs,
) -> None:
    office = signs.office
    first, change = office.add_visit(photos=("foto_rumah_depan",))
    assert signs.of(first) == set()
    (shot,) = signs.photos(first)
    stamped = replace(shot, blob=office.phone.send_blob(picture("waktu dan tempat lain", 0)))
    again, _ = office.add_visit(warga=office.add_warga("Orang Lain", DESA), evidence=[stamped])
    assert signs.of(again) == {REUSED} and signs.of(first) == set()
    assert [(each.visit, each.blob) for each in signs.meant(again)] == [(first, stamped.blob)]
    office.add_visit(visit=first, follows=change, photos=(), evidence=[shot])
    assert signs.of(first) == set()


def test_another_visit_is_not_named_to_whom_it_is_closed(signs: Signs) -> None:
    office = signs.office
    office.add_person("jauh", "Verifikator Jauh", "U20", ("verifikator",), areas=("33.14.02",))
    here, _ = office.add_visit()
    found = office.deps.engine.read(lambda tx: load_visit(tx, here))
    assert found is not None
    there, _ = office.add_visit(
        warga=office.add_warga("Orang Jauh", ELSEWHERE),
        answers={"kode_desa": ELSEWHERE},
        evidence=found.newest.submit.evidence,
    )
    assert {each.visit for each in signs.meant(there)} == {here}
    assert signs.meant(there, "jauh") == ()


def test_a_clock_or_a_place_that_cannot_be_right_is_shown(signs: Signs) -> None:
    office = signs.office
    now = office.deps.now_ms()
    late, change = office.add_visit(photos=(), wall_ms=now + 20 * MINUTE_MS)
    assert signs.of(late) == {CLOCK}
    # the correction is judged by itself
    office.add_visit(visit=late, follows=change, photos=())
    assert signs.of(late) == set()
    far = office.add_warga("Orang Jauh", DESA)
    move_home(office, far, -7.47)
    early, _ = office.add_visit(photos=(), warga=far, wall_ms=now - 90 * MINUTE_MS)
    assert signs.of(early) == {CLOCK, FAR}


@pytest.mark.parametrize(
    ("begun", "ended", "minutes"),
    [
        ("23:40", "00:25", 45),
        ("09:10", "09:10", 0),
        ("06:00", "18:00", 720),
        ("10:00", "09:59", None),
        ("22:30", "23:59", None),
    ],
)
def test_a_visit_over_midnight_took_as_long_as_it_did_and_a_mistake_in_its_times_tells_nothing(
    signs: Signs, begun: str, ended: str, minutes: int | None
) -> None:
    visit, _ = signs.office.add_visit(answers={"jam_mulai": begun, "jam_selesai": ended})
    found = signs.office.deps.engine.read(lambda tx: load_visit(tx, visit))
    assert found is not None and lasted_min(found.newest) == minutes


def test_a_visit_outside_its_desa_is_shown_and_one_near_its_border_is_not(signs: Signs) -> None:
    office, desa = signs.office, signs.words.wilayah
    now = office.deps.now_ms()
    inside, outside = -7.4400, -7.3000
    assert desa.outside_m(DESA, inside, LNG) == 0 and desa.outside_m(DESA, outside, LNG) > MUCH_M
    # somebody of that desa whose recorded home is elsewhere: far from no home, and yet not where the desa is
    away = office.add_warga("Orang Pindah", DESA)
    move_home(office, away, outside)
    there, _ = office.add_visit(photos=(), warga=away, at=place(now, outside))
    assert signs.of(there) == {OUTSIDE}
    step = 0.0001
    border = next(at for n in range(2_000) if desa.outside_m(DESA, at := inside + n * step, LNG) > 0)
    near = office.add_warga("Orang Tepi", DESA)
    move_home(office, near, border)
    edge, _ = office.add_visit(photos=(), warga=near, at=place(now, border))
    assert signs.of(edge) == set()


def test_what_waited_before_the_sign_was_known_is_examined_once_more(signs: Signs) -> None:
    office = signs.office
    waiting, _ = office.add_visit(photos=())
    decided, change = office.add_visit(photos=(), warga=office.add_warga("Orang Lain", DESA))
    assert signs.of(waiting) == signs.of(decided) == set()
    word = Decide(visit=decided, follows=change, decision="setujui", reasons={}, note="")
    office.deps.office.act(office.people["kabid"], word)
    script = dict(migrations())[37]

    def work(tx: Writer) -> list[str]:
        for statement in statements(script):
            tx.execute(statement)
        return [str(row[0]) for row in tx.query("SELECT visit FROM tanda WHERE kabupaten = :kabupaten")]

    assert office.deps.engine.write(work).result() == [decided]
    assert signs.of(waiting) == set()


def test_what_changes_while_a_visit_is_examined_leaves_no_old_sign(
    signs: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, examined, moved = signs.office, examining._examined, list[RecordId]()  # pyright: ignore[reportPrivateUsage]
    visit, _ = office.add_visit(photos=())

    def meanwhile(*given: Any) -> Any:
        found = examined(*given)
        if found and not moved:
            moved.append(office.warga)
            move_home(office, office.warga, 1.0)
            # elsewhere, as what reads here sees one moment only
            office.deps.pool.submit(signs.site.indexing.catch_up).result()
        return found

    monkeypatch.setattr(examining, "_examined", meanwhile)
    assert FAR in signs.of(visit)


CHILD = "Anak, tanpa keterangan wali"


@pytest.mark.parametrize(
    ("begun", "ended", "shown"),
    [
        ("09:10", "09:12", True),
        ("09:10", "09:15", False),
        ("09:10", None, False),
        ("09:10", "25:00", False),
        ("23:50", "00:10", False),
        ("23:58", "00:01", True),
        ("23:57", "23:59", False),
    ],
)
def test_a_visit_that_took_less_time_than_its_questions_is_shown(
    signs: Signs, begun: str, ended: str | None, shown: bool
) -> None:
    times = {"jam_mulai": begun, "jam_selesai": ended}
    visit, change = signs.office.add_visit(answers=times)
    assert ("Terlalu singkat" in signs.of(visit)) == shown
    signs.office.add_visit(visit=visit, follows=change, answers=times)
    assert "Terlalu singkat" not in signs.of(visit), "a correction takes a moment"


@pytest.mark.parametrize(
    ("age_years", "answered", "shown"),
    [
        (12, "anak", True),
        (12, "lainnya", True),
        (12, "kepala_keluarga", False),
        (12, "orang_tua_mertua", False),
        (17, "diri_sendiri", True),
        (19, "diri_sendiri", False),
    ],
)
def test_a_child_for_whom_no_guardian_answered_is_shown(
    signs: Signs, age_years: int, answered: str, shown: bool
) -> None:
    today = local_date(signs.office.deps.now_ms())
    born = today.replace(year=today.year - age_years, day=1).isoformat()
    visit, _ = signs.office.add_visit(
        warga=signs.office.add_warga("Warga Muda", DESA),
        answers={"tanggal_lahir": born, "hubungan_responden": answered},
    )
    assert (CHILD in signs.of(visit)) == shown


DIFFERS = "Berbeda dari data kantor"


def found_otherwise(signs: Signs, base: dict[str, str], new: dict[str, str]) -> tuple[RecordId, ChangeId]:
    """Let a phone send what it found different, and then the visit, as it does when a draft is finished."""
    office = signs.office
    patch = Patch(record=office.warga, kind="warga", base=base, new=new)
    office.phone.push(patch)
    return office.add_visit(photos=(), answers=dict(new))


@pytest.mark.parametrize(
    ("base", "new", "shown"),
    [
        ({"tanggal_lahir": "1979-05-05"}, {"tanggal_lahir": "1980-01-01"}, True),
        ({"nama": "Sutarmi"}, {"nama": "Sukarmi"}, True),
        ({"nama": "SUTARMI."}, {"nama": "Sutarmi"}, False),
        ({}, {"tanggal_lahir": "1980-01-01"}, False),
        ({"alamat": "Dukuh Lama"}, {"alamat": "Dukuh Baru"}, False),
    ],
    ids=["birth", "name", "spelling", "unknown until now", "moved house"],
)
def test_a_visit_that_contradicts_the_record_is_shown_with_what_stood_there(
    signs: Signs, base: dict[str, str], new: dict[str, str], shown: bool
) -> None:
    visit, _ = found_otherwise(signs, base, new)
    assert (DIFFERS in signs.of(visit)) == shown
    told = signs.findings(visit)
    assert any("di data kantor" in text for text in told) == shown


def test_what_the_record_said_stays_told_until_a_correction_agrees_with_it(signs: Signs) -> None:
    office = signs.office
    visit, change = found_otherwise(signs, {"nik": "3314990101790009"}, {"nik": "3314990101800001"})
    assert signs.of(visit) == {DIFFERS}
    # numbers of persons stay covered there too
    assert [text for text in signs.findings(visit) if "kantor" in text] == [
        "Sebelum kunjungan ini, di data kantor: •••• 0009"
    ]
    _, again = office.add_visit(visit=visit, follows=change, photos=())
    assert signs.of(visit) == {DIFFERS}
    agrees = {"nik": "3314990101790009"}
    office.add_visit(visit=visit, follows=again, photos=(), answers=agrees)
    assert DIFFERS not in signs.of(visit)


def test_what_was_found_different_at_another_house_says_nothing_of_this_visit(signs: Signs) -> None:
    other = signs.office.add_warga("Orang Lain", DESA)
    visit, _ = found_otherwise(signs, {"nama": "Sukarmi"}, {"nama": "Sutarmi"})
    after, _ = signs.office.add_visit(photos=(), warga=other)
    assert DIFFERS in signs.of(visit) and DIFFERS not in signs.of(after)
