"""Every route, for every role and reach, judged by the one table. Rule: a route that no row names fails.

What each path asks for is written here as an action of `server/access.py`; whether it opens follows from the
table. So a page that forgets to ask, or asks for another right than its menu says, shows.
"""

import base64
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from litestar.routes import ASGIRoute

from schemas.ids import ChangeId, DeviceId, PersonId, RecordId
from server import device_store
from server.access import Person, Role, Thing
from server.app import create_app
from server.devices import token_hash
from server.web.pages import web_pages
from sync.change import Patch, change_id
from tests.server.room_office import FIELD, Sealer, add_officers, csrf, hold_ceremony, log_in, serving_cheaply
from tests.server.route_rights import ROUTES, Anyone, Kept, Machine, Needs, Public, Reaches, System, opens
from tests.server.web_office import DESA, ELSEWHERE, ROLES, Office, Phone, open_at, shut

MARK = "Penandawati"
FULL_NIK = "3314990101800001"


ENDS_A_SESSION = ("/keluar", "/akun/sesi")


@dataclass
class House:
    """A served office with people of each role and reach, and things of each kind here and elsewhere."""

    office: Office
    address: str
    clients: dict[str, httpx.Client] = field(default_factory=dict[str, httpx.Client])
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    things: dict[str, list[Kept]] = field(default_factory=dict[str, list[Kept]])
    routes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def person(self, name: str) -> Person:
        return self.office.person(name)

    def client(self, name: str) -> httpx.Client:
        """Return a browser of somebody who is logged in."""
        if name not in self.clients:
            self.clients[name] = httpx.Client(base_url=self.address, timeout=30)
            log_in(self.clients[name], name)
            self.tokens[name] = csrf(self.clients[name].get("/akun"))
        return self.clients[name]

    def ask(self, name: str, method: str, path: str) -> httpx.Response:
        """Ask for a page, or send its form with the right token and nothing sensible in it."""
        client = self.client(name)
        if method == "GET":
            return client.get(path)
        return client.post(path, data={"csrf": self.tokens[name], "keperluan": "menguji hak akses"})


def walkers() -> list[tuple[str, Role, tuple[str, ...], tuple[str, ...]]]:
    """Everybody who walks: each role here, in another service, and in another kecamatan."""
    return [
        (f"{role}-{where}", role, areas, services)
        for role in ROLES
        for where, areas, services in (
            ("sini", (DESA,), ("bpnt",)),
            ("kis", (DESA,), ("kis",)),
            ("jauh", ("33.14.03",), ("bpnt",)),
        )
    ]


WALKERS = [name for name, *_ in walkers()]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    office = open_at(tmp_path_factory.mktemp("walk"))
    with serving_cheaply(office) as address:
        house = House(office, address)
        furnish(house)
        app = create_app(office.deps, web_pages(office.deps))
        for route in app.routes:
            if isinstance(route, ASGIRoute):
                house.routes.append(("POST", route.path))
            else:
                house.routes += [(name, route.path) for name in route.methods if name != "OPTIONS"]  # type: ignore[attr-defined]
        yield house
        for client in house.clients.values():
            client.close()
    shut(office)


def furnish(house: House) -> None:
    """Bring people and things into the house."""
    office = house.office
    for number, (name, role, areas, services) in enumerate(walkers()):
        office.add_person(name, f"{role} {number}", f"W{number:02}", (role,), areas, services)
    office.add_person("segala", "Segala Uji", "W99", ROLES)
    add_officers(office)
    with httpx.Client(base_url=house.address, timeout=30) as screen:
        hold_ceremony(screen)
    warga = office.add_warga(f"{MARK} Sini", DESA)
    far = office.add_warga(f"{MARK} Jauh", ELSEWHERE)
    here = add_visit(office, office.phone, office.people["pendamping"], warga, DESA)
    there = add_visit(office, office.phone, office.people["pendamping"], far, ELSEWHERE)
    own = [
        add_visit(office, Phone(office.deps, person), person, warga, DESA)
        for person in (office.people[f"{role}-sini"] for role in ROLES if role != "admin")
    ]
    sealer = Sealer(office, office.people[FIELD])
    kasus, _ = sealer.case()
    sealed_visit, _ = sealer.visit(kasus)
    sealed_thing = Thing(author=None, region="", service="ktkpm", privacy="rahasia")
    people = {"person": str(office.people["petugas"])}
    names = {"visit": sealed_visit, "blob": "a" * 64, "case": kasus, "kasus": kasus}
    sealed = Kept({**people, **names}, sealed_thing)
    house.things = {
        "visit": [here, there, *own, sealed],
        "case": [add_case(office, DESA), add_case(office, ELSEWHERE), sealed],
        "conflict": [add_conflict(office, DESA), add_conflict(office, ELSEWHERE)],
        "kept": [add_kept(office)],
        "kasus": [sealed],
        "warga": [add_twins(office, DESA), add_twins(office, ELSEWHERE)],
    }


