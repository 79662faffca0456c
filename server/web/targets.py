"""Target kunjungan: how many visits are to be done, for the regency and divided as far as the office likes.

Rule: one form says all numbers of one target; what was typed stays on the page when it cannot be taken.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from server.access import may
from server.periods import Kind, Period, period_of, read_period, with_days
from server.services.target_words import TargetWords
from server.services.targets import NotSet, read_file, read_numbers
from server.tables.entries import Note
from server.tables.target_rows import TargetRows
from server.targets import MOST_VISITS, Aim, Targets, Word, parts
from server.web.filters import Filter, Group, Option, written_in
from server.web.register_form import count_of
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.upload_form import FormReader

PAGE = "/target"
MONTHS_BEFORE, MONTHS_AFTER = 1, 6
MOST_TEXT = 16_000
MOST_FILE_BYTES = 5_000_000
MOST_PROBLEMS = 50
OWN_SPAN = "rentang"
LONGER: tuple[Kind, ...] = ("triwulan", "tahun")


class Typed(Data, frozen=True, kw_only=True):
    """What stands in the form; `seen_ms` is when the word was said that it was drawn from, 0 without one."""

    what: str = ""
    span: str = ""
    first: str = ""
    last: str = ""
    whole: str = ""
    divided: str = ""
    seen_ms: int = 0


class Standing(Data, frozen=True, kw_only=True):
    """One target that counts, in words; `change` leads to the form with it filled in."""

    title: str
    span: str
    number: str
    divided: str
    regions: tuple[tuple[str, str], ...]
    past: tuple[str, ...]
    change: str


def target_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""
    words = TargetWords(site.words)

    async def draw(
        visitor: Visitor,
        typed: Typed,
        notice: Notice | None,
        known: Targets,
        *,
        status: int = 200,
        changing: str = "",
        problems: Sequence[tuple[int, str]] = (),
    ) -> Response[str]:
        people = await site.work(lambda: site.names({each.by for each in known.words}))
        values = {
            "rows": [_standing(site, words, known, each, people) for each in known.standing()],
            "may_set": may(visitor.person, "set_targets"),
            "typed": typed,
            "changing": changing,
            "choices": _choices(site, visitor, typed),
            "own_span": typed.span == OWN_SPAN,
            "most_text": MOST_TEXT,
            "file_to": f"{PAGE}/berkas?{written_in(_aimed_at(typed))}",
            "file_limit": written.size(MOST_FILE_BYTES),
            "problems": problems[:MOST_PROBLEMS],
            "problem_count": len(problems),
            "notice": notice,
        }
        return await site.page("target/list.html", visitor, "dasbor", values, status=status)

    @get(PAGE)
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_dashboard")
        given = request.query_params
        done = Notice(tone="good", icon="done", title=site.text("target.tersimpan"))
        notice = done if given.get("hasil", "") == "tersimpan" else None
        aim, known = _aim(_typed(given)), await site.work(site.targeting.now)
        if aim is None:
            month = period_of("bulan", written.local_date(site.deps.now_ms()))
            return await draw(visitor, Typed(span=month.code), notice, known)
        return await draw(visitor, _filled(site, aim, known), notice, known, changing=_name(words, aim))

    @post(PAGE)
    async def change(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "set_targets")
        given = await site.form(request, visitor.csrf)
        typed = _typed(given)
        aim, numbers = _aim(typed), _numbers(site, typed)
        if isinstance(numbers, NotSet):
            refused: NotSet | None = numbers
        elif aim is None:
            refused = NotSet(why="masa")
        else:
            refused = await site.work(lambda: site.targeting.set(visitor.person, aim, numbers, typed.seen_ms))
        if refused is None:
            return onward(f"{PAGE}?hasil=tersimpan")
        title = site.text(f"target.masalah.{refused.why}", baris=refused.line, kata=refused.said)
        known = await site.work(site.targeting.now)
        if refused.why == "berubah" and aim is not None:
            word = known.newest(aim)
            typed = replace(typed, seen_ms=word.at_ms if word else 0)
        return await draw(visitor, typed, Notice(tone="bad", icon="error", title=title), known, status=422)

    @post(f"{PAGE}/berkas", request_max_body_size=MOST_FILE_BYTES + 100_000)
    async def take(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "set_targets")
        typed = _typed(request.query_params)
        found = await _read_file(site, visitor, request)
        known = await site.work(site.targeting.now)
        if isinstance(found, str):
            notice = Notice(tone="bad", icon="error", title=found)
            return await draw(visitor, typed, notice, known, status=422)
        typed = _with_numbers(site, typed, found.numbers)
        problems = [(each.row, _why(site, each.note)) for each in found.problems]
        said = site.text("target.dari_berkas", jumlah=written.number(len(found.numbers)))
        tone, icon = ("notice", "warning") if problems else ("good", "done")
        notice = Notice(tone=tone, icon=icon, title=said)
        return await draw(visitor, typed, notice, known, problems=problems)

    return [page, change, take]


def _why(site: Site, note: Note) -> str:
    """Say why a row is not taken: about a desa as the importer says it."""
    named = f"impor.catatan.{note.code}"
    return site.text(named if named in site.text else f"target.catatan.{note.code}", nilai=note.value)


async def _read_file(site: Site, visitor: Visitor, request: Asking) -> TargetRows | str:
    """Read the file that was sent, or say what is wrong with it."""
    with FormReader(visitor.csrf, site.deps.uploads.scratch, MOST_FILE_BYTES, site.work) as reader:
        file = await reader.only_file(request.headers.get("content-type", ""), request.stream())
        if isinstance(file, str):
            return site.text(f"impor.{file}")
        data = await site.work(file.file.read)
    found = await site.work(lambda: read_file(site.deps.parsers, site.words.wilayah, data))
    if isinstance(found, TargetRows):
        return found
    return site.text("target.tanpa_kepala" if found == "tanpa_kepala" else f"impor.berkas.{found}")


def _with_numbers(site: Site, typed: Typed, numbers: Mapping[str, int]) -> Typed:
    """Put numbers into the form: that of the regency, and the lines of the others."""
    regency = site.targeting.regency
    lines = [
        f"{site.words.region(region)} {number}"
        for region, number in sorted(numbers.items())
        if region != regency
    ]
    return replace(typed, whole=str(numbers.get(regency, "")), divided="\n".join(lines))


def _aimed_at(typed: Typed) -> dict[str, str]:
    """Return what of the form an address keeps while a file is read."""
    return {
        "untuk": typed.what,
        "masa": typed.span,
        "dari": typed.first,
        "sampai": typed.last,
        "dilihat": str(typed.seen_ms),
    }


def _typed(given: Mapping[str, str]) -> Typed:
    seen = count_of(given.get("dilihat", ""), 10**15)
    return Typed(
        what=given.get("untuk", ""),
        span=given.get("masa", ""),
        first=given.get("dari", ""),
        last=given.get("sampai", ""),
        whole=given.get("seluruh", "").strip(),
        divided=given.get("wilayah", "")[:MOST_TEXT],
        seen_ms=seen or 0,
    )


def _aim(typed: Typed) -> Aim | None:
    """Return what is aimed at, None for days that are none."""
    service, _, form = typed.what.partition("|")
    span = _span(typed)
    return Aim(service=service, form=form, start=span[0], end=span[1]) if span and service else None


def _span(typed: Typed) -> tuple[date, date] | None:
    if typed.span == OWN_SPAN:
        first, last = (written.parse_date(each) for each in (typed.first, typed.last))
        return (first, last) if first and last else None
    period = read_period(typed.span)
    return (period.start, period.end) if period else None


def _numbers(site: Site, typed: Typed) -> dict[str, int] | NotSet:
    found = read_numbers(site.words.wilayah, typed.divided)
    if isinstance(found, NotSet) or not typed.whole:
        return found
    whole = count_of(typed.whole.replace(".", ""), MOST_VISITS)
    if whole is None:
        return NotSet(why="jumlah")
    regency = site.targeting.regency
    if regency in found:
        return NotSet(why="dua_kali", said=site.text("dasbor.seluruh"))
    return {regency: whole, **found} if whole else found


def _filled(site: Site, aim: Aim, known: Targets) -> Typed:
    """Return the form as the word that counts would fill it."""
    word = known.newest(aim)
    typed = Typed(
        what=f"{aim.service}|{aim.form}",
        span=_span_value(aim),
        first=aim.start.isoformat(),
        last=aim.end.isoformat(),
        seen_ms=word.at_ms if word else 0,
    )
    return _with_numbers(site, typed, word.numbers if word else {})


def _span_value(aim: Aim) -> str:
    period = with_days(aim.start, aim.end)
    return period.code if period else OWN_SPAN


def _choices(site: Site, visitor: Visitor, typed: Typed) -> list[Filter]:
    groups = [
        Group(
            label=site.text(f"layanan.{service}"),
            options=tuple(Option(value=f"{service}|{form}", label=label) for form, label in found),
        )
        for service, found in site.targeting.choices(visitor.person)
    ]
    spans = [(each.code, site.words.period(each)) for each in _offered(site, typed)]
    spans.append((OWN_SPAN, site.text("target.masa_rentang")))
    options = tuple(Option(value=value, label=label) for value, label in spans)
    return [
        Filter(name="untuk", label=site.text("target.untuk"), value=typed.what, groups=tuple(groups)),
        Filter(
            name="masa",
            label=site.text("target.masa"),
            value=typed.span,
            groups=(Group(label="", options=options),),
        ),
    ]


def _offered(site: Site, typed: Typed) -> list[Period]:
    """Return the months, quarters and years around today, and the one that is chosen."""
    today = written.local_date(site.deps.now_ms())
    months = [period_of("bulan", today).moved(by) for by in range(-MONTHS_BEFORE, MONTHS_AFTER + 1)]
    longer = (period_of(kind, each.start) for kind in LONGER for each in months)
    chosen = read_period(typed.span)
    return list(dict.fromkeys([*months, *longer, *([chosen] if chosen else [])]))


def _standing(
    site: Site, words: TargetWords, known: Targets, word: Word, people: Mapping[str, str]
) -> Standing:
    regency, numbers, text = site.targeting.regency, word.numbers, site.text
    of = parts(numbers, regency)
    divided = parts([each for each in numbers if each != regency], regency)
    total = sum(numbers[each] for each in divided)
    said = ""
    if divided and regency not in numbers:
        said = text("target.dari_bagian", wilayah=len(divided))
    elif divided:
        key = "target.dibagi" if total == numbers[regency] else "target.dibagi_beda"
        said = text(key, wilayah=len(divided), jumlah=written.number(total))
    aim = word.aim
    past = [each for each in reversed(known.words) if each.aim == aim]
    return Standing(
        title=words.title(aim),
        span=words.span(aim),
        number=text("target.jumlah_kata", jumlah=written.number(sum(numbers[each] for each in of))),
        divided=said,
        regions=tuple(
            (site.words.region(each), written.number(numbers[each]))
            for each in sorted(numbers)
            if each != regency
        ),
        past=tuple(_past(site, each, people) for each in past),
        change=f"{PAGE}?untuk={aim.service}|{aim.form}&masa={_span_value(aim)}"
        f"&dari={aim.start.isoformat()}&sampai={aim.end.isoformat()}#atur",
    )


def _past(site: Site, word: Word, people: Mapping[str, str]) -> str:
    total = sum(word.numbers[each] for each in parts(word.numbers, site.targeting.regency))
    return site.text(
        "target.riwayat_isi" if word.numbers else "target.riwayat_ditarik",
        waktu=written.date_and_clock(word.at_ms),
        nama=people.get(word.by, "–"),
        jumlah=written.number(total),
    )


def _name(words: TargetWords, aim: Aim) -> str:
    return f"{words.title(aim)}, {words.span(aim)}"
