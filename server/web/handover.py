"""Serah-terima: files of phones without a network, and their answers. Rule: contents are never shown here."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.handover import MEDIA_TYPE
from schemas.ids import DeviceId, PersonId
from schemas.problem import TEXTS, Problem
from server import device_store, handover_store
from server.access import may
from server.disk import is_full
from server.engine import FullError, Reader
from server.services.handover import Taken, Written, sentences
from server.services.visits import names
from server.store import SqlOfficeStore
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import download
from server.web.site import Asking, Notice, Site, Visitor
from server.web.upload_form import FormReader, SentFile

LARGEST_FILE_BYTES = 1024 * 1024 * 1024
LARGEST_FORM_BYTES = 4 * LARGEST_FILE_BYTES
MOST_FILES = 20


class Result(Data, frozen=True, kw_only=True):
    """What became of one file, in words; `answer` is where its answer is, empty without one."""

    name: str
    tone: str
    icon: str
    lines: tuple[str, ...]
    answer: str = ""


class HandoverRow(Data, frozen=True, kw_only=True):
    """One file that was taken in before, in words."""

    owner: str
    file: str
    taken: str
    by: str
    holds: str
    answer: str


class Phone(Data, frozen=True, kw_only=True):
    """One phone to choose."""

    id: DeviceId
    owner: str
    model: str


def handover_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(
        visitor: Visitor, results: list[Result], notice: Notice | None = None, status: int = 200
    ) -> Response[str]:
        rows, phones = await site.work(
            lambda: site.deps.engine.read(lambda tx: (_listed(site, tx), _phones(tx)))
        )
        shown = rows[: handover_store.MOST_LISTED]
        values = {
            "rows": shown,
            "more": len(rows) > len(shown),
            "phones": phones,
            "results": results,
            "notice": notice,
        }
        return await site.page("handover/handover.html", visitor, "serah_terima", values, status=status)

    @get("/serah-terima")
    async def page(request: Asking) -> Response[str]:
        return await draw(await _allowed(site, request), [])

    @post("/serah-terima", request_max_body_size=LARGEST_FORM_BYTES)
    async def take_all(request: Asking) -> Response[str]:
        visitor = await _allowed(site, request)
        scratch = site.deps.uploads.scratch
        try:
            with FormReader(visitor.csrf, scratch, LARGEST_FILE_BYTES, site.work) as reader:
                sent = await reader.read(request.headers.get("content-type", ""), request.stream())
                if not 0 < len(sent) <= MOST_FILES:
                    key = "terlalu_banyak" if sent else "tanpa_berkas"
                    said = site.text(f"kantor.serah_terima.{key}", jumlah=MOST_FILES)
                    return await draw(visitor, [], Notice(tone="bad", icon="error", title=said), 422)
                person = visitor.person.id
                results = [await site.work(lambda each=each: _take(site, each, person)) for each in sent]
        except (OSError, FullError) as error:
            if not is_full(error):
                raise
            said = Notice(tone="bad", icon="error", title=site.text(f"{TEXTS}.penyimpanan_penuh"))
            return await draw(visitor, [], said, 507)
        return await draw(visitor, results)

    async def give(visitor: Visitor, device: DeviceId, file: bytes | None) -> Response[Any]:
        out = await site.work(site.deps.uploads.scratch)
        done: Written | Problem = Problem(code="gangguan")
        try:
            done = await site.work(lambda: site.deps.handovers.answer(device, file, out))
        finally:
            if isinstance(done, Problem):
                out.close()
        if isinstance(done, Problem):
            said = Notice(tone="bad", icon="error", title=site.text(f"{TEXTS}.{done.code}", **done.values))
            return await draw(visitor, [], said, 422)
        return download(out, MEDIA_TYPE, done.name)

    @get("/serah-terima/{device:str}/{file:str}/jawaban")
    async def answer(request: Asking, device: FromPath[str], file: FromPath[str]) -> Response[Any]:
        visitor = await _allowed(site, request)
        try:
            name = bytes.fromhex(file)
        except ValueError as error:
            raise MissingError from error
        return await give(visitor, DeviceId(device), name)

    @get("/serah-terima/kabar")
    async def news(request: Asking) -> Response[Any]:
        visitor = await _allowed(site, request)
        return await give(visitor, DeviceId(request.query_params.get("hp", "")), None)

    return [page, take_all, answer, news]


def _take(site: Site, sent: SentFile, person: PersonId) -> Result:
    outcome: Taken | Problem
    if sent.too_large:
        limit = str(LARGEST_FILE_BYTES // 1024**2)
        outcome = Problem(code="serah_terlalu_besar", values={"batas_mb": limit})
    else:
        outcome = site.deps.handovers.take(sent.file, person)
    lines = tuple(sentences(site.text, outcome))
    if isinstance(outcome, Problem):
        return Result(name=sent.name, tone="bad", icon="error", lines=lines)
    owner = outcome.device.person
    nama = site.deps.engine.read(lambda tx: _names(tx, {owner}))[owner]
    calm = len(lines) == 1
    return Result(
        name=site.text("kantor.serah_terima.nama", nama=nama, nomor=outcome.number),
        tone="good" if calm else "notice",
        icon="approved" if calm else "warning",
        lines=lines,
        answer=_address(outcome.device.id, outcome.file),
    )


def _listed(site: Site, tx: Reader) -> list[HandoverRow]:
    phones = {phone.id: phone.person for phone in device_store.devices(tx)}
    known = handover_store.newest(tx)
    people = _names(tx, {*phones.values(), *(each.taken_by for each in known)})
    return [
        HandoverRow(
            owner=people[phones[each.device]],
            file=site.text("kantor.serah_terima.nomor", nomor=each.number),
            taken=f"{written.short_date(written.local_date(each.taken_ms))}, {written.clock(each.taken_ms)}",
            by=_by(site, each.taken_by, people),
            holds=site.text("kantor.serah_terima.isi_nilai", data=each.data, foto=each.photos),
            answer=_address(each.device, each.file),
        )
        for each in known
    ]


def _phones(tx: Reader) -> list[Phone]:
    """Return the phones that an answer can be made for, by the name of their owner."""
    able = [each for each in device_store.devices(tx) if each.handover_key and each.revoked_ms is None]
    people = _names(tx, {each.person for each in able})
    phones = [Phone(id=each.id, owner=people[each.person], model=each.model or "–") for each in able]
    return sorted(phones, key=lambda each: (each.owner, each.id))


def _by(site: Site, person: PersonId, people: dict[PersonId, str]) -> str:
    if person == site.deps.office.person:
        return site.text("kantor.serah_terima.oleh_perintah")
    return site.text("kantor.serah_terima.oleh", nama=people[person])


def _names(tx: Reader, people: set[PersonId]) -> dict[PersonId, str]:
    found = names(SqlOfficeStore.reading(tx), people)
    return {person: found.get(person, "–") for person in people}


async def _allowed(site: Site, request: Asking) -> Visitor:
    visitor = await site.visitor(request)
    if not may(visitor.person, "take_handovers"):
        raise ForbiddenError
    return visitor


def _address(device: DeviceId, file: bytes) -> str:
    return f"/serah-terima/{device}/{file.hex()}/jawaban"
