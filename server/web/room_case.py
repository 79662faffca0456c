"""One sealed case: opened with passphrase and purpose, read, decided, closed. Rule: nothing is ever stored.

Without the cookie that its opening set, a page shows what stands outside and asks (room_desk.py).
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.form_values import day_of
from schemas.ids import ChangeId, PersonId, RecordId
from server.services.room_held import Refusal
from server.services.room_opening import OPEN_MS
from server.services.room_work import Key
from server.web.errors import MissingError
from server.web.replies import onward
from server.web.review import shortened, typed_of
from server.web.room import LONGEST_PURPOSE, stamp_words
from server.web.room_desk import Desk, Kept, today
from server.web.room_frame import LONGEST_PHRASE, OPEN_COOKIE, forget, in_turn, officer, room_cookie
from server.web.site import SECURITY_HEADERS, SESSION_COOKIE, Asking, Notice, Site, Visitor
from server.web.step_form import LARGEST_STEP_BYTES, read_step

NEED = "isi."
LONGEST_TASK = 2_000
PRIVATE = {**SECURITY_HEADERS, "cache-control": "no-store"}


def room_case_routes(site: Site) -> list[Any]:
    """Return the handlers of a sealed case."""
    room, desk = site.room, Desk(site)

    @get("/ruang/kasus/{kasus:str}")
    async def one(request: Asking, kasus: FromPath[str]) -> Response[str]:
        visitor = await officer(site, request)
        key = await desk.key(request, visitor, kasus)
        if key is None:
            return await desk.door(visitor, kasus)
        done = request.query_params.get("selesai", "")
        said = f"ruang.selesai_kerja.{done}"
        notice = Notice(tone="good", icon="done", title=site.text(said)) if said in site.text else None
        return await desk.inside(request, visitor, key, notice=notice)

    @post("/ruang/kasus/{kasus:str}", request_max_body_size=LARGEST_STEP_BYTES)
    async def step(request: Asking, kasus: FromPath[str]) -> Response[Any]:
        visitor = await officer(site, request)
        given = await read_step(site, visitor, request)
        name = given.get("langkah", "")
        if name == "buka":
            return await _open_case(site, desk, request, visitor, given)
        key = await desk.key(request, visitor, kasus)
        if key is None:
            return await desk.door(visitor, kasus, Refusal(say="sudah_tutup", status=409))
        if name == "tutup":
            await site.work(lambda: room.openings.close(key.token))
            return forget(onward("/ruang"), OPEN_COOKIE)
        if name == "cetak":
            return await _print_case(site, desk, request, visitor, key, given)
        kept = _kept(given)
        outcome = await site.work(lambda: _work(site, visitor, key, name, given, kept))
        if outcome is not None:
            return await desk.inside(request, visitor, key, refusal=outcome, kept=kept)
        return onward(f"/ruang/kasus/{kasus}?selesai={name}")

    @get("/ruang/kasus/{kasus:str}/foto/{change:str}/{number:int}")
    async def photo(
        request: Asking, kasus: FromPath[str], change: FromPath[str], number: FromPath[int]
    ) -> Response[str]:
        visitor, key = await desk.opened(request, kasus)
        label = await site.work(lambda: room.cases.label_of(key.opened.case, _change(change), number))
        outside = await site.work(lambda: room.cases.one(key.kasus, today(site)))
        if label is None or outside is None:
            raise MissingError
        here = f"/ruang/kasus/{key.kasus}"
        values = {
            "here": here,
            "kode": outside.kode,
            "label": label,
            "picture": f"{here}/foto/{change}/{number}/isi",
            "until": written.clock(key.opened.until_ms),
            "stamp": stamp_words(site, visitor),
        }
        return desk.closing(await site.page("room/photo.html", visitor, "ruang", values), key)

    @get("/ruang/kasus/{kasus:str}/foto/{change:str}/{number:int}/isi")
    async def bytes_of_photo(
        request: Asking, kasus: FromPath[str], change: FromPath[str], number: FromPath[int]
    ) -> Response[bytes]:
        visitor, key = await desk.opened(request, kasus)
        if request.headers.get("sec-fetch-dest", "image") != "image":
            raise MissingError  # by itself it could be printed without a reason
        data = await site.work(lambda: _picture(site, visitor, key, change, number))
        headers = {**PRIVATE, "content-disposition": "inline"}
        return Response(content=data, media_type="image/jpeg", headers=headers)

    @post("/ruang/kasus/{kasus:str}/unduh/{change:str}/{number:int}")
    async def download(
        request: Asking, kasus: FromPath[str], change: FromPath[str], number: FromPath[int]
    ) -> Response[Any]:
        visitor, key = await desk.opened(request, kasus)
        given = await site.form(request, visitor.csrf)
        purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
        data = await site.work(lambda: _picture(site, visitor, key, change, number))
        look, what = room.openings.look, f"{change}/{number}"
        refusal = await site.work(lambda: look(visitor.person, key.opened.case, "unduh", purpose, what))
        if refusal is not None:
            return await desk.inside(request, visitor, key, refusal=refusal, kept=Kept(purpose=purpose))
        kode = await site.work(lambda: room.cases.one(key.kasus, today(site)))
        version = _change(change).hex()[:8]  # photos of several versions, and visits, stand side by side
        name = f"{kode.kode if kode else key.kasus}-{version}-{number + 1}.jpg"
        headers = {**PRIVATE, "content-disposition": f'attachment; filename="{name}"'}
        return Response(content=data, media_type="image/jpeg", headers=headers)

    return [one, step, photo, bytes_of_photo, download]


async def _open_case(
    site: Site, desk: Desk, request: Asking, visitor: Visitor, given: Mapping[str, str]
) -> Response[Any]:
    kasus = str(request.path_params["kasus"])
    purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
    phrase, session = given.get("frasa", "")[:LONGEST_PHRASE], request.cookies.get(SESSION_COOKIE, "")
    begun = await in_turn(
        site, lambda: site.room.openings.open(visitor.person, session, RecordId(kasus), phrase, purpose)
    )
    if isinstance(begun, Refusal):
        return await desk.door(visitor, kasus, begun, purpose)
    response = onward(f"/ruang/kasus/{kasus}")
    response.set_cookie(room_cookie(request, OPEN_COOKIE, begun, OPEN_MS))
    return response


async def _print_case(
    site: Site, desk: Desk, request: Asking, visitor: Visitor, key: Key, given: Mapping[str, str]
) -> Response[str]:
    purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
    look = site.room.openings.look
    refusal = await site.work(lambda: look(visitor.person, key.opened.case, "cetak", purpose, ""))
    if refusal is not None:
        return await desk.inside(request, visitor, key, refusal=refusal, kept=Kept(purpose=purpose))
    return await desk.inside(request, visitor, key, template="room/print.html")


def _work(
    site: Site, visitor: Visitor, key: Key, name: str, given: Mapping[str, str], kept: Kept
) -> Refusal | None:
    """Do what was asked inside the room."""
    work, person, seen = site.room.work, visitor.person, given.get("dilihat", "")
    match name:
        case "putus":
            visit, reasons = RecordId(given.get("kunjungan", "")), kept.reasons
            decision = given.get("keputusan", "")
            return work.decide(person, key, visit, seen, decision, reasons.reasons, reasons.note)
        case "maju":
            return work.advance(person, key, seen, kept.step, kept.answers)
        case "tugas":
            whom, form = PersonId(given.get("petugas", "")), given.get("form", "")
            return work.assign(person, key, whom, form, kept.task, day_of(given.get("tenggat", "")))
        case "serah":
            return work.give(person, key, PersonId(given.get("petugas", "")))
        case "batal_tugas":
            return work.call_off(person, key, RecordId(given.get("tugas", "")))
        case "terlambat":
            return site.room.late.close(person, key.kasus, RecordId(given.get("konflik", "")), seen)
        case _:
            return Refusal(say="usang", status=409)


def _kept(given: Mapping[str, str]) -> Kept:
    """Read what was typed, cut to length."""
    answers = {name.removeprefix(NEED): value for name, value in given.items() if name.startswith(NEED)}
    return Kept(
        reasons=shortened(typed_of(given)),
        step=given.get("acara", ""),
        answers=answers,
        task=given.get("isi_tugas", "").strip()[:LONGEST_TASK],
    )


def _picture(site: Site, visitor: Visitor, key: Key, change: str, number: int) -> bytes:
    """Return one picture, stamped. Raises MissingError."""
    stamp = stamp_words(site, visitor)
    found = site.room.cases.picture(key.opened.case, _change(change), number, stamp)
    if found is None:
        raise MissingError
    return found


def _change(name: str) -> ChangeId:
    """Read a change's name. Raises MissingError."""
    try:
        return ChangeId(bytes.fromhex(name))
    except ValueError as error:
        raise MissingError from error