def add_visit(office: Office, phone: Phone, author: PersonId, warga: RecordId, desa: str) -> Kept:
    visit, _ = office.add_visit(warga=warga, phone=phone, photos=("foto_rumah_depan",))
    ids = {"visit": str(visit), "blob": str(office.blobs_of(visit)[0])}
    return Kept(ids, Thing(author=author, region=desa, service="bpnt"))


def add_twins(office: Office, desa: str) -> Kept:
    one, other = (str(office.add_warga(f"{MARK} Ganda", desa)) for _ in range(2))
    ids = {"subject": one, "one": one, "other": other}
    return Kept(ids, Thing(author=None, region=desa, service="bpnt"))


def add_case(office: Office, desa: str) -> Kept:
    case = RecordId(secrets.token_hex(16))
    warga = office.add_warga(f"{MARK} Kasus", desa)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": warga, "kode_desa": desa}
    office.deps.office.act(office.deps.office.person, Patch(record=case, kind="kasus", base={}, new=fields))
    return Kept({"case": str(case)}, Thing(author=None, region=desa, service="bpnt"))


def add_conflict(office: Office, desa: str) -> Kept:
    warga = office.add_warga(f"{MARK} Kantor", desa)
    new, base = {"nama": f"{MARK} Lapangan"}, {"nama": f"{MARK} Semula"}
    office.phone.push(Patch(record=warga, kind="warga", base=base, new=new))
    found = office.deps.engine.read(
        lambda tx: tx.query(
            "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND about = :about", {"about": warga}
        )
    )
    author = office.people["pendamping"]
    return Kept({"conflict": str(found[0][0])}, Thing(author=author, region=desa, service="bpnt"))


def add_kept(office: Office) -> Kept:
    raw = b"\xc1 " + MARK.encode()
    office.phone.push_raw(raw)
    author = office.people["pendamping"]
    return Kept({"change": ChangeId(change_id(raw)).hex()}, Thing(author=author, region="", service=""))


def filled(path: str, kept: Kept | None) -> str:
    """Put ids into a path."""
    ids = kept.ids if kept else {}

    def fill(found: re.Match[str]) -> str:
        name, kind = found[1], found[2]
        return ids.get(name) or ("0" if kind == "int" else "a" * 32)

    return re.sub(r"\{(\w+):(\w+)\}", fill, path)


