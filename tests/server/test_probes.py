"""An attacker's tricks at every address of the office. Rule: no phone or page asks what is asked here."""

import re
import socket
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.app import create_app
from server.web.login import own_page
from server.web.pages import web_pages
from tests.server.room_office import csrf
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut

MARK = "penanda-3314990101800001"
MACHINES = ("/api/sync", "/api/enrol", "/api/login", "/api/login/nonce", "/api/handover/key", "/tus")


class Site:
    """A served office, its address, and one browser that is logged in."""

    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address
        self.stranger = httpx.Client(base_url=address, timeout=20)
        self.officer = httpx.Client(base_url=address, timeout=20)
        form = {"csrf": csrf(self.officer.get("/masuk")), "nama": "kabid", "sandi": PASSWORD}
        assert self.officer.post("/masuk", data=form).status_code == 303

    def paths(self) -> list[str]:
        """Every address that the program has, with something in the place of each id."""
        app = create_app(self.office.deps, web_pages(self.office.deps))
        return sorted({re.sub(r"\{\w+:\w+\}", "a" * 32, route.path) for route in app.routes})

    def raw(self, *lines: str, body: bytes = b"", hang_up: bool = False) -> bytes:
        """Send bytes as they are, and return what comes until the office hangs up."""
        host, _, port = self.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall("\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1") + body)
            if hang_up:
                line.shutdown(socket.SHUT_WR)
            said = b""
            while piece := line.recv(65536):
                said += piece
        return said


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    office = open_at(tmp_path_factory.mktemp("probes"))
    with serving(office) as address:
        site = Site(office, address)
        yield site
        site.stranger.close()
        site.officer.close()
    shut(office)


def test_every_answer_forbids_guessing_its_type(site: Site) -> None:
    paths = site.paths()
    assert len(paths) > 30
    for path in [*paths, "/static/sambang.css", "/static/ada", "/tus/ada"]:
        for client, method in (
            (site.stranger, "GET"),
            (site.stranger, "POST"),
            (site.officer, "GET"),
            (site.stranger, "OPTIONS"),
        ):
            answer = client.request(method, path)
            assert answer.status_code < 500, (method, path)
            if answer.content:
                assert answer.headers.get("x-content-type-options") == "nosniff", (method, path)


def test_no_other_origin_is_ever_let_in(site: Site) -> None:
    for path in site.paths():
        for method in ("GET", "OPTIONS", "POST"):
            answer = site.officer.request(
                method,
                path,
                headers={"origin": "https://lain.example", "access-control-request-method": "POST"},
            )
            assert not [name for name in answer.headers if name.startswith("access-control-")], path


FRAMING = {
    "a length below nothing": ("content-length: -1",),
    "a length that is a word": ("content-length: banyak",),
    "a length of a hundred digits": ("content-length: " + "9" * 100,),
    "two lengths that differ": ("content-length: 1", "content-length: 2"),
    "a length of other digits": ("content-length: ٣".encode().decode("latin-1"),),
    "chunks that are none": ("transfer-encoding: chunked",),
    "an unknown transfer": ("transfer-encoding: gzip, identity",),
    "a header in two lines": ("content-length: 1", "x: a", " b: c"),
    "a null in a header": ("x: a\0b", "content-length: 1"),
}


@pytest.mark.parametrize("headers", FRAMING.values(), ids=FRAMING)
@pytest.mark.parametrize("path", ["/api/sync", "/api/enrol", "/masuk", "/tus"])
def test_lengths_and_framing_that_lie_are_refused(site: Site, path: str, headers: tuple[str, ...]) -> None:
    said = site.raw(f"POST {path} HTTP/1.1", "host: kantor", *headers, body=b"zz\r\nx", hang_up=True)
    assert not said or 400 <= int(said.split()[1]) < 500
    assert site.stranger.get("/api/health").text == "ok"


