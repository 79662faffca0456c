"""Surat: the list, a new one, one that is out. Rule: a page shows of a number its ends; the paper all of it.

A name that is searched for is posted, so that it stands in no address. What is typed stays on the page when a
letter was not made.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.form_values import day_of
from schemas.ids import RecordId
from schemas.letters import letter_kinds
from server.access import Person, may, scope
from server.blobs import DamagedBlobError
from server.letter_store import MOST_LISTED, LetterRow
from server.services.letter_facts import LONG_TYPED, MOST_PHOTOS, MOST_TYPED, Asked, Lacking, region_name
from server.services.letter_shelf import MOST_REASON, LetterView
from server.services.letters import Draft, Made, NotMade
from server.services.people import Denied
from server.services.review import NotThere
from server.web.errors import ForbiddenError, MissingError
from server.web.filters import Filter, Group, Option, choices
from server.web.replies import download, onward
from server.web.site import Asking, Notice, Site, Visitor

PDF = "application/pdf"
MOST_ROWS = 200
LISTED_DAYS = 365
TYPED, PHOTO = "isi.", "foto."
TOKEN_BYTES = 16
DATES = frozenset({"dari", "sampai"})
LONG = frozenset({"masalah", "permohonan", "jawaban", "alasan", "keterangan", "daftar"})


class RowView(Data, frozen=True, kw_only=True):
    """One letter in the list, in words."""

    href: str
    number: str
    kind: str
    name: str
    day: str
    region: str
    state: str


def letter_routes(site: Site) -> list[Any]:
    """Return the handlers of the list and of a new letter."""

    def today() -> date:
        return written.local_date(site.deps.now_ms())

    @get("/surat")
    async def listing(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_letters")
        values = await site.work(lambda: _listed(site, visitor, {}, today()))
        return await site.page("letters/list.html", visitor, "surat", values)

    @post("/surat/cari")
    async def search(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_letters")
        given = await site.form(request, visitor.csrf)
        values = await site.work(lambda: _listed(site, visitor, given, today()))
        return await site.page("letters/list.html", visitor, "surat", values)

    async def draw(
        visitor: Visitor,
        asked: Asked,
        notice: Notice | None = None,
        typed: dict[str, str] | None = None,
        token: str = "",
        chosen: frozenset[str] | None = None,
    ) -> Response[str]:
        draft = await site.work(lambda: site.letters.draft(visitor.person, asked))
        if not isinstance(draft, Draft):
            raise _error(draft)
        values = {
            **_draft_values(site, visitor, draft, typed, chosen),
            "notice": notice,
            "token": token or site.deps.randomness(TOKEN_BYTES).hex(),
        }
        return await site.page("letters/new.html", visitor, "surat", values, status=422 if notice else 200)

    @get("/surat/baru")
    async def new(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "make_letters")
        return await draw(visitor, asked_in(request.query_params))

    @post("/surat")
    async def make(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "make_letters")
        given = await site.form(request, visitor.csrf)
        asked, token = asked_in(given), given.get("tanda", "")
        typed = {name.removeprefix(TYPED): text for name, text in given.items() if name.startswith(TYPED)}
        photos = frozenset(name.removeprefix(PHOTO) for name in given if name.startswith(PHOTO))
        sampled = given.get("langkah") == "contoh"

        def work() -> bytes | Made | NotMade | Lacking | NotThere | Denied:
            if sampled:
                return site.letters.sample(visitor.person, asked, typed, sorted(photos))
            return site.letters.make(visitor.person, asked, typed, sorted(photos), token)

        match Lacking(why="foto") if len(photos) > MOST_PHOTOS else await site.work(work):
            case bytes(pdf):
                return download(pdf, PDF, "contoh-surat.pdf")
            case Made(pdf=pdf) if pdf:
                return download(pdf, PDF, f"{asked.kind}.pdf")
            case Made(id=name):
                return onward(f"/surat/{name}?jadi=ya")
            case Lacking(why=why, line=line):
                said = site.text(f"surat.kurang.{why}", baris=line, paling=MOST_PHOTOS)
            case NotMade(why=why):
                said = site.text(f"surat.gagal.{why}")
            case found:
                raise _error(found)
        return await draw(visitor, asked, Notice(tone="bad", icon="error", title=said), typed, token, photos)

    return [listing, search, new, make]


def one_letter_routes(site: Site) -> list[Any]:
    """Return the handlers of a letter that is out."""

    async def draw(
        visitor: Visitor, name: str, notice: Notice | None = None, status: int = 200
    ) -> Response[str]:
        found = await site.work(lambda: site.letter_shelf.open(visitor.person, RecordId(name)))
        if not isinstance(found, LetterView):
            raise _error(found)
        values = {
            "letter": found,
            "title": site.text(f"surat.jenis.{found.kind}"),
            "day": _day(found.day),
            "made": site.text(
                "surat.satu.dibuat_isi", nama=found.by, waktu=written.date_and_clock(found.at_ms)
            ),
            "size": written.size(found.size_bytes),
            "whole_nik": letter_kinds()[found.kind].nik,
            "may_see_case": may(visitor.person, "see_cases"),
            "most": MOST_REASON,
            "notice": notice,
        }
        return await site.page("letters/one.html", visitor, "surat", values, status=status)

    @get("/surat/{letter:str}")
    async def one(request: Asking, letter: FromPath[str]) -> Response[str]:
        visitor = await site.allowed(request, "see_letters")
        done = request.query_params.get("jadi") == "ya"
        said = Notice(tone="good", icon="done", title=site.text("surat.satu.jadi")) if done else None
        return await draw(visitor, letter, said)

    @post("/surat/{letter:str}/berkas")
    async def file(request: Asking, letter: FromPath[str]) -> Response[Any]:
        visitor = await site.allowed(request, "see_letters")
        await site.form(request, visitor.csrf)
        try:
            found = await site.work(lambda: site.letter_shelf.pdf(visitor.person, RecordId(letter)))
        except DamagedBlobError:
            broken = Notice(tone="bad", icon="error", title=site.text("surat.satu.rusak"))
            return await draw(visitor, letter, broken, 410)
        if not isinstance(found, bytes):
            raise _error(found)
        return download(found, PDF, f"surat-{letter[:8]}.pdf")

    @post("/surat/{letter:str}/batal")
    async def cancel(request: Asking, letter: FromPath[str]) -> Response[Any]:
        visitor = await site.allowed(request, "make_letters")
        given = await site.form(request, visitor.csrf)
        why = await site.work(
            lambda: site.letter_shelf.cancel(visitor.person, RecordId(letter), given.get("alasan", ""))
        )
        if isinstance(why, NotThere | Denied):
            raise _error(why)
        if why is not None:
            said = Notice(tone="bad", icon="error", title=site.text(f"surat.gagal.{why}"))
            return await draw(visitor, letter, said, 422)
        return onward(f"/surat/{letter}")

    return [one, file, cancel]


def letter_links(site: Site, visitor: Visitor, about: str, name: str, service: str) -> list[tuple[str, str]]:
    """Return the letters that begin at a kasus or a kunjungan of a service, as addresses and titles."""
    if not may(visitor.person, "make_letters"):
        return []
    return [
        (f"/surat/baru?jenis={kind}&{about}={name}", site.text(f"surat.jenis.{kind}"))
        for kind, found in letter_kinds().items()
        if (found.tentang == "warga" and service == found.layanan)
        or (found.tentang == "kunjungan" and about == "kunjungan")
    ]


def letters_out(site: Site, visitor: Visitor, name: RecordId) -> list[LetterRow]:
    """Return the letters about a kasus or a kunjungan that are out, the newest first."""
    return site.letter_shelf.about(visitor.person, name) if may(visitor.person, "see_letters") else []


def letter_card(site: Site, begin: list[tuple[str, str]], out: list[LetterRow]) -> dict[str, Any]:
    """Return what `letters/_about.html` shows: the letters that can be begun here, and those that are out."""
    return {"letters": begin, "letters_out": [_in_list(site, row, "") for row in out]}


def _error(found: object) -> Exception:
    return ForbiddenError() if isinstance(found, Denied) else MissingError()


def asked_in(given: Mapping[str, str]) -> Asked:
    """Read which letter is meant, from a form or an address."""
    kind, case, visit, region = (given.get(name, "") for name in ("jenis", "kasus", "kunjungan", "wilayah"))
    return Asked(kind=kind[:40], case=case[:40], visit=visit[:40], region=region[:13])


def _day(text: str) -> str:
    found = day_of(text)
    return written.long_date(found) if found else "–"


def _in_list(site: Site, row: LetterRow, name: str) -> RowView:
    return RowView(
        href=f"/surat/{row.id}",
        number=row.written or site.text("surat.tanpa_nomor"),
        kind=site.text(f"surat.jenis.{row.kind}"),
        name=name,
        day=_day(row.day),
        region=region_name(site.words, row.region) if row.region else "",
        state=row.state,
    )


def _listed(site: Site, visitor: Visitor, given: Mapping[str, str], today: date) -> dict[str, Any]:
    first = day_of(given.get("dari", "")) or today - timedelta(days=LISTED_DAYS)
    last = day_of(given.get("sampai", "")) or today
    kind = given.get("jenis", "") if given.get("jenis", "") in letter_kinds() else ""
    sought = given.get("cari", "").strip()[:80]
    person = visitor.person
    among = first.isoformat(), last.isoformat(), kind
    found = site.letter_shelf.find(person, *among, sought)
    rows = [_in_list(site, each.row, each.name) for each in found[:MOST_ROWS]]
    kinds = [("", site.text("surat.semua_jenis"))]
    kinds += [(name, site.text(f"surat.jenis.{name}")) for name in letter_kinds()]
    return {
        "rows": rows,
        "total": len(found),
        "older": written.number(MOST_LISTED) if site.letter_shelf.has_older(*among) else "",
        "sought": sought,
        "narrowed": bool(sought or kind or (first, last) != (today - timedelta(days=LISTED_DAYS), today)),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "filters": [choices("jenis", site.text("surat.jenis_saring"), kind, kinds)],
        "makes": _makes(site, person),
        "region": _regions(site) if may(person, "make_letters") else None,
        "may_set": may(person, "set_letters"),
    }


def _makes(site: Site, person: Person) -> list[tuple[str, str, str]]:
    """Return the letters that somebody may begin on this page: code, title, and what they are."""
    reach = scope(person, "make_letters")
    found = [
        name
        for name, kind in letter_kinds().items()
        if reach and kind.tentang in ("wilayah", "kosong", "daftar") and reach.serves(kind.layanan)
    ]
    return [(name, site.text(f"surat.jenis.{name}"), site.text(f"surat.jenis_arti.{name}")) for name in found]


def _regions(site: Site) -> Filter:
    wilayah = site.words.wilayah
    whole = [region for region in wilayah if region.level == "kabupaten"]
    above = tuple(Option(value=each.kode, label=each.nama) for each in whole)
    within = tuple(Option(value=each.kode, label=each.nama) for each in wilayah.kecamatan())
    groups = (
        Group(label="", options=above),
        Group(label=site.text("tingkat_wilayah.kecamatan"), options=within),
        *site.regions,
    )
    return Filter(name="wilayah", label=site.text("surat.isi.wilayah"), value="", groups=groups)


def _draft_values(
    site: Site, visitor: Visitor, draft: Draft, typed: dict[str, str] | None, chosen: frozenset[str] | None
) -> dict[str, Any]:
    given = draft.facts.prefill if typed is None else typed
    fields = [
        (
            name,
            site.text(f"surat.ketik.{name}"),
            site.text(f"surat.petunjuk.{name}") if f"surat.petunjuk.{name}" in site.text else "",
            given.get(name, ""),
            "date" if name in DATES else "long" if name in LONG else "text",
            LONG_TYPED if name == "daftar" else MOST_TYPED,
        )
        for name in draft.kind.isian
    ]
    ticked = frozenset(
        [blob for blob, _, proposed in draft.facts.photos if proposed][:MOST_PHOTOS]
        if chosen is None
        else chosen
    )
    return {
        "draft": draft,
        "asked": draft.asked.fields(),
        "title": site.text(f"surat.jenis.{draft.asked.kind}"),
        "fields": fields,
        "photos": draft.facts.photos if "foto" in draft.kind.bagian else (),
        "ticked": ticked,
        "most_photos": MOST_PHOTOS,
        "must": ("masalah", "permohonan", "jawaban", "alasan", "dari", "sampai", "daftar"),
        "may_set": may(visitor.person, "set_letters"),
    }
