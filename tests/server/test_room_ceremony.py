"""Two officers prepare the room on one screen; who can open it later, and what each change of that asks."""

from collections.abc import Iterator

import httpx
import pytest

from server import custody
from server.recovery_paper import lines_of
from server.services.room_custody import ROOM, load_custody, load_unit_keys
from server.services.room_officers import YEAR_MS
from server.services.room_reading import load_case, unseal
from server.store import SqlOfficeStore
from sync.scope import UNIT_KEYS, views
from tests.server.room_office import (
    BUDI,
    FIELD,
    PHRASES,
    SITI,
    Sealer,
    add_officers,
    csrf,
    half_on,
    hold_ceremony,
    log_in,
    open_case,
    send,
    serving_cheaply,
)
from tests.server.web_office import Office, open_at, shut

PAGE, KEYS = "/ruang/siapkan", "/ruang/kunci"


class Site:
    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address
        self.clients: list[httpx.Client] = []

    def screen(self, name: str = "") -> httpx.Client:
        self.clients.append(httpx.Client(base_url=self.address, timeout=20))
        if name:
            log_in(self.clients[-1], name)
        return self.clients[-1]

    def custody(self) -> custody.Custody:
        found = self.office.deps.engine.read(load_custody)
        assert found is not None
        return found


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    office = open_at(tmp_path_factory.mktemp("ruang"))
    add_officers(office)
    with serving_cheaply(office) as address:
        site = Site(office, address)
        yield site
        for client in site.clients:
            client.close()
    shut(office)


def twice(phrase: str) -> dict[str, str]:
    return {"frasa_baru": phrase, "frasa_ulang": phrase}


def test_two_officers_prepare_the_room_and_phones_are_given_its_key(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    keys = site.office.deps.engine.read(load_unit_keys)
    assert keys is not None and [key.number for key in keys.keys] == [1]
    assert site.custody().officers == {site.office.people[SITI], site.office.people[BUDI]}
    records = site.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([ROOM, UNIT_KEYS]))
    assert views(records[ROOM]) == {}, "wraps and seals are the office's alone"
    assert list(views(records[UNIT_KEYS])) == ["ref"]
    sign = client.get("/ruang/kunci/tanda")
    assert sign.status_code == 200 and sign.headers["cache-control"] == "no-store"


def test_nothing_counts_before_both_halves_were_typed_back(site: Site) -> None:
    client = site.screen(SITI)
    send(client, PAGE, langkah="mulai", **twice(PHRASES[SITI]))
    send(client, PAGE, langkah="ganti")
    log_in(client, BUDI, PAGE)
    send(client, PAGE, langkah="kedua", **twice(PHRASES[BUDI]))
    half = half_on(client.get(PAGE))
    send(client, PAGE, langkah="dicatat")
    assert half.splitlines()[0] not in client.get(PAGE).text, "it is covered while it is typed back"
    line = half.splitlines()[1]
    wrong = half.replace(line, ("2" if line[0] != "2" else "3") + line[1:])
    answer = send(client, PAGE, langkah="ketik", baris=wrong)
    assert answer.status_code == 422 and "Baris 2 tidak cocok" in answer.text
    another = send(client, PAGE, langkah="ketik", baris="\n".join(lines_of(bytes(32), 1)))
    assert another.status_code == 422 and "bukan kertas yang tadi" in another.text
    assert site.office.deps.engine.read(load_custody) is None
    assert site.office.deps.engine.read(load_unit_keys) is None
    assert send(client, PAGE, langkah="lihat").status_code == 303
    assert half_on(client.get(PAGE)) == half
    assert send(client, PAGE, langkah="batal").status_code == 303
    assert "frasa_baru" in client.get(PAGE).text, "all is forgotten, and it begins anew"


def test_one_officer_alone_prepares_nothing(site: Site) -> None:
    client = site.screen(SITI)
    send(client, PAGE, langkah="mulai", **twice(PHRASES[SITI]))
    answer = send(client, PAGE, langkah="kedua", **twice(PHRASES[BUDI]))
    assert answer.status_code == 409 and "harus orang lain" in answer.text
    assert send(client, PAGE, langkah="dicatat").status_code == 409


@pytest.mark.parametrize("role", ["admin", "verifikator", "pendamping", "pengawas"])
def test_nobody_without_the_role_takes_part(site: Site, role: str) -> None:
    client = site.screen(SITI)
    send(client, PAGE, langkah="mulai", **twice(PHRASES[SITI]))
    send(client, PAGE, langkah="ganti")
    log_in(client, role)
    for path in ("/ruang", PAGE, KEYS, "/ruang/darurat", "/ruang/kasus/" + "a" * 32, "/ruang/cap.svg"):
        assert client.get(path).status_code == 403, path
    token = csrf(client.get("/"))
    posted = client.post(PAGE, data={"csrf": token, "langkah": "kedua", **twice(PHRASES[BUDI])})
    assert posted.status_code == 403


