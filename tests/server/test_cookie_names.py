"""Cookies over HTTPS: what they are called, and which are believed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest

from server.app import create_app
from server.web.cookie_names import named
from server.web.pages import web_pages
from server.web.room_frame import OPEN_COOKIE
from server.web.site import SESSION_COOKIE
from tests.server.room_office import csrf
from tests.server.web_office import PASSWORD, Office, open_at, shut

Use = Callable[[httpx.AsyncClient], Awaitable[None]]
SESSION = "__Host-" + SESSION_COOKIE


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("kuki"))
    yield made
    shut(made)


def visit(office: Office, use: Use, scheme: str = "https") -> None:
    """Let somebody use the office's own app, as behind TLS or without."""
    transport = httpx.ASGITransport(app=named(create_app(office.deps, web_pages(office.deps))))

    async def work() -> None:
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://kantor.example") as client:
            await use(client)

    asyncio.run(work())


async def log_in(client: httpx.AsyncClient) -> httpx.Response:
    form = {"csrf": csrf(await client.get("/masuk")), "nama": "kabid", "sandi": PASSWORD}
    return await client.post("/masuk", data=form)


def test_over_https_every_cookie_is_bound_to_this_host_and_a_login_works(office: Office) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        answer = await log_in(client)
        given = answer.headers.get_list("set-cookie")
        assert len(given) == 2, "the session, and the end of the form's guard"
        for each in given:
            assert each.startswith("__Host-sambang_") and "; secure" in each.lower()
            assert "path=/;" in each.lower() + ";" and "domain" not in each.lower()
        assert SESSION in client.cookies and (await client.get("/")).status_code == 200
        page = await client.get("/akun")
        gone = await client.post("/keluar", data={"csrf": csrf(page)})
        assert gone.headers["set-cookie"].startswith(SESSION) and SESSION not in client.cookies

    visit(office, use)


@pytest.mark.parametrize("name", [SESSION_COOKIE, "__Secure-" + SESSION_COOKIE])
def test_over_https_a_session_under_a_name_that_others_could_set_is_none(office: Office, name: str) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        await log_in(client)
        token = client.cookies[SESSION]
        client.cookies.clear()
        believed = {"cookie": f"lain=1; {SESSION}={token}"}
        assert (await client.get("/", headers=believed)).status_code == 200
        planted = await client.get("/", headers={"cookie": f"{name}={token}"})
        assert planted.headers["location"].startswith("/masuk")

    visit(office, use)


def test_without_tls_names_stay_plain(office: Office) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        answer = await log_in(client)
        assert all(each.startswith("sambang_") for each in answer.headers.get_list("set-cookie"))
        assert (await client.get("/")).status_code == 200

    visit(office, use, "http")


def test_a_cookie_of_the_room_stays_on_its_pages_and_is_for_tls_alone() -> None:
    seen: list[bytes] = []

    async def app(scope: dict[str, object], _: object, send: Callable[[object], Awaitable[None]]) -> None:
        seen.extend(value for _, value in scope["headers"])  # type: ignore[attr-defined]
        given = [(b"set-cookie", f"{OPEN_COOKIE}=ab; Path=/ruang; HttpOnly; Secure".encode())]
        await send({"type": "http.response.start", "status": 200, "headers": given})

    sent: list[dict[str, list[tuple[bytes, bytes]]]] = []

    async def send(message: dict[str, list[tuple[bytes, bytes]]]) -> None:
        sent.append(message)

    asked = f"__Secure-{OPEN_COOKIE}=1; {OPEN_COOKIE}=2; __Host-{OPEN_COOKIE}=3"
    scope = {"type": "http", "scheme": "https", "headers": [(b"cookie", asked.encode())]}
    asyncio.run(named(app)(scope, None, send))  # type: ignore[arg-type]
    assert seen == [f"{OPEN_COOKIE}=1".encode()]
    assert sent[0]["headers"][0][1] == f"__Secure-{OPEN_COOKIE}=ab; Path=/ruang; HttpOnly; Secure".encode()
