"""The code after the password. Rule: the half login's cookie guards the form, and opens nothing by itself."""

from typing import Any

from litestar import Response, get, post

from server.accounts import LoggedIn, TooManyTries, csrf_of
from server.web.login import HALF_COOKIE, cookie, own_page, too_often, whence
from server.web.replies import onward
from server.web.site import SESSION_COOKIE, Asking, Site, theme_of


def second_step_routes(site: Site) -> list[Any]:
    """Return the handlers of the second step of a login."""

    def code_form(
        request: Asking, half: str, target: str, problem: str = "", status: int = 200
    ) -> Response[str]:
        frame = site.frame(None, "", theme_of(request), csrf_of(half))
        return site.show("login/code.html", frame, {"problem": problem, "target": target}, status=status)

    @get("/masuk/kode")
    async def code_page(request: Asking) -> Response[Any]:
        half = request.cookies.get(HALF_COOKIE, "")
        if not await site.work(lambda: site.factors.is_half(half)):
            return onward("/masuk")
        return code_form(request, half, own_page(request.query_params.get("ke", "/")))

    @post("/masuk/kode")
    async def enter_code(request: Asking) -> Response[Any]:
        half = request.cookies.get(HALF_COOKIE, "")
        if not await site.work(lambda: site.factors.is_half(half)):
            return onward("/masuk")
        given = await site.form(request, csrf_of(half))
        target, old = own_page(given.get("tujuan", "/")), request.cookies.get(SESSION_COOKIE, "")
        address, agent = whence(request)
        typed = given.get("kode", "")[:64]
        outcome = await site.work(
            lambda: site.factors.finish(half, typed, address, agent=agent, old_token=old)
        )
        if isinstance(outcome, TooManyTries):
            return code_form(request, half, target, too_often(site, outcome), 429)
        if not isinstance(outcome, LoggedIn):
            return code_form(request, half, target, site.text("kantor.saya.kode_salah"), 401)
        response: Response[Any] = onward(target)
        response.set_cookie(cookie(request, SESSION_COOKIE, outcome.token))
        response.delete_cookie(HALF_COOKIE, path="/")
        return response

    return [code_page, enter_code]
