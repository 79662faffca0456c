"""Targets: set by a kabid, on record; how far the visits are, for whom, and what is left a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from python_calamine import CalamineWorkbook

from schemas.format import moment_ms
from schemas.holidays import fields_of
from schemas.ids import RecordId
from schemas.wilayah import load_wilayah
from server import figure_store, queries
from server.access import Person
from server.engine import Writer
from server.figure_store import DUE, OPEN, Count, Counted, Day
from server.periods import Period
from server.services.charts import CLOSED
from server.services.people import Denied
from server.services.target_progress import Goal, Received, TargetBoard, TargetProgress
from server.services.target_words import TargetWords
from server.services.targets import NotSet, Targeting, read_numbers
from server.targets import KIND, Aim, parts
from server.web.building import build_site
from sync.change import Patch
from sync.scope import HOLIDAYS, views
from tests.contract.people import record_id
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

REGENCY, KALIJAMBE, PLUPUH = "33.14", "33.14.01", "33.14.02"
THURSDAY = date(2026, 11, 26)
NOVEMBER = Aim(service="bpnt", form="bpnt_kpm", start=date(2026, 11, 1), end=date(2026, 11, 30))
QUARTER = Period(kind="triwulan", start=date(2026, 10, 1))
WORKER = "b" * 32


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = open_at(tmp_path)
    yield office
    shut(office)


@pytest.fixture
def work(office: Office) -> Targeting:
    return build_site(office.deps).targeting


def count(office: Office, what: str, day: str, desa: str, times: int, form: str = "bpnt_kpm") -> None:
    """Let that many things count on a day."""
    days = [Day(what=what, day=day, form=form, desa=desa, petugas=WORKER)] * times
    name = RecordId(sha256(f"{what} {day} {desa} {form}".encode()).hexdigest()[:32])

    def put(tx: Writer) -> None:
        figure_store.put(tx, {name: Counted(days=days)}, 0)

    office.deps.engine.write(put).result()


def board(
    office: Office,
    person: Person | None = None,
    region: str = "",
    day: date = THURSDAY,
    period: Period = QUARTER,
) -> TargetBoard:
    site = build_site(office.deps)
    figures = site.dashboard._figures
    progress = TargetProgress(office.deps.engine, figures, site.words, lambda: moment_ms(day, 9, 0))
    found = progress.board(person or office.person("kabid"), period, region)
    assert isinstance(found, TargetBoard)
    return found


def tell_of(office: Office, month: str) -> None:
    """Let visits have come in a month."""
    name, visit = RecordId("e" * 32), Count(month=month, desa=DESA, form="bpnt_kpm", what="kunjungan")

    def put(tx: Writer) -> None:
        figure_store.put(tx, {name: Counted(sums=[visit])}, 0)

    office.deps.engine.write(put).result()


def goal(office: Office, **given: object) -> Goal:
    found = board(office, **given)  # type: ignore[arg-type]
    assert len(found.goals) == 1
    return found.goals[0]


def a_working_month(office: Office, work: Targeting) -> None:
    """Of 100 visits 40 were made: 25 approved, 12 wait, 3 came back, 6 since Monday; 4 were rejected."""
    assert work.set(office.person("kabid"), NOVEMBER, {REGENCY: 100}, 0) is None
    count(office, "disetujui", "2026-11-03", DESA, 19)
    count(office, "disetujui", "2026-11-23", DESA, 6)
    count(office, "diterima", "2026-11-20", ELSEWHERE, 10)
    count(office, "ditahan", "2026-11-20", ELSEWHERE, 2)
    count(office, "dikembalikan", "2026-11-12", ELSEWHERE, 3)
    count(office, "ditolak", "2026-11-24", ELSEWHERE, 4)
    count(office, "disetujui", "2026-10-31", DESA, 7)
    count(office, "disetujui", "2026-12-01", DESA, 7)
    count(office, "disetujui", "2026-11-03", DESA, 50, form="kis")


def test_each_word_stands_in_the_chain_and_the_newest_counts(office: Office, work: Targeting) -> None:
    kabid = office.person("kabid")
    assert work.set(kabid, NOVEMBER, {REGENCY: 100}, 0) is None
    seen = work.now().standing()[0].at_ms
    assert work.set(kabid, NOVEMBER, {REGENCY: 100}, 0) is None, "it is so already: nothing is written"
    assert work.set(kabid, NOVEMBER, {REGENCY: 120, PLUPUH: 30}, seen) is None
    [word] = work.now().standing()
    assert (word.aim, dict(word.numbers), word.by) == (NOVEMBER, {REGENCY: 120, PLUPUH: 30}, kabid.id)
    assert work.set(kabid, NOVEMBER, {}, word.at_ms) is None
    assert work.now().standing() == () and len(work.now().words) == 3
    assert len(office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))) == 3


def test_where_another_was_quicker_nothing_is_set(office: Office, work: Targeting) -> None:
    kabid = office.person("kabid")
    assert work.set(kabid, NOVEMBER, {REGENCY: 100}, 0) is None
    assert work.set(kabid, NOVEMBER, {REGENCY: 90}, 0) == NotSet(why="berubah")
    assert work.now().standing()[0].numbers == {REGENCY: 100}


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "pengawas", "pdp", "admin"])
def test_only_a_kabid_sets_a_target(office: Office, work: Targeting, role: str) -> None:
    assert work.set(office.person(role), NOVEMBER, {REGENCY: 100}, 0) == NotSet(why="peran")
    assert work.now().words == ()


def test_nobody_sets_or_takes_back_what_is_not_of_their_region_or_service(
    office: Office, work: Targeting
) -> None:
    narrow = replace(office.person("kabid"), areas=(KALIJAMBE,), services=("bpnt",))
    refusal = work.set(narrow, NOVEMBER, {PLUPUH: 5}, 0)
    assert refusal is not None and refusal.why == "di_luar" and "Plupuh" in refusal.said
    assert work.set(narrow, NOVEMBER, {REGENCY: 5}, 0) is not None
    other = replace(NOVEMBER, service="kis", form="kis")
    assert work.set(narrow, other, {KALIJAMBE: 5}, 0) == NotSet(why="untuk")
    assert work.set(narrow, NOVEMBER, {KALIJAMBE: 5}, 0) is None
    assert work.set(office.person("kabid"), other, {REGENCY: 9}, 0) is None
    wide = replace(narrow, services=())
    assert work.set(wide, other, {}, work.now().words[-1].at_ms) == NotSet(why="peran")
    assert len(work.now().standing()) == 2


@pytest.mark.parametrize(
    ("aim", "numbers", "why"),
    [
        (replace(NOVEMBER, service="ktkpm", form=""), {REGENCY: 5}, "untuk"),
        (replace(NOVEMBER, service="umum", form=""), {REGENCY: 5}, "untuk"),
        (replace(NOVEMBER, form="kks_masalah"), {REGENCY: 5}, "untuk"),
        (replace(NOVEMBER, form="kis"), {REGENCY: 5}, "untuk"),
        (replace(NOVEMBER, end=date(2026, 10, 31)), {REGENCY: 5}, "masa"),
        (replace(NOVEMBER, end=date(2027, 11, 2)), {REGENCY: 5}, "masa"),
        (NOVEMBER, {"33.14.99": 5}, "wilayah_lain"),
        (NOVEMBER, {REGENCY: 0}, "jumlah"),
        (NOVEMBER, {REGENCY: 1_000_001}, "jumlah"),
    ],
)
def test_what_cannot_be_a_target_is_not_set(
    office: Office, work: Targeting, aim: Aim, numbers: dict[str, int], why: str
) -> None:
    assert work.set(office.person("kabid"), aim, numbers, 0) == NotSet(why=why)
    assert work.now().words == ()


def test_no_phone_sees_a_target_or_sets_one(office: Office, work: Targeting) -> None:
    assert work.set(office.person("kabid"), NOVEMBER, {REGENCY: 100}, 0) is None
    [record] = office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    assert views(record) == {}
    new = {**record.fields, "jumlah": {REGENCY: 1}, "sejak_ms": record.fields["sejak_ms"] + 1}
    office.phone.push(Patch(record=RecordId("c" * 32), kind=KIND, base={}, new=new))
    assert work.now().standing()[0].numbers == {REGENCY: 100}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Plupuh 350\nKec. Kalijambe\t1.200\n", {PLUPUH: 350, KALIJAMBE: 1_200}),
        ("33.14.02; 7\n\n331401 = 8", {PLUPUH: 7, KALIJAMBE: 8}),
        ("1. Kecamatan Plupuh : 5", {PLUPUH: 5}),
        ("Desa Keden, Kecamatan Kalijambe 12", {DESA: 12}),
        ("Sragen 4", {"33.14.10": 4}),
        ("Plupuh 0", {}),
        ("", {}),
        ("Plupuh", NotSet(why="baris", line=1, said="Plupuh")),
        ("Plupuh 5\nPlupuh banyak", NotSet(why="baris", line=2, said="Plupuh banyak")),
        ("Plupuh -5", NotSet(why="baris", line=1, said="Plupuh -5")),
        ("Plupuh 9999999", NotSet(why="baris", line=1, said="Plupuh 9999999")),
        ("Wakanda 5", NotSet(why="tidak_dikenal", line=1, said="Wakanda")),
        ("Plupuh 5\nKec. Plupuh 6", NotSet(why="dua_kali", line=2, said="Plupuh")),
    ],
)
def test_a_table_that_is_pasted_is_read_or_its_line_is_told(
    text: str, found: dict[str, int] | NotSet
) -> None:
    assert read_numbers(load_wilayah(), text) == found


def test_a_desa_of_a_common_name_needs_its_kecamatan() -> None:
    wilayah = load_wilayah()
    names = [each.nama for each in wilayah if each.level == "desa"]
    twin = next(each for each in wilayah if names.count(each.nama) > 1 and len(wilayah.find(each.nama)) == 2)
    above = wilayah.get(twin.parent)
    assert above is not None
    assert read_numbers(wilayah, f"{twin.nama} 5") == NotSet(why="kembar", line=1, said=twin.nama)
    assert read_numbers(wilayah, f"{twin.nama}, {above.nama} 5") == {twin.kode: 5}


def test_the_parts_of_a_target_are_the_region_itself_or_the_next_below() -> None:
    numbers = {KALIJAMBE: 5, DESA: 2, ELSEWHERE: 3}
    assert parts(numbers, REGENCY) == (KALIJAMBE, ELSEWHERE)
    assert parts(numbers, KALIJAMBE) == (KALIJAMBE,) and parts(numbers, PLUPUH) == (ELSEWHERE,)
    assert parts(numbers, "33.14.03") == () and parts({"33.14.1": 1}, "33.14.10") == ()


@pytest.mark.parametrize(
    ("first", "last", "months", "days"),
    [
        ("2026-10-01", "2026-12-31", ("2026-10", "2026-12"), []),
        ("2026-11-05", "2026-11-09", None, [("2026-11-05", "2026-11-09")]),
        ("2026-11-01", "2026-11-30", ("2026-11", "2026-11"), []),
        ("2026-11-01", "2026-11-29", None, [("2026-11-01", "2026-11-29")]),
        ("2026-10-31", "2026-11-30", ("2026-11", "2026-11"), [("2026-10-31", "2026-10-31")]),
        ("2026-10-01", "2026-11-02", ("2026-10", "2026-10"), [("2026-11-01", "2026-11-02")]),
        ("2026-10-30", "2026-11-02", None, [("2026-10-30", "2026-10-31"), ("2026-11-01", "2026-11-02")]),
        ("2026-12-30", "2027-01-02", None, [("2026-12-30", "2026-12-31"), ("2027-01-01", "2027-01-02")]),
        ("", "9999-12-31", ("", "9999-12"), []),
    ],
)
def test_a_span_is_told_from_whole_months_and_the_days_around_them(
    first: str, last: str, months: tuple[str, str] | None, days: list[tuple[str, str]]
) -> None:
    assert figure_store.whole_months(first, last) == (months, days)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 500))
def test_no_day_of_a_span_is_left_out_or_counted_twice(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    months, days = figure_store.whole_months(first.isoformat(), last.isoformat())
    for offset in range(-40, length + 41):
        day = (first + timedelta(days=offset)).isoformat()
        times = sum(low <= day <= high for low, high in days)
        times += months is not None and months[0] <= day[:7] <= months[1]
        assert times == (0 <= offset <= length), day


def test_progress_counts_what_came_in_then_and_was_not_rejected(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    found = goal(office)
    here = found.here
    assert (here.target, here.approved, here.waiting, here.returned) == (100, 25, 12, 3)
    assert (here.done, here.left, here.week) == (40, 60, 6)
    assert (found.days_left, here.pace) == (3, 20), "Thursday, Friday, Monday"
    assert found.phase == "berjalan" and found.by_now == round(100 * 18 / 21)
    said = TargetWords(build_site(office.deps).words).card(found, "", QUARTER)
    assert said.said == (
        "40 dari 100 kunjungan (40%). Sisa 60, dengan 3 hari kerja lagi:"
        " perlu 20 kunjungan per hari kerja. Minggu ini 6."
    )
    assert said.mark is not None and said.mark[2] == "Tertinggal dari waktu"


def test_days_off_are_no_days_on_which_anything_is_still_to_be_done(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    off = dict.fromkeys((date(2026, 11, day) for day in (10, 11, 12, 27)), "Libur uji")
    office.deps.office.act(
        office.people["kabid"],
        Patch(record=HOLIDAYS, kind="referensi", base={}, new=fields_of(2026, off)),
    )
    found = goal(office)
    assert (found.days_left, found.here.pace) == (2, 30), "Thursday and Monday"
    assert found.by_now == round(100 * 15 / 17)


@pytest.mark.parametrize(
    ("day", "phase", "pace"),
    [
        (date(2026, 10, 31), "belum", 3),
        (date(2026, 11, 2), "berjalan", 3),
        (date(2026, 11, 30), "berjalan", 60),
        (date(2026, 12, 1), "lewat", 0),
    ],
)
def test_a_target_is_ahead_under_way_or_over(
    office: Office, work: Targeting, day: date, phase: str, pace: int
) -> None:
    a_working_month(office, work)
    found = goal(office, day=day)
    assert (found.phase, found.here.pace) == (phase, pace)


def test_a_target_that_is_reached_asks_for_nothing(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    assert work.set(office.person("kabid"), NOVEMBER, {REGENCY: 40}, work.now().words[-1].at_ms) is None
    found = goal(office)
    assert (found.phase, found.here.left, found.here.pace) == ("tercapai", 0, 0)


def test_a_number_of_a_part_counts_that_part_alone(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    seen = work.now().words[-1].at_ms
    assert work.set(office.person("kabid"), NOVEMBER, {KALIJAMBE: 50}, seen) is None
    here = goal(office).here
    assert (here.target, here.done) == (50, 25), "what was done in Plupuh counts for no target"
    inner = dict(goal(office).inner)
    assert (inner[KALIJAMBE].target, inner[PLUPUH].target, inner[PLUPUH].done) == (50, None, 15)


def test_each_kecamatan_and_desa_has_its_own_progress(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    seen = work.now().words[-1].at_ms
    numbers = {REGENCY: 100, KALIJAMBE: 50, DESA: 30}
    assert work.set(office.person("kabid"), NOVEMBER, numbers, seen) is None
    down = goal(office, region=KALIJAMBE)
    assert (down.here.target, down.here.done, down.here.left) == (50, 25, 25)
    assert [(code, told.target, told.done) for code, told in down.inner] == [(DESA, 30, 25)]
    assert goal(office, region=PLUPUH).here.target is None


def test_without_a_number_the_tugas_that_are_due_are_the_target(office: Office, work: Targeting) -> None:
    count(office, DUE, "2026-11-10", DESA, 30)
    count(office, DUE, "2026-12-31", ELSEWHERE, 10)
    count(office, DUE, "2027-01-01", ELSEWHERE, 99)
    count(office, "disetujui", "2026-10-02", DESA, 5)
    found = board(office)
    assert not found.is_set
    [only] = found.goals
    assert only.from_tasks and (only.here.target, only.here.done) == (40, 5)
    assert work.set(office.person("kabid"), replace(NOVEMBER, form=""), {REGENCY: 100}, 0) is None
    assert [each.from_tasks for each in board(office).goals] == [False], "the service's number speaks for it"


def test_each_sees_the_targets_of_their_own_work(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    narrow = replace(office.person("verifikator"), areas=(PLUPUH,))
    here = goal(office, person=narrow).here
    assert (here.target, here.done) == (None, 15), "the regency's number is not that of a kecamatan"
    both = replace(narrow, areas=(PLUPUH, ELSEWHERE))
    assert goal(office, person=both).here.done == 15, "a desa of one's kecamatan counts once"
    aside = board(office, person=narrow, region=KALIJAMBE).goals[0].here
    assert (aside.target, aside.done) == (None, 0)
    seen = work.now().standing()[0].at_ms
    assert work.set(office.person("kabid"), NOVEMBER, {KALIJAMBE: 350, DESA: 40}, seen) is None
    [(inner, told)] = goal(office, person=replace(narrow, areas=(DESA,))).inner
    assert (inner, told.target, told.done) == (KALIJAMBE, 40, 25), "nor the kecamatan's that of a desa"
    assert board(office, person=replace(narrow, services=("kis",))).goals == ()
    site = build_site(office.deps)
    for name in ("pendamping", "admin", "pdp"):
        assert isinstance(site.progress.board(office.person(name), QUARTER, ""), Denied)


def test_a_desa_tells_no_small_cell(office: Office, work: Targeting) -> None:
    assert work.set(office.person("kabid"), NOVEMBER, {DESA: 30, ELSEWHERE: 30}, 0) is None
    count(office, "disetujui", "2026-11-23", DESA, 3)
    count(office, "disetujui", "2026-11-20", ELSEWHERE, 9)
    count(office, "diterima", "2026-11-20", ELSEWHERE, 2)
    words = TargetWords(build_site(office.deps).words)
    [row] = words.card(goal(office, region=KALIJAMBE), KALIJAMBE, QUARTER).rows
    assert row.cells == ("30", CLOSED, CLOSED, "0", "0", CLOSED, CLOSED, CLOSED, CLOSED)
    [row] = words.card(goal(office, region=PLUPUH), PLUPUH, QUARTER).rows
    assert row.cells == ("30", "11", CLOSED, CLOSED, "0", "19", "36%", "7", "0")
    own = words.card(goal(office, region=DESA), DESA, QUARTER)
    assert own.bar == () and own.mark is None and "ditutup" in own.said
    count(office, "disetujui", "2026-11-24", ELSEWHERE, 2)
    said = words.card(goal(office, region=ELSEWHERE), ELSEWHERE, QUARTER).said
    assert "13 dari 30" in said and said.endswith("Minggu ini •.")


def test_the_load_of_each_worker_stands_beside(office: Office, work: Targeting) -> None:
    a_working_month(office, work)
    count(office, OPEN, "2026-11-25", DESA, 2)
    count(office, OPEN, "2026-11-26", DESA, 1)
    count(office, OPEN, "", ELSEWHERE, 4)
    [worker] = board(office).workers
    assert (worker.id, worker.open, worker.late, worker.week) == (WORKER, 7, 2, 6)
    assert worker.made == 54 + 50
    [there] = board(office, region=PLUPUH).workers
    assert (there.open, there.late, there.made) == (4, 0, 15)


def test_what_came_is_held_against_the_same_days_of_the_period_before(office: Office) -> None:
    for day, times in (("2026-10-02", 5), ("2026-10-26", 4), ("2026-10-27", 50), ("2026-11-26", 7)):
        count(office, "disetujui", day, DESA, times)
    count(office, "diterima", "2026-11-03", ELSEWHERE, 2)
    count(office, "ditolak", "2026-11-04", DESA, 9)
    october, november = (Period(kind="bulan", start=date(2026, month, 1)) for month in (10, 11))
    assert board(office, period=november).received == Received(
        period=november, now=(7, 2, 0), before=None, days=26
    ), "nothing is known of the month before"
    tell_of(office, "2026-11")
    assert board(office, period=november).received.before is None, "the first visits came after it"
    tell_of(office, "2026-10")
    found = board(office, period=november).received
    assert (found.now, found.before, found.days) == ((7, 2, 0), (9, 0, 0), 26), "up to the 26th of each"
    chart = TargetWords(build_site(office.deps).words).received(found)
    assert chart.said.endswith("Oktober 2026 sampai hari ke-26: 9.")
    assert [line.label for line in chart.lines] == ["November 2026", "Oktober 2026"]
    over = board(office, period=november, day=date(2026, 12, 1)).received
    assert (over.before, over.days) == ((59, 0, 0), 0), "the whole of both"
    assert board(office, period=october, region=PLUPUH).received.now == (0, 0, 0)
    december = november.moved(1)
    assert board(office, period=december).received.before is None, "it has not begun"


def test_the_same_days_of_a_shorter_month_end_with_it(office: Office) -> None:
    for day, times in (("2026-02-28", 4), ("2026-03-01", 2)):
        count(office, "disetujui", day, DESA, times)
    tell_of(office, "2026-02")
    march = Period(kind="bulan", start=date(2026, 3, 1))
    found = board(office, period=march, day=date(2026, 3, 30)).received
    assert (found.now, found.before, found.days) == ((2, 0, 0), (4, 0, 0), 30)


def test_a_visit_counts_on_its_first_day_and_follows_what_is_decided(office: Office, work: Targeting) -> None:
    site = build_site(office.deps)
    visit, _ = office.add_visit(photos=())
    task = {"form": "bpnt_kpm", "state": "baru", "kode_desa": DESA, "petugas": office.people["pendamping"]}
    due = {**task, "jatuh_tempo": "2026-11-30"}
    office.deps.office.act(
        office.deps.office.person, Patch(record=RecordId(record_id(7_001)), kind="tugas", base={}, new=due)
    )
    called_off = {**due, "state": "batal"}
    office.deps.office.act(
        office.deps.office.person,
        Patch(record=RecordId(record_id(7_002)), kind="tugas", base={}, new=called_off),
    )

    def counted() -> dict[str, int]:
        site.dashboard._figures.catch_up()
        whats = ("diterima", "disetujui", DUE, OPEN)
        found = office.deps.engine.read(lambda tx: figure_store.between(tx, whats, "", "9999-12-31"))
        return {each.what: times for each, times in found}

    assert counted() == {"diterima": 1, DUE: 1, OPEN: 1}
    seen = office.fields(visit)["versions"][-1]["change"]
    site.reviews.decide(office.person("kabid"), visit, seen, "setujui", {}, "")
    assert counted() == {"disetujui": 1, DUE: 1, OPEN: 1}


def test_the_page_sets_a_target_and_the_dashboard_and_its_paper_tell_it(office: Office) -> None:
    office.add_visit(photos=())
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
        log_in(client, "kabid")
        assert "Atur target" in client.get("/dasbor").text
        page = client.get("/target")
        given = {"csrf": csrf(page), "untuk": "bpnt|bpnt_kpm", "masa": "rentang", "dilihat": "0"}
        empty = client.post("/target", data={**given, "masa": "bulan:2026-11", "seluruh": "0", "wilayah": ""})
        assert empty.status_code == 422 and "Isi dulu jumlahnya" in empty.text, "nothing was set"
        days = {"dari": "2020-01-01", "sampai": "2020-12-30"}
        wrong = client.post("/target", data={**given, **days, "wilayah": "Plupuh 350\nWakanda 7"})
        assert wrong.status_code == 422 and "Baris 2" in wrong.text and "Wakanda 7" in wrong.text
        month = page.text.split('value="bulan:')[2].split('"')[0]
        set_now = {**given, "masa": f"bulan:{month}", "seluruh": "1.000", "wilayah": "Plupuh 350"}
        done = client.post("/target", data=set_now, follow_redirects=True)
        assert "Target tersimpan" in done.text and "1.000 kunjungan" in done.text
        assert "tidak sama dengan angka kabupaten" in done.text
        change = done.text.split('href="/target?')[1].split('"')[0].replace("&amp;", "&")
        again = client.get(f"/target?{change}").text
        assert "Kecamatan Plupuh 350" in again and 'value="1000"' in again
        stale = client.post("/target", data=set_now | {"seluruh": "5"})
        assert stale.status_code == 422 and 'value="5"' in stale.text and "1.000 kunjungan" in stale.text
        assert "yang di formulir adalah tulisan Anda" in stale.text
        assert "1 dari 1.000 kunjungan (0%)" in client.get("/dasbor").text
        book = CalamineWorkbook.from_filelike(BytesIO(client.get("/dasbor/target.xlsx").content))
        lines = book.get_sheet_by_index(0).to_python()
        assert lines[0][3] == "Target" and lines[1][2:6] == ["Seluruhnya", 1_000, 1, 0]
        assert ["Plupuh", 350] in [line[2:4] for line in lines]
        assert lines[0][-1] == "Keadaan" and "1 dari 1.000 kunjungan (0%)" in lines[1][-1]
        mark, _, said = lines[1][-1].partition(". ")
        page = client.get("/dasbor").text
        assert mark in ("Tertinggal dari waktu", "Sesuai waktu") and mark in page and said in page
        assert {line[-1] for line in lines[2:]} == {""}
        few = client.get(f"/dasbor/target.xlsx?wilayah={DESA}").content
        closed = CalamineWorkbook.from_filelike(BytesIO(few)).get_sheet_by_index(0).to_python()
        assert closed[1][4] == CLOSED and closed[1][-1].startswith("Kurang dari 5 kunjungan")
        paper = client.get("/dasbor/laporan.pdf")
        assert paper.headers["content-type"] == "application/pdf"
        log_in(client, "pengawas")
        assert "Simpan target" not in client.get("/target").text
        log_in(client, "petugas")
        assert client.post("/target", data=given).status_code in (403, 422)
        log_in(client, "admin")
        assert client.get("/target").status_code == 403