TRICKS = (
    "/static/../server/app.py", "/static/%2e%2e/%2e%2e/app.py", "/static/..%2f..%2fapp.py",
    "/static//etc/hostname",
    "/static/%2fetc%2fhostname", "/static/..%5c..%5capp.py", "/static/sambang.css%00.js",
    "/static/%c0%ae%c0%ae/app.py",
    "/static/．．/app.py", "/tus/../../office.db", "/tus/%2e%2e%2foffice.db", "/tus/" + "a" * 4000,
    "/kunjungan/..%2f..%2f/foto/%2e%2e/isi", "/kunjungan/%00/foto/%00/isi", "/kasus/%ff",
    "/kasus/" + "%41" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_no_path_reaches_a_file(site: Site, path: str) -> None:
    said = site.raw(
        f"GET {path.encode().decode('latin-1')} HTTP/1.1",
        "host: kantor",
        f"cookie: sambang_sesi={site.officer.cookies['sambang_sesi']}",
    )
    assert 400 <= int(said.split()[1]) < 500, said[:200]
    assert b"import " not in said and b"root:" not in said


@pytest.mark.parametrize(
    "target",
    [
        "//lain.example", "https://lain.example", "/\\lain.example", "\\\\lain.example", "/%2flain.example",
        "/antrean\n", "/antrean\r\nset-cookie: a=b", "/antrean//lain.example", "/@lain.example",
        "javascript:alert(1)",
        " /antrean", "/antrean\0", "/ａntrean",
    ],
)  # fmt: skip
def test_no_target_leads_away_from_the_office(site: Site, target: str) -> None:
    assert own_page(target) == "/"
    with httpx.Client(base_url=site.address, timeout=20) as client:
        form = {"csrf": csrf(client.get("/masuk", params={"ke": target})), "nama": "kabid", "sandi": PASSWORD}
        answer = client.post("/masuk", data={**form, "tujuan": target})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_host_that_is_not_ours_is_written_nowhere(site: Site) -> None:
    for path in site.paths():
        headers = {"host": "lain.example", "x-forwarded-host": "lain.example", "x-forwarded-proto": "ftp"}
        answer = site.officer.get(path, headers=headers)
        assert "lain.example" not in answer.text + str(answer.headers), path


def test_another_method_in_a_header_changes_nothing_on_pages(site: Site) -> None:
    for name in ("x-http-method-override", "x-http-method", "x-method-override"):
        answer = site.officer.get("/keluar", headers={name: "POST"})
        assert answer.status_code in (404, 405)
    assert site.officer.get("/antrean").status_code == 200


def test_what_is_typed_comes_back_as_text_and_never_as_markup(site: Site) -> None:
    markup = "\"'><script>alert(1)</script>{{7*7}}"
    form = {"csrf": csrf(site.stranger.get("/masuk")), "nama": markup, "sandi": markup, "tujuan": markup}
    answers = [site.stranger.post("/masuk", data=form)]
    for path in site.paths():
        names = ("ke", "sebab", "status", "desa", "layanan", "cari", "halaman", "wilayah")
        answers.append(site.officer.get(path, params=dict.fromkeys(names, markup)))
        answers.append(
            site.officer.get(path.replace("a" * 32, httpx.QueryParams({"": markup}).__str__()[1:]))
        )
    for answer in answers:
        assert answer.status_code < 500, answer.url
        assert "<script>alert" not in answer.text and "49" not in re.findall(r">\{\{.*?<|>49<", answer.text)


def test_no_answer_tells_what_it_runs_on(site: Site) -> None:
    for path in (*site.paths(), *MACHINES, "/openapi.json", "/schema", "/docs", "/.git/config", "/.env"):
        answer = site.stranger.get(path)
        said = (answer.text + str(answer.headers)).lower()
        assert not re.search(r"litestar|traceback|site-packages|python/|/home/|sqlcipher", said), path


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUICK
@given(path=st.sampled_from(MACHINES), value=VALUES)
def test_no_noise_at_any_address_breaks_the_office(site: Site, path: str, value: object) -> None:
    body = msgspec.msgpack.encode(value)
    assert 400 <= site.stranger.post(path, content=body).status_code < 500


def test_what_a_stranger_sends_stands_in_no_log(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    for path in (*MACHINES, "/masuk", f"/{MARK}", f"/kasus/{MARK}", f"/static/{MARK}"):
        site.stranger.get(
            path, params={"q": MARK}, headers={"x-mark": MARK, "authorization": f"Bearer {MARK}"}
        )
        site.stranger.post(path, content=MARK.encode(), headers={"content-encoding": MARK})
    form = {"csrf": csrf(site.stranger.get("/masuk")), "nama": MARK, "sandi": MARK}
    site.stranger.post("/masuk", data=form)
    site.raw(f"{MARK} /{MARK} HTTP/9.9", f"{MARK}: {MARK}")
    out, err = capfd.readouterr()
    assert MARK not in out + err