def test_another_screen_knows_nothing_of_a_ceremony(site: Site) -> None:
    send(site.screen(SITI), PAGE, langkah="mulai", **twice(PHRASES[SITI]))
    other = site.screen(BUDI)
    assert send(other, PAGE, langkah="kedua", **twice(PHRASES[BUDI])).status_code == 409


def test_passphrases_are_long_typed_twice_and_not_the_login_password(site: Site) -> None:
    client = site.screen(SITI)
    weak = send(client, PAGE, langkah="mulai", **twice("satu dua tiga"))
    assert weak.status_code == 422 and "lima kata" in weak.text
    typo = {"frasa_baru": PHRASES[SITI], "frasa_ulang": PHRASES[BUDI]}
    assert send(client, PAGE, langkah="mulai", **typo).status_code == 422
    site.office.accounts.set_password(site.office.people[SITI], PHRASES[SITI])
    form = {"csrf": csrf(client.get("/masuk")), "nama": SITI, "sandi": PHRASES[SITI], "tujuan": "/"}
    assert client.post("/masuk", data=form).status_code == 303
    same = send(client, PAGE, langkah="mulai", **twice(PHRASES[SITI]))
    assert same.status_code == 422 and "kata sandi masuk" in same.text


def test_the_ceremony_is_held_once(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    assert client.get(PAGE).status_code == 404
    form = {"csrf": csrf(client.get("/ruang")), "langkah": "mulai", **twice(PHRASES[BUDI])}
    client.post(PAGE, data=form)
    assert len(site.custody().officers) == 2


def test_cookies_of_the_room_go_to_its_pages_only_and_never_with_foreign_requests(site: Site) -> None:
    client = site.screen(SITI)
    header = send(client, PAGE, langkah="mulai", **twice(PHRASES[SITI])).headers["set-cookie"].lower()
    assert "path=/ruang" in header and "httponly" in header and "samesite=strict" in header


def test_a_new_officer_is_vouched_for_and_chooses_a_passphrase_of_their_own(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    third = site.office.add_person("ayu", "Ayu Uji", "AY", ("petugas",))
    wrong = send(client, KEYS, langkah="tambah", petugas=third, frasa="kata kata salah semua begitu")
    assert wrong.status_code == 422
    begun = send(client, KEYS, langkah="tambah", petugas=third, frasa=PHRASES[BUDI])
    assert begun.headers["location"] == "/ruang/petugas-baru"
    own = "ember payung kapur gunting tali benih"
    assert send(client, "/ruang/petugas-baru", langkah="simpan", **twice(own)).status_code == 409
    send(client, "/ruang/petugas-baru", langkah="ganti")
    log_in(client, "ayu", "/ruang/petugas-baru")
    assert send(client, "/ruang/petugas-baru", langkah="simpan", **twice(own)).status_code == 303
    assert third in site.custody().officers
    sealer = Sealer(site.office, site.office.people[FIELD])
    kasus, kode = sealer.case()
    sealer.visit(kasus)
    answer = send(
        client, f"/ruang/kasus/{kasus}", langkah="buka", frasa=own, keperluan="Menyiapkan usulan SK"
    )
    assert answer.status_code == 303 and kode in client.get(f"/ruang/kasus/{kasus}").text


def test_who_was_removed_opens_nothing_and_what_they_had_open_closes(site: Site) -> None:
    client, other = site.screen(), site.screen(BUDI)
    hold_ceremony(client)
    kasus, _ = Sealer(site.office, site.office.people[FIELD]).case()
    log_in(client, SITI)
    assert open_case(other, kasus, BUDI).status_code == 303
    removed = send(client, KEYS, langkah="cabut", petugas=site.office.people[BUDI], frasa=PHRASES[SITI])
    assert removed.status_code == 200 and "Ganti kunci sekarang" in removed.text
    assert other.get(f"/ruang/kasus/{kasus}").status_code == 403
    last = send(client, KEYS, langkah="cabut", petugas=site.office.people[SITI], frasa=PHRASES[SITI])
    assert last.status_code == 422 and "petugas terakhir" in last.text


def test_a_rotation_keeps_old_cases_readable_and_new_ones_are_sealed_to_the_new_key(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    sealer = Sealer(site.office, site.office.people[FIELD])
    kasus, _ = sealer.case()
    sealer.visit(kasus)
    open_case(client, kasus, BUDI)
    rotated = send(client, KEYS, langkah="putar", frasa=PHRASES[BUDI])
    assert rotated.status_code == 200 and "Kunci ke-2" in rotated.text
    assert [key.number for key in sealer.keys().keys] == [1, 2]
    [(count,)] = site.office.deps.engine.read(
        lambda tx: tx.query("SELECT count(*) FROM room_reseals WHERE kabupaten = :kabupaten")
    )
    assert count == 2, "the visit's content key and the purpose of the look"
    open_case(client, kasus, BUDI)
    page = client.get(f"/ruang/kasus/{kasus}").text
    assert "lewat kader Rini" in page and page.count("Memeriksa berkas sebelum diusulkan") == 2
    late, _ = sealer.case()
    sealer.visit(late, key=1)
    open_case(client, late, BUDI)
    assert "lewat kader Rini" in client.get(f"/ruang/kasus/{late}").text, "a phone that was away still counts"


def test_what_was_sealed_anew_opens_without_the_old_key(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    sealer = Sealer(site.office, site.office.people[FIELD])
    kasus, _ = sealer.case()
    _, change = sealer.visit(kasus)
    send(client, KEYS, langkah="putar", frasa=PHRASES[BUDI])
    person, room = site.office.people[BUDI], site.custody()
    reader = room.reader(person)
    assert reader is not None and reader.wrap is not None
    private = custody.unwrap(reader.wrap, PHRASES[BUDI], person)
    assert private is not None
    secrets = custody.open_secrets(room, reader, private, site.office.deps.engine.regency)
    facts = site.office.deps.engine.read(lambda tx: load_case(tx, kasus))
    assert secrets is not None and facts is not None
    newest = custody.Secrets(identity=b"", doubles=b"", keys={2: secrets.keys[2]})
    assert change in unseal(facts, newest, sealer.keys(), site.office.deps.engine.regency).keys


def test_an_old_key_reminds_those_who_can_change_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.screen()
    hold_ceremony(client)
    assert "lebih dari setahun" not in client.get("/").text
    monkeypatch.setattr("server.services.room_officers.YEAR_MS", -1)
    assert YEAR_MS > 0 and "lebih dari setahun" in client.get("/").text
    assert "lebih dari setahun" in client.get("/ruang").text
    assert "lebih dari setahun" not in site.screen("admin").get("/").text


def test_an_officer_changes_their_passphrase(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    new = "ember payung kapur gunting tali benih"
    wrong = send(client, KEYS, langkah="frasa", frasa=PHRASES[SITI], **twice(new))
    assert wrong.status_code == 422
    assert send(client, KEYS, langkah="frasa", frasa=PHRASES[BUDI], **twice(new)).status_code == 200
    kasus, _ = Sealer(site.office, site.office.people[FIELD]).case()
    assert open_case(client, kasus, BUDI).status_code == 422
    assert send(client, KEYS, langkah="putar", frasa=new).status_code == 200


def test_new_paper_ends_the_old_and_counts_once_it_was_typed_back(site: Site) -> None:
    client = site.screen()
    old = hold_ceremony(client)
    begun = send(client, KEYS, langkah="kertas", frasa=PHRASES[BUDI])
    assert begun.headers["location"] == PAGE
    before = site.custody().reader(custody.RECOVERY)
    for _ in range(2):
        half = half_on(client.get(PAGE))
        send(client, PAGE, langkah="dicatat")
        answer = send(client, PAGE, langkah="ketik", baris=half)
    assert answer.status_code == 303 and half not in old
    assert site.custody().reader(custody.RECOVERY) != before
    assert len(site.custody().officers) == 2


def test_tries_are_counted_before_they_are_judged_and_hold_across_restarts(site: Site) -> None:
    client = site.screen()
    hold_ceremony(client)
    for _ in range(5):
        assert send(client, KEYS, langkah="putar", frasa="kata kata salah semua begitu").status_code == 422
    right = send(client, KEYS, langkah="putar", frasa=PHRASES[BUDI])
    assert right.status_code == 429 and "menit" in right.text
    assert [key.number for key in Sealer(site.office, site.office.people[FIELD]).keys().keys] == [1]
    with serving_cheaply(site.office) as address, httpx.Client(base_url=address, timeout=20) as again:
        log_in(again, BUDI)
        assert send(again, KEYS, langkah="putar", frasa=PHRASES[BUDI]).status_code == 429