def test_every_route_is_named_here_and_nothing_that_is_none(house: House) -> None:
    assert set(house.routes) == set(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_gets_in_nowhere_but_where_everybody_may(house: House, method: str, path: str) -> None:
    rule = ROUTES[method, path]
    if isinstance(rule, Public):
        return
    kinds = house.things[rule.kind] if isinstance(rule, Reaches) else [None]
    with httpx.Client(base_url=house.address, timeout=30) as client:
        for kept in kinds:
            answer = client.request(method, filled(path, kept))
            if isinstance(rule, Machine | System):
                # tus asks for its version first; either way nothing was done
                assert answer.status_code in (401, 412), (method, path)
            else:
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"].startswith("/masuk")
            assert MARK not in answer.text


@pytest.mark.parametrize("name", WALKERS)
def test_every_path_opens_to_whom_the_table_opens_it_and_to_nobody_else(house: House, name: str) -> None:
    person, wrong = house.person(name), list[str]()
    for (method, path), rule in ROUTES.items():
        if not isinstance(rule, Needs | Reaches):
            continue
        kinds = house.things[rule.kind] if isinstance(rule, Reaches) else house.things["kasus"]
        for number, kept in enumerate(kinds):
            answer = house.ask(name, method, filled(path, kept))
            expected = opens(person, rule, kept)
            got = answer.status_code not in (403, 404) and answer.status_code < 500
            if answer.status_code == 404 and expected and isinstance(rule, Needs) and rule.may_lack:
                continue
            to_login = answer.headers.get("location", "").startswith("/masuk")
            if got != expected or to_login:
                wrong.append(f"{method} {path} [{number}] gave {answer.status_code}, expected {expected}")
            if not expected and MARK in answer.text:
                wrong.append(f"{method} {path} [{number}] told a name to whom it is closed")
    assert wrong == []


def test_the_admin_meets_no_name_and_no_number_on_any_path(house: House) -> None:
    client = house.client("admin-sini")
    for method, path in ROUTES:
        if method != "GET":
            continue
        for kept in [each for kind in house.things.values() for each in kind]:
            told = client.get(filled(path, kept)).text
            assert MARK not in told and FULL_NIK not in told, path


@pytest.mark.parametrize("name", ["segala", *(f"{role}-sini" for role in ROLES)])
def test_no_page_shows_a_whole_number_before_somebody_opens_it(house: House, name: str) -> None:
    for (method, path), rule in ROUTES.items():
        if method != "GET" or not isinstance(rule, Anyone | Needs | Reaches):
            continue
        for kept in house.things[rule.kind] if isinstance(rule, Reaches) else house.things["kasus"]:
            told = house.client(name).get(filled(path, kept))
            assert FULL_NIK not in told.text + str(told.headers), path


FORMS = [path for method, path in ROUTES if method == "POST" and not path.startswith(("/api", "/tus"))]


@pytest.mark.parametrize("path", FORMS)
def test_no_form_does_anything_without_the_token_of_its_session(house: House, path: str) -> None:
    house.client("kabid-sini")
    for token in (None, "", "0" * 64, house.tokens["kabid-sini"]):
        given = {} if token is None else {"csrf": token}
        answer = house.client("segala").post(filled(path, house.things["visit"][0]), data=given)
        if answer.status_code == 303:  # the second step, at which nobody here is
            assert path == "/masuk/kode" and answer.headers["location"] == "/masuk"
        else:  # 404: a sealed case that nobody opened is not there at all
            assert answer.status_code in (400, 403, 404), (path, answer.status_code)


def test_whoever_is_logged_in_reaches_their_own_account(house: House) -> None:
    for name in WALKERS:
        house.client(name)  # before so many wrong tries come from here that nobody is let in
    for name in WALKERS:
        for (method, path), rule in ROUTES.items():
            if isinstance(rule, Anyone) and path not in ENDS_A_SESSION:
                answer = house.ask(name, method, path)
                assert answer.status_code in (200, 303, 422, 429), (name, method, path)


def token_for(house: House, device: DeviceId, *, lasts_ms: int = 60_000) -> str:
    token, now = secrets.token_hex(8), house.office.deps.now_ms()
    house.office.deps.engine.write(
        lambda tx: device_store.add_token(tx, token_hash(token), device, now, now + lasts_ms)
    ).result()
    return token


MACHINES = [route for route, rule in ROUTES.items() if isinstance(rule, Machine)]


@pytest.mark.parametrize(("method", "path"), MACHINES)
def test_a_phone_without_a_token_that_is_good_is_told_to_log_in(house: House, method: str, path: str) -> None:
    gone = Phone(house.office.deps, house.office.people["pendamping-kis"])
    before = token_for(house, gone.device)
    house.office.deps.devices.revoke(gone.device)
    ended = token_for(house, house.office.phone.device, lasts_ms=-1)
    good = token_for(house, house.office.phone.device)
    with httpx.Client(base_url=house.address, timeout=30, headers={"tus-resumable": "1.0.0"}) as client:
        for bad in (
            "",
            "Bearer",
            f"Bearer {before}",
            f"Bearer {ended}",
            f"Basic {good}",
            "Bearer " + "a" * 27,
        ):
            answer = client.request(method, path, headers={"authorization": bad})
            assert answer.status_code == 401, (path, bad[:8])
        answer = client.request(method, path, headers={"authorization": f"Bearer {good}"})
        assert answer.status_code not in (401, 403) and answer.status_code < 500


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_an_upload_of_another_phone_is_not_there(house: House, method: str) -> None:
    other = Phone(house.office.deps, house.office.people["pendamping-kis"])
    mine, theirs = (token_for(house, each) for each in (house.office.phone.device, other.device))
    with httpx.Client(base_url=house.address, timeout=30, headers={"tus-resumable": "1.0.0"}) as client:
        named = base64.b64encode(b"b" * 64).decode()
        about = {"upload-length": "10", "upload-metadata": f"sha256 {named}"}
        made = client.post("/tus", headers={"authorization": f"Bearer {mine}", **about})
        assert made.status_code == 201, made.text
        piece = {"upload-offset": "0", "content-type": "application/offset+octet-stream"}
        place = made.headers["location"]
        answer = client.request(method, place, headers={"authorization": f"Bearer {theirs}", **piece})
        assert answer.status_code == 404
        assert client.head(place, headers={"authorization": f"Bearer {mine}"}).status_code == 200
