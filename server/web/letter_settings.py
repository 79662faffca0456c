"""Templates, letterhead and numbers of letters. Rule: what cannot be used is refused by name, and kept."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.letters import MOST_TEXT, NUMBER_FIELDS, Letterhead, Wording, Wrong, letter_kinds
from server.services.letter_numbers import MOST_NUMBER, MOST_REASON, gaps
from server.services.letter_templates import HEAD, Moved, Saved
from server.web.errors import MissingError, PageError
from server.web.letters import PDF, asked_in
from server.web.register_form import count_of
from server.web.replies import download, onward
from server.web.site import Asking, Notice, Site, Visitor

ACTION = "set_letters"
LINES = frozenset({"baris", "alamat", "jabatan"})
"""Fields of the letterhead that have several lines."""
Texts = dict[str, str]


def letter_setting_routes(site: Site) -> list[Any]:
    """Return the handlers of these pages."""
    work = site.letter_templates

    @get("/surat/templat")
    async def listing(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, ACTION)
        found = await site.work(work.newest)
        kinds = [(kind, _title(site, kind), _version(site, version)) for kind, version in found.items()]
        return await site.page("letters/templates.html", visitor, "surat", {"kinds": kinds})

    async def draw(
        visitor: Visitor, kind: str, texts: Texts, seen: int, notice: Notice | None, status: int = 200
    ) -> Response[str]:
        values = {
            "kind": kind,
            "title": _title(site, kind),
            "texts": texts,
            "seen": seen,
            "version": _version(site, seen),
            "past": await site.work(lambda: _past(site, kind)),
            "plain": NUMBER_FIELDS if kind == HEAD else _plain(kind),
            "blocks": () if kind == HEAD else letter_kinds()[kind].bagian,
            "lines": LINES,
            "most": MOST_TEXT,
            "notice": notice,
            "number_hint": site.text("surat.templat.petunjuk.nomor", isian=braced(NUMBER_FIELDS)),
        }
        page = "letters/letterhead.html" if kind == HEAD else "letters/template.html"
        return await site.page(page, visitor, "surat", values, status=status)

    def now(kind: str) -> tuple[Texts, int]:
        found, version = work.letterhead() if kind == HEAD else work.wording(kind)
        return msgspec.to_builtins(found), version

    @get("/surat/templat/{kind:str}")
    async def one(request: Asking, kind: FromPath[str]) -> Response[str]:
        visitor = await site.allowed(request, ACTION)
        _known(kind)
        texts, seen = await site.work(lambda: now(kind))
        notice = None
        if request.query_params.get("selesai") == "ya":
            notice = Notice(tone="good", icon="done", title=site.text("surat.templat.tersimpan"))
        old = count_of(request.query_params.get("versi", ""), MOST_NUMBER)
        if old is not None:
            found = await site.work(lambda: work.old(kind, old))
            if found is None:
                raise MissingError
            texts = msgspec.to_builtins(found)
            said = site.text("surat.templat.dari_lama", versi=old)
            notice = Notice(tone="info", icon="info", title=said)
        return await draw(visitor, kind, texts, seen, notice)

    @post("/surat/templat/{kind:str}")
    async def save(request: Asking, kind: FromPath[str]) -> Response[Any]:
        visitor = await site.allowed(request, ACTION)
        given = await site.form(request, visitor.csrf)
        _known(kind)
        seen = count_of(given.get("dilihat", ""), MOST_NUMBER) or 0
        new = _read(kind, given)
        texts: Texts = msgspec.to_builtins(new)

        if given.get("langkah") == "contoh":
            found = await site.work(lambda: _sample(site, kind, new))
            if isinstance(found, bytes):
                return download(found, PDF, "contoh-surat.pdf")
        else:
            found = await site.work(lambda: work.save(visitor.person, kind, new, seen))
        match found:
            case Saved():
                return onward(f"/surat/templat/{kind}?selesai=ya")
            case Wrong(why=why, field=field):
                said = site.text(f"surat.templat.salah.{why}", isian=f"{{{field}}}")
                return await draw(visitor, kind, texts, seen, _bad(said), 422)
            case Moved():
                newest = await site.work(lambda: now(kind)[1])
                return await draw(visitor, kind, texts, newest, _bad(site.text("surat.templat.usang")), 409)

    return [listing, one, save, *_number_routes(site)]


def _number_routes(site: Site) -> list[Any]:
    work = site.letter_numbers

    async def draw(
        visitor: Visitor, request: Asking, notice: Notice | None, status: int = 200
    ) -> Response[str]:
        book, ahead = await site.work(work.book), await site.work(work.ahead)
        values = {
            "begun": _begun(request),
            "book": book,
            "blocks": [
                (span.first, span.last, len(book.used.intersection(span.numbers))) for span in book.blocks
            ],
            "ahead": ahead,
            "lacking": await site.work(work.lacking),
            "gaps": [
                (
                    f"{first}–{last}" if last > first else str(first),
                    span.reason or site.text("surat.nomor.celah_pulih"),
                )
                for span in book.skipped
                for first, last in gaps(book, span)
            ],
            "most": MOST_REASON,
            "notice": notice,
        }
        return await site.page("letters/numbers.html", visitor, "surat", values, status=status)

    @get("/surat/nomor")
    async def numbers(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, ACTION)
        done = request.query_params.get("selesai") == "ya"
        said = Notice(tone="good", icon="done", title=site.text("surat.nomor.tersimpan")) if done else None
        return await draw(visitor, request, said)

    @post("/surat/nomor")
    async def change(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, ACTION)
        given = await site.form(request, visitor.csrf)
        first, last, year = (
            count_of(given.get(name, ""), MOST_NUMBER) for name in ("awal", "akhir", "tahun")
        )
        reason, person = given.get("alasan", ""), visitor.person

        def write() -> str | None:
            match given.get("langkah", ""):
                case "blok" if first and last:
                    return work.add_block(person, year or 0, first, last)
                case "lompat" if first and last:
                    return work.skip(person, first, last, reason)
                case "pulih" if last is not None:
                    return work.confirm(person, last)
                case _:
                    return "rentang"

        why = await site.work(write)
        if why is not None:
            return await draw(visitor, request, _bad(site.text(f"surat.nomor.salah.{why}")), 422)
        return onward("&".join(filter(None, ["/surat/nomor?selesai=ya", _begun(request)])))

    return [numbers, change]


def _begun(request: Asking) -> str:
    """Return the letter from which somebody came here for numbers, as a query; empty for none."""
    asked = asked_in(request.query_params)
    return urlencode(asked.fields()) if asked.kind in letter_kinds() else ""


def braced(fields: tuple[str, ...]) -> str:
    """Write fields as a template has them."""
    return ", ".join(f"{{{name}}}" for name in fields)


def _known(kind: str) -> None:
    if kind != HEAD and kind not in letter_kinds():
        raise MissingError


def _plain(kind: str) -> tuple[str, ...]:
    found = letter_kinds()[kind]
    return tuple(name for name in found.fields if name not in found.bagian)


def _read(kind: str, given: Mapping[str, str]) -> Wording | Letterhead:
    shape = Letterhead if kind == HEAD else Wording
    return shape(**{name: given.get(name, "").strip() for name in shape.__struct_fields__})


def _bad(said: str) -> Notice:
    return Notice(tone="bad", icon="error", title=said)


def _title(site: Site, kind: str) -> str:
    return site.text("surat.templat.kop" if kind == HEAD else f"surat.jenis.{kind}")


def _version(site: Site, version: int) -> str:
    if not version:
        return site.text("surat.templat.bawaan")
    return site.text("surat.templat.versi", versi=version)


def _past(site: Site, kind: str) -> list[tuple[int, str]]:
    found = site.letter_templates.versions(kind)
    known = site.names({each.by for each in found})
    return [
        (
            each.version,
            site.text(
                "surat.templat.riwayat_isi",
                versi=each.version,
                nama=known.get(each.by, "–"),
                waktu=written.date_and_clock(each.at_ms),
            ),
        )
        for each in found
    ]


def _sample(site: Site, kind: str, new: Wording | Letterhead) -> bytes | Wrong:
    """Set a sample of a template, or of a letterhead with the first kind's template."""
    wrong = site.letter_templates.wrong(kind, new)
    if wrong is not None:
        return wrong
    if isinstance(new, Letterhead):
        name = next(iter(letter_kinds()))
        made = site.letters.sample_of(name, site.letter_templates.wording(name)[0], new)
    else:
        made = site.letters.sample_of(kind, new, site.letter_templates.letterhead()[0])
    if made is None:
        raise PageError
    return made
