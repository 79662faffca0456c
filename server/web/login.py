"""Masuk and Keluar. Rule: before there is a session, a cookie of its own guards the form."""

import math
import re
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import Cookie

from server.accounts import HALF_MS, HalfLoggedIn, LoggedIn, TooManyTries, csrf_of
from server.engine import DiskError
from server.web.errors import ExpiredError
from server.web.replies import onward
from server.web.site import SECURITY_HEADERS, SESSION_COOKIE, THEME_COOKIE, THEMES, Asking, Site, theme_of
from server.web.turns import BUSY, Busy

GUARD_COOKIE = "sambang_masuk"
HALF_COOKIE = "sambang_langkah"
OWN_PAGE = re.compile(
    r"/(?:(?:akun|antrean|pengguna|konflik|kasus|warga|permintaan|insiden|surat|impor|ekspor)(?:/[0-9a-f]{32})?"
    r"|(?:kunjungan|penugasan/petugas|perangkat/hp)/[0-9a-f]{32}|ruang(?:/[a-z-]+(?:/[0-9a-f]{32})?)?"
    r"|antrean/bersama|surat/(?:baru|nomor|templat(?:/[a-z_]+)?)|penugasan(?:/petugas)?|jejak(?:/lembar)?"
    r"|perangkat(?:/menunggu)?|pengguna/(?:langkah-kedua|percobaan)|formulir(?:/baru)?|dasbor|target|peta"
    r"|kemungkinan-ganda(?:/[0-9a-f]{32}/[0-9a-f]{32})?|pengaturan|pelindungan|masa-simpan|penerima"
    r"|pemrosesan|pemusnahan|orang-baru|karantina"
    r"|hari-libur|serah-terima|kunci-data|cadangan)?"
)
FILTER = re.compile(r"[a-z]+=[A-Za-z0-9._-]*(?:&[a-z]+=[A-Za-z0-9._-]*)*")
"""What may follow a `?` in an address of ours that is gone back to: what was chosen in a list."""
YEAR_SECONDS = 365 * 86_400
NOTES = {"berakhir", "sudah_keluar", "tulisan_disimpan"}


def login_routes(site: Site) -> list[Any]:
    """Return the handlers of logging in and out, and of choosing light or dark."""

    def form(
        request: Asking,
        *,
        status: int = 200,
        problem: str = "",
        note: str = "",
        username: str = "",
        target: str = "/",
    ) -> Response[str]:
        guard = site.deps.randomness(16).hex()
        values = {"problem": problem, "note": note, "username": username, "target": target}
        frame = site.frame(None, "", theme_of(request), csrf_of(guard))
        response = site.show("login/login.html", frame, values, status=status)
        response.set_cookie(cookie(request, GUARD_COOKIE, guard))
        return response

    @get("/masuk")
    async def login_page(request: Asking) -> Response[str]:
        note, target = request.query_params.get("sebab", ""), request.query_params.get("ke", "/")
        said = site.text(f"kantor.masuk.{note}") if note in NOTES else ""
        return form(request, note=said, target=own_page(target))

    @post("/masuk")
    async def log_in(request: Asking) -> Response[Any]:
        guard = request.cookies.get(GUARD_COOKIE, "")
        try:
            given = await site.form(request, csrf_of(guard))
            if not guard:
                raise ExpiredError
        except ExpiredError:
            return form(request, status=403, note=site.text("kantor.masuk.formulir_lama"))
        username, target = given.get("nama", "")[:64], own_page(given.get("tujuan", "/"))
        address, agent = whence(request)
        old = request.cookies.get(SESSION_COOKIE, "")
        outcome = await site.turns.work(
            lambda: site.accounts.log_in(username, given.get("sandi", "")[:256], address, old, agent)
        )
        if isinstance(outcome, Busy):
            said = site.text("kantor.masuk.ramai")
            return form(request, status=BUSY, problem=said, username=username, target=target)
        if isinstance(outcome, HalfLoggedIn):
            further: Response[Any] = onward(f"/masuk/kode?ke={quote(target)}")
            further.set_cookie(cookie(request, HALF_COOKIE, outcome.token, seconds=HALF_MS // 1000))
            further.delete_cookie(GUARD_COOKIE, path="/")
            return further
        if not isinstance(outcome, LoggedIn):
            if isinstance(outcome, TooManyTries):
                said, status = too_often(site, outcome), 429
            else:
                said, status = site.text("kantor.masuk.salah"), 401
            return form(request, status=status, problem=said, username=username, target=target)
        response: Response[Any] = onward(target)
        response.set_cookie(cookie(request, SESSION_COOKIE, outcome.token))
        response.delete_cookie(GUARD_COOKIE, path="/")
        return response

    @post("/keluar")
    async def log_out(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request, setting_up=True)
        await site.form(request, visitor.csrf)
        with suppress(DiskError):  # this browser forgets it in any case; the session itself ends unused
            await site.work(lambda: end_session(site, request))
        response: Response[Any] = onward("/masuk?sebab=sudah_keluar")
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    @post("/tampilan")
    async def choose_look(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request, setting_up=True)
        given = await site.form(request, visitor.csrf)
        back = request.headers.get("referer", "").partition("://")[2].partition("/")[2]
        response: Response[Any] = onward(own_page(f"/{back}"))
        if given.get("tema") in THEMES:
            response.set_cookie(cookie(request, THEME_COOKIE, given["tema"], seconds=YEAR_SECONDS))
        return response

    return [login_page, log_in, log_out, choose_look]


def end_session(site: Site, request: Asking) -> None:
    """End the session of a request, and with it what it opened in the sealed room."""
    token = request.cookies.get(SESSION_COOKIE, "")
    site.room.held.end_session(token)
    site.accounts.log_out(token)


def to_login(request: Asking, back: str = "") -> Response[Any]:
    """Send somebody without a session to the login page, and back to where they were after it.

    Where they were is the page asked for, or, with what they typed kept there, the address `back`. Those who
    had a session are told why they are here.
    """
    note = "tulisan_disimpan" if back else "berakhir"
    had = SESSION_COOKIE in request.cookies
    here = back or (f"{request.url.path}?{request.url.query}" if request.method == "GET" else "/")
    query = f"?ke={quote(own_page(here))}" + (f"&sebab={note}" if had else "")
    headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
    if request.headers.get("hx-request"):
        # a part of a page must not be replaced by the login form: the whole page goes there
        return Response(content=b"", status_code=200, headers={**headers, "hx-redirect": f"/masuk{query}"})
    return onward(f"/masuk{query}")


def own_page(target: str) -> str:
    """Return a path of our own pages, whatever was asked: nobody is sent elsewhere after logging in."""
    path, _, query = target.partition("?")
    if not OWN_PAGE.fullmatch(path):
        return "/"
    return f"{path}?{query}" if FILTER.fullmatch(query) else path


def whence(request: Asking) -> tuple[str, str]:
    """Return the address a request came from, and what the browser says it is."""
    return request.client.host if request.client else "", request.headers.get("user-agent", "")


def too_often(site: Site, outcome: TooManyTries) -> str:
    """Say how long to wait."""
    minutes = max(1, math.ceil(outcome.wait_ms / 60_000))
    return site.text("kantor.masuk.terlalu_sering", menit=minutes)


def cookie(request: Asking, name: str, value: str, seconds: int | None = None) -> Cookie:
    """Make a cookie that scripts and other sites cannot use; over HTTPS it stays there."""
    return Cookie(
        key=name,
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
