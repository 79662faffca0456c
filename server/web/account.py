"""Akun saya: one's own password, second step and sessions. Rule: what opens a login is shown once.

Whoever changes how they log in, or ends a session, gives their password again.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.base import Data
from server import totp
from server.accounts import LoggedIn, NotCreated, OpenSession, TooManyTries, WrongLogin
from server.web.agents import browser_of
from server.web.login import cookie, too_often, whence
from server.web.qr import qr_svg
from server.web.replies import onward
from server.web.site import SESSION_COOKIE, Asking, Notice, Site, Visitor
from server.web.turns import BUSY, Busy

DONE = ("sandi_diganti", "sesi_diakhiri")


class SessionView(Data, frozen=True, kw_only=True):
    """One open session, said in words."""

    name: str
    address: str
    agent: str
    when: str
    is_this: bool


def account_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(
        request: Asking,
        visitor: Visitor,
        notice: Notice | None = None,
        *,
        secret: bytes | None = None,
        codes: tuple[str, ...] = (),
        status: int = 200,
    ) -> Response[str]:
        person, token = visitor.person.id, request.cookies.get(SESSION_COOKIE, "")
        found = await site.work(lambda: site.accounts.sessions(person, token))
        label = visitor.person.kode or visitor.person.nama
        link = totp.provisioning(secret, site.text("aplikasi.nama"), label) if secret else ""
        values: dict[str, Any] = {
            "notice": notice,
            "standing": await site.work(
                lambda: site.deps.engine.read(lambda tx: site.factors.standing(tx, person))
            ),
            "secret": totp.secret_text(secret) if secret else "",
            "qr": qr_svg(link, scale=4) if link else "",
            "codes": codes,
            "tries": await site.work(lambda: site.wrong_logins.own(person)),
            "sessions": [_view(site, one) for one in found],
        }
        return await site.page("account/account.html", visitor, "akun", values, status=status)

    @get("/akun")
    async def account(request: Asking) -> Response[str]:
        visitor = await site.visitor(request, setting_up=True)
        done, why = request.query_params.get("hasil", ""), request.query_params.get("sebab", "")
        notice = None
        if done in DONE:
            notice = Notice(tone="good", icon="done", title=site.text(f"kantor.saya.{done}"))
        elif why == "sandi_awal":
            title, text = site.text("kantor.saya.sandi_wajib"), site.text("kantor.saya.sandi_wajib_arti")
            notice = Notice(tone="notice", icon="key", title=title, text=text)
        elif why == "langkah_kedua":
            title, text = site.text("kantor.saya.langkah_wajib"), site.text("kantor.saya.langkah_wajib_arti")
            notice = Notice(tone="notice", icon="info", title=title, text=text)
        return await draw(request, visitor, notice)

    @post("/akun/kode/mulai")
    async def begin(request: Asking) -> Response[str]:
        visitor = await site.visitor(request, setting_up=True)
        given = await site.form(request, visitor.csrf)
        if why := await _asked_again(site, request, visitor, given):
            return await draw(request, visitor, _bad(why[0]), status=why[1])
        secret = await site.work(lambda: site.factors.begin(visitor.person.id))
        return await draw(request, visitor, secret=secret)

    @post("/akun/kode")
    async def confirm(request: Asking) -> Response[str]:
        visitor = await site.visitor(request, setting_up=True)
        given = await site.form(request, visitor.csrf)
        person, (address, _) = visitor.person.id, whence(request)
        codes = await site.work(lambda: site.factors.confirm(person, given.get("kode", "")[:64], address))
        if isinstance(codes, tuple):
            return await draw(request, visitor, codes=codes)
        secret = await site.work(lambda: site.factors.begin(person))
        often = isinstance(codes, TooManyTries)
        said = (
            too_often(site, codes) if isinstance(codes, TooManyTries) else site.text("kantor.saya.kode_salah")
        )
        return await draw(request, visitor, _bad(said), secret=secret, status=429 if often else 422)

    @post("/akun/sandi")
    async def change_password(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request, setting_up=True)
        given = await site.form(request, visitor.csrf)
        address, agent = whence(request)
        old, new = given.get("lama", "")[:256], given.get("baru", "")
        outcome = await site.turns.work(
            lambda: site.accounts.change_password(visitor.person.id, old, new, address, agent=agent)
        )
        match outcome:
            case LoggedIn(token=token):
                response: Response[Any] = onward("/akun?hasil=sandi_diganti")
                response.set_cookie(cookie(request, SESSION_COOKIE, token))
                return response
            case _:
                said, status = _why_not(site, outcome)
                return await draw(request, visitor, _bad(said), status=status)

    @post("/akun/sesi")
    async def end_sessions(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request, setting_up=True)
        given = await site.form(request, visitor.csrf)
        if why := await _asked_again(site, request, visitor, given):
            return await draw(request, visitor, _bad(why[0]), status=why[1])
        person, token = visitor.person.id, request.cookies.get(SESSION_COOKIE, "")
        if "lain" in given:
            await site.work(lambda: site.accounts.end_others(person, token))
        else:
            await site.work(lambda: site.accounts.end_session(person, given.get("sesi", "")))
        return onward("/akun?hasil=sesi_diakhiri")

    return [account, begin, confirm, change_password, end_sessions]


async def _asked_again(
    site: Site, request: Asking, visitor: Visitor, given: Mapping[str, str]
) -> tuple[str, int] | None:
    """Judge the password in a form; None when it fits, else why not, with the HTTP status."""
    typed, (address, _), person = given.get("sandi", "")[:256], whence(request), visitor.person.id
    outcome = await site.turns.work(lambda: site.accounts.ask_again(person, typed, address))
    return _why_not(site, outcome) if outcome else None


def _why_not(site: Site, outcome: WrongLogin | TooManyTries | NotCreated | Busy) -> tuple[str, int]:
    """Say why a password was not changed, with the HTTP status."""
    match outcome:
        case TooManyTries():
            return too_often(site, outcome), 429
        case NotCreated(say=say):
            return site.text(say), 422
        case Busy():
            return site.text("kantor.masuk.ramai"), BUSY
        case WrongLogin():
            return site.text("kantor.saya.sandi_salah"), 422


def _view(site: Site, one: OpenSession) -> SessionView:
    began, seen = (
        f"{written.long_date(written.local_date(at))} {written.clock(at)}"
        for at in (one.created_ms, one.seen_ms)
    )
    when = site.text("kantor.saya.sesi_waktu", masuk=began, terakhir=seen)
    program, system = browser_of(one.agent)
    agent = site.text("kantor.saya.peramban", peramban=program, sistem=system) if system else program
    return SessionView(name=one.name, address=one.address, agent=agent, when=when, is_this=one.is_this)


def _bad(said: str) -> Notice:
    return Notice(tone="bad", icon="error", title=said)
