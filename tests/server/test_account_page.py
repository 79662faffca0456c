"""Akun saya and the second step over HTTP; and every route of the pages asks who is there."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from schemas.ids import RecordId
from server import totp
from server.app import create_app
from server.second_factor import GRACE_MS
from server.web.pages import web_pages
from sync.change import Patch
from tests.server.room_office import csrf, move_grace
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut

OPEN_TO_ALL = {
    ("GET", "/masuk"), ("POST", "/masuk"), ("GET", "/masuk/kode"), ("POST", "/masuk/kode"),
}  # fmt: skip
"""What answers without a session. All of it guards itself, and shows nothing of anybody."""
UPLOADS = ("/serah-terima", "/impor", "/target/berkas")
"""The forms that carry a file."""
MACHINES = ("/api/", "/tus", "/health", "/static", "/{rest:path}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = open_at(tmp_path_factory.mktemp("akun"))
    with serving(office) as address:
        yield office, address
    shut(office)


def give_password(client: httpx.Client, username: str) -> httpx.Response:
    form = {"csrf": csrf(client.get("/masuk")), "nama": username, "sandi": PASSWORD}
    return client.post("/masuk", data=form)


def code_of(office: Office, secret: bytes, later: int = 0) -> str:
    return totp.code_at(secret, totp.step_of(office.deps.now_ms()) + later)


def shown_secret(page: httpx.Response) -> bytes:
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert found
    return base64.b32decode(found[1])


def test_the_second_step_is_set_up_on_the_page_and_asked_from_then_on(served: tuple[Office, str]) -> None:
    office, address = served
    office.add_person("berkode", "Berkode Uji", "U70", ("kabid",))
    with httpx.Client(base_url=address, timeout=20) as client:
        assert give_password(client, "berkode").headers["location"] == "/"
        form = {"csrf": csrf(client.get("/akun"))}
        page = client.post("/akun/kode/mulai", data={**form, "sandi": PASSWORD})
        assert "<svg" in page.text
        secret = shown_secret(page)
        wrong = client.post("/akun/kode", data={**form, "kode": "000000"})
        assert wrong.status_code == 422
        done = client.post("/akun/kode", data={**form, "kode": code_of(office, secret, -1)})
        recovery = re.findall(r"<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>", done.text)
        assert len(recovery) == totp.RECOVERY_CODES
        assert recovery[0] not in client.get("/akun").text
    with httpx.Client(base_url=address, timeout=20) as client:
        assert give_password(client, "berkode").headers["location"].startswith("/masuk/kode")
        assert client.get("/").headers["location"].startswith("/masuk")
        page = client.get("/masuk/kode")
        form = {"csrf": csrf(page), "kode": "000000", "tujuan": "/"}
        assert client.post("/masuk/kode", data={**form, "csrf": "0" * 64}).status_code == 403
        assert client.post("/masuk/kode", data=form).status_code == 401
        assert client.post("/masuk/kode", data={**form, "kode": recovery[3]}).status_code == 303
        assert client.get("/").status_code == 200


def test_after_the_grace_a_kabid_reaches_nothing_but_the_setting_up(served: tuple[Office, str]) -> None:
    office, address = served
    person = office.add_person("tunda", "Tunda Uji", "U71", ("kabid",))
    with httpx.Client(base_url=address, timeout=20) as client:
        give_password(client, "tunda")
        assert client.get("/antrean").status_code == 200
        given = {"csrf": csrf(client.get("/target")), "wilayah": "Plupuh 350", "dilihat": "0"}
        move_grace(office, person, -GRACE_MS)
        for path in ("/", "/antrean", "/konflik", "/kasus", "/perangkat", "/karantina"):
            assert client.get(path).headers["location"] == "/akun?sebab=langkah_kedua", path
        assert "Pasang langkah kedua" in client.get("/akun?sebab=langkah_kedua").text
        # what was being typed meanwhile waits until the step is set up
        answer = client.post("/target", data=given)
        assert answer.headers["location"] == "/akun?sebab=langkah_kedua"
        move_grace(office, person, GRACE_MS)
        assert "Plupuh 350</textarea>" in client.get("/target").text


def test_a_session_ends_when_the_roles_of_its_person_change(served: tuple[Office, str]) -> None:
    office, address = served
    person = office.add_person("naik", "Naik Uji", "U72", ("petugas",))
    with httpx.Client(base_url=address, timeout=20) as client:
        give_password(client, "naik")
        assert client.get("/").status_code == 200
        body = Patch(
            record=RecordId(person), kind="petugas", base={"peran": ["petugas"]}, new={"peran": ["kabid"]}
        )
        office.deps.office.act(office.deps.office.person, body)
        assert client.get("/").headers["location"].startswith("/masuk")


def test_a_password_is_changed_and_other_sessions_end(served: tuple[Office, str]) -> None:
    office, address = served
    office.add_person("ganti", "Ganti Uji", "U73", ("petugas",))
    with (
        httpx.Client(base_url=address, timeout=20) as here,
        httpx.Client(base_url=address, timeout=20) as there,
    ):
        for client in (here, there):
            give_password(client, "ganti")
        form = {"csrf": csrf(here.get("/akun")), "lama": PASSWORD, "baru": "sandi baru untuk uji"}
        assert here.post("/akun/sandi", data={**form, "lama": "bukan yang lama"}).status_code == 422
        assert there.get("/").status_code == 200
        assert here.post("/akun/sandi", data=form).status_code == 303
        assert here.get("/akun").status_code == 200
        assert there.get("/").headers["location"].startswith("/masuk")


def test_who_sits_down_at_an_open_page_changes_no_login_without_the_password(
    served: tuple[Office, str],
) -> None:
    office, address = served
    office.add_person("tinggal", "Tinggal Uji", "U74", ("petugas",))
    with (
        httpx.Client(base_url=address, timeout=20) as here,
        httpx.Client(base_url=address, timeout=20) as there,
    ):
        for client in (here, there):
            give_password(client, "tinggal")
        page = here.get("/akun")
        other = re.search(r'name="sesi" value="(\w+)"', page.text)
        assert other and page.text.count('name="sandi"') == 2
        form = {"csrf": csrf(page)}
        tries: tuple[tuple[str, dict[str, str]], ...]
        tries = (("/akun/kode/mulai", {}), ("/akun/sesi", {"sesi": other[1]}), ("/akun/sesi", {"lain": "1"}))
        for path, asked in tries:
            for wrong in ({}, {"sandi": "bukan sandi saya"}):
                answer = here.post(path, data={**form, **asked, **wrong})
                assert answer.status_code in {422, 429} and "<code>" not in answer.text, path
        assert there.get("/").status_code == 200
        assert here.post("/akun/sesi", data={**form, "sesi": other[1], "sandi": PASSWORD}).status_code == 429


def test_one_of_two_sessions_is_ended_with_the_password(served: tuple[Office, str]) -> None:
    office, address = served
    office.add_person("berdua", "Berdua Uji", "U75", ("petugas",))
    with (
        httpx.Client(base_url=address, timeout=20) as here,
        httpx.Client(base_url=address, timeout=20) as there,
    ):
        for client in (here, there):
            give_password(client, "berdua")
        page = here.get("/akun")
        other = re.search(r'name="sesi" value="(\w+)"', page.text)
        assert other
        form = {"csrf": csrf(page), "sesi": other[1], "sandi": PASSWORD}
        assert here.post("/akun/sesi", data=form).status_code == 303
        assert there.get("/").headers["location"].startswith("/masuk")
        assert here.get("/akun").text.count('name="sandi"') == 1


def routes(office: Office) -> list[tuple[str, str]]:
    """Return (method, path) of every route of the pages, as the app itself knows them."""
    app = create_app(office.deps, web_pages(office.deps))
    found: list[tuple[str, str]] = []
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(MACHINES):
            found += [(method, route.path) for method in sorted(route.methods - {"OPTIONS", "HEAD"})]
    return found


def filled(path: str) -> str:
    """Put something of the right shape in the place of each parameter."""
    return re.sub(r"\{[^}]*\}", "a" * 32, re.sub(r"\{[^}]*:int\}", "1", path))


def test_no_route_of_the_pages_answers_without_a_session(served: tuple[Office, str]) -> None:
    office, address = served
    walked = routes(office)
    assert ("POST", "/akun/sandi") in walked and set(walked) >= OPEN_TO_ALL
    with httpx.Client(base_url=address, timeout=20) as client:
        for method, path in walked:
            if (method, path) in OPEN_TO_ALL:
                continue
            answer = client.request(method, filled(path))
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/masuk"), (method, path)


@pytest.mark.parametrize("role", ["pendamping", "petugas", "kabid", "admin"])
def test_every_post_of_the_pages_refuses_a_form_of_another_session(
    served: tuple[Office, str], role: str
) -> None:
    office, address = served
    with httpx.Client(base_url=address, timeout=20) as client:
        give_password(client, role)
        for method, path in routes(office):
            if method == "POST":
                url = filled(path)
                given: dict[str, Any] = {"data": {"csrf": "0" * 64}}
                if path in UPLOADS:
                    given["files"] = {"berkas": ("a.sambang", b"x")}
                answer = client.post(url, **given)
                if path == "/masuk/kode":
                    assert answer.headers["location"] == "/masuk"
                else:
                    # refused as foreign (403), or not there for this role before the form is read (404)
                    assert answer.status_code in (403, 404), (path, answer.status_code)
        assert client.get("/").status_code == 200
