"""Every form of the office's pages with a text in it: what was typed comes back, whatever came between.

Rule: the forms are found on the pages themselves, and every text field of every template must be among them.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from schemas import format as written
from schemas.ids import RecordId
from server.services.incidents import KINDS
from server.web.building import TEMPLATES
from server.web.login import own_page
from server.web.site import SESSION_COOKIE
from server.web.typed import NEVER, page_of
from sync.change import Patch
from tests.server.room_office import add_officers, csrf, log_in, serving_cheaply
from tests.server.route_rights import ROUTES
from tests.server.test_every_route import add_conflict
from tests.server.typed_forms import PageForm, forms_on, sleep
from tests.server.web_office import DESA, PASSWORD, ROLES, Office, Phone, open_at, shut

ALL = "segala"
SEARCH = "Sutarmi"
CHANGING = {"csrf", "dilihat", "tanda", "tulisan"}
FEWEST_FORMS = 25
BUTTONS_ALONE = {"/kunci-data/{name:str}"}
"""What receives no text, and has no page of its own."""
FAR_TOO_LONG = "terlalu panjang " * 700


@dataclass
class Desk:
    """A served office with something on every page, and one person who may do everything."""

    office: Office
    address: str
    client: httpx.Client
    pages: list[str] = field(default_factory=list[str])

    def again(self, target: str = "/") -> httpx.Response:
        """Log in again and go where one was."""
        answer = log_in(self.client, ALL, target)
        return self.client.get(answer.headers["location"])

    def forms(self) -> list[tuple[str, PageForm]]:
        """Return every form on which something is typed, with its page."""
        found: dict[tuple[str, ...], tuple[str, PageForm]] = {}
        for page in self.pages:
            for form in self.on(page):
                path = form.action.partition("?")[0] or page.partition("?")[0]
                if path.split("/")[1] not in NEVER:
                    told = sorted(
                        f"{name}={value}" for name, value in form.own.items() if name not in CHANGING
                    )
                    found.setdefault((path, *sorted(form.typed), *told), (page, form))
        return list(found.values())

    def on(self, page: str) -> list[PageForm]:
        if page == "/permintaan":
            token = csrf(self.client.get(page))
            return forms_on(
                self.client.post("/permintaan/cari", data={"csrf": token, "dicari": "Sutarmi"}).text
            )
        return forms_on(self.client.get(page).text)

    def drop(self, page: httpx.Response) -> None:
        """Throw away what was kept, so that the next form meets nothing of it."""
        for name in re.findall(r'name="tulisan" value="([0-9a-f]+)"', page.text):
            self.client.post("/tulisan/buang", data={"csrf": csrf(page), "tulisan": name})


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office = open_at(tmp_path_factory.mktemp("typed"))
    office.add_person(ALL, "Segala Uji", "W99", ROLES)
    add_officers(office)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
        desk = Desk(office, address, client)
        # many wrong passwords on one name are an alarm, which is seen to with a note
        for _ in range(12):
            form = {"csrf": csrf(client.get("/masuk")), "nama": "kabid", "sandi": PASSWORD + "x"}
            client.post("/masuk", data=form)
        client.cookies.clear()
        log_in(client, ALL)
        furnish(desk)
        yield desk
    shut(office)


def furnish(desk: Desk) -> None:
    office, client = desk.office, desk.client
    visit, _ = office.add_visit()
    case = RecordId(secrets.token_hex(16))
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": office.warga, "kode_desa": DESA}
    office.deps.office.act(office.deps.office.person, Patch(record=case, kind="kasus", base={}, new=fields))
    conflict = add_conflict(office, DESA).ids["conflict"]
    now = written.local(office.deps.now_ms()).strftime("%Y-%m-%dT%H:%M")
    lost = f"/perangkat/hp/{office.phone.device}"
    day, clock = now.split("T")
    incident = sent(
        client,
        "/insiden",
        jenis=KINDS[0],
        diketahui=now,
        uraian="a b",
        data="c d",
        jumlah="1",
        penanganan="e f",
    )
    asked = sent(
        client,
        "/permintaan",
        warga=office.warga,
        jenis="akses",
        pemohon="sendiri",
        isi="minta salinan",
        diterima=now,
    )
    objected = sent(
        client,
        "/permintaan",
        warga=office.add_warga("Warga Keberatan", DESA),
        jenis="keberatan",
        pemohon="sendiri",
        isi="jangan dibagikan",
        diterima=now,
    )
    sent(client, objected, hasil="dipenuhi", jawaban="tidak dibagikan lagi")
    sent(client, lost, langkah="lapor", tanggal=day, jam=clock, cerita="Dicuri di pasar")
    desk.pages = [
        f"/kunjungan/{visit}", f"/kasus/{case}", f"/konflik/{conflict}", f"/warga/{office.warga}",
        "/surat/templat/kop", "/surat/templat/rekomendasi_bni", "/surat/nomor",
        f"/surat/baru?jenis=rekomendasi_bni&kasus={case}", "/surat/baru?jenis=sk_bupati",
        "/insiden", incident, "/permintaan", asked, objected, "/masa-simpan", "/pemrosesan", "/penerima",
        "/pemusnahan", lost, f"/perangkat/hp/{other_phone(office)}", "/formulir/baru", "/jejak/lembar",
        "/jejak", "/ekspor?data=warga", "/penugasan", "/pengguna", "/kunci-data", "/pengguna/percobaan",
        "/pengaturan", "/target", "/hari-libur?tahun=2027",
    ]  # fmt: skip


def sent(client: httpx.Client, path: str, **given: str) -> str:
    answer = client.post(path, data={"csrf": csrf(client.get("/akun")), **given})
    assert answer.status_code == 303, (path, re.findall(r"<strong>([^<]+)", answer.text))
    return answer.headers["location"]


def other_phone(office: Office) -> str:
    return str(Phone(office.deps, office.people["petugas"]).device)


def same(form: PageForm, page: str, forms: list[PageForm]) -> PageForm | None:
    """Find the form again, by its address and by what it says itself."""

    def told(each: PageForm) -> tuple[str, dict[str, str]]:
        own = {
            name: said
            for name, said in each.own.items()
            if name not in CHANGING and not name.startswith(("tadi.", "pilih."))
        }
        return each.action.partition("?")[0] or page.partition("?")[0], own

    found = [each for each in forms if told(each) == told(form) and set(each.typed) == set(form.typed)]
    return found[0] if found else None


def test_every_text_of_every_template_stands_on_a_page_that_is_walked(desk: Desk) -> None:
    walked = {re.sub(r"\..*", ".", name) for _, form in desk.forms() for name in form.long}
    texts = set[str]()
    for template in TEMPLATES.rglob("*.html"):
        if template.parent.name != "room":
            texts |= set(re.findall(r'<textarea[^>]*? name="(\w+\.?)', template.read_text()))
    assert texts - walked - {"{{ name }}"} == set()
    assert len(desk.forms()) >= FEWEST_FORMS


def test_what_was_typed_comes_back_after_the_session_ended(desk: Desk) -> None:
    lost = list[str]()
    for page, form in desk.forms():
        log_in(desk.client, ALL)
        given = form.filled() | {"csrf": csrf(desk.client.get("/akun"))}
        sleep(desk.office, desk.client)
        address = form.action or page
        answer = desk.client.post(address, data=given)
        to = httpx.URL(answer.headers.get("location", ""))
        if to.path != "/masuk" or to.params.get("sebab") != "tulisan_disimpan":
            lost.append(f"{page} {address}: nothing was kept ({answer.status_code} {to})")
            continue
        shown = desk.again(to.params["ke"])
        lost += missing(form, page, given, shown)
        desk.drop(shown)
        assert "put-back" not in desk.client.get(page).text
    assert lost == []


def test_what_was_typed_comes_back_from_a_page_of_an_earlier_session(desk: Desk) -> None:
    lost = list[str]()
    log_in(desk.client, ALL)
    earlier = csrf(desk.client.get("/akun"))
    log_in(desk.client, ALL)
    for page, form in desk.forms():
        given = form.filled() | {"csrf": earlier}
        answer = desk.client.post(form.action or page, data=given)
        back = re.search(r'<a class="button" autofocus href="([^"]+)"', answer.text)
        if answer.status_code != 403 or back is None:
            lost.append(f"{page} {form.action}: no way back ({answer.status_code})")
            continue
        shown = desk.client.get(back[1].replace("&amp;", "&"))
        lost += missing(form, page, given, shown)
        desk.drop(shown)
    assert lost == []


@pytest.mark.parametrize("why", ["stale", "wrong"])
def test_a_form_that_is_not_taken_stands_there_as_it_was_typed(desk: Desk, why: str) -> None:
    """`stale`: what its reader had seen is another by now; `wrong`: far too long a text."""
    log_in(desk.client, ALL)
    lost, refused = list[str](), 0
    for page, form in desk.forms():
        if not form.long or (why == "stale" and "dilihat" not in form.own):
            continue
        given = form.filled() | {"csrf": csrf(desk.client.get("/akun"))}
        if why == "stale":
            given["dilihat"] = "0" * 64
        else:
            given |= dict.fromkeys(form.long, FAR_TOO_LONG)
        answer = desk.client.post(form.action or page, data=given)
        if answer.status_code < 400:
            assert answer.status_code == 303 or "application/pdf" in answer.headers["content-type"], page
            continue
        refused += 1
        lost += missing(form, page, given, answer)
    assert lost == []
    assert refused >= 3


def missing(form: PageForm, page: str, given: dict[str, str], shown: httpx.Response) -> list[str]:
    """Say what does not stand again in the form on the page that is shown."""
    found = same(form, page, forms_on(shown.text))
    if found is None:
        return [f"{page} {form.action} {sorted(form.typed)}: the form is not on the page that is shown"]
    return [
        f"{page} {form.action}: {name} holds {found.typed[name][:40]!r}"
        for name in form.typed
        if found.typed[name].removeprefix("\n") != given[name]
    ]


def test_every_form_has_a_page_to_which_a_login_leads_back() -> None:
    def fill(path: str) -> str:
        return re.sub(r"\{\w+:\w+\}", "a" * 32, path)

    pages = {fill(path) for method, path in ROUTES if method == "GET"}
    for method, path in ROUTES:
        if method != "POST" or path in BUTTONS_ALONE or path.startswith(("/api", "/tus", "/{")):
            continue
        page = page_of(fill(path))
        if page:
            assert page in pages, path
            assert own_page(page) == page, path


def test_nothing_of_the_sealed_room_and_no_password_is_kept(desk: Desk) -> None:
    for path in ("/ruang", "/ruang/darurat", "/ruang/kunjungan/" + "a" * 32, "/akun/sandi", "/masuk"):
        log_in(desk.client, ALL)
        token = csrf(desk.client.get("/akun"))
        sleep(desk.office, desk.client)
        answer = desk.client.post(
            path, data={"csrf": token, "keperluan": "Melihat berkas korban", "sandi": "kata sandi"}
        )
        assert "tulisan_disimpan" not in answer.headers.get("location", ""), path
    log_in(desk.client, ALL)
    assert "Buka lagi formulirnya" not in desk.client.get("/").text
    token = csrf(desk.client.get("/akun"))
    sleep(desk.office, desk.client)
    desk.client.post(
        "/formulir/baru", data={"csrf": token, "toml": "id = 'x'", "frasa": "kursi pagar sendok"}
    )
    shown = desk.again("/formulir/baru")
    assert "kursi pagar" not in shown.text and "id = &#39;x&#39;" in shown.text
    desk.drop(shown)
    assert SESSION_COOKIE in desk.client.cookies
