"""Pengguna: more rights take two people, a starting password opens one page, and who left is out at once."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from schemas.ids import PersonId, RecordId
from schemas.wilayah import load_wilayah
from server import device_store, factor_store, people_store, queries
from server.access import Person
from server.accounts import STARTING_MS, Accounts, LoggedIn, WrongLogin
from server.passwords import Passwords
from server.services.people import load_person
from server.services.permits import EXPIRES_MS, KIND, Asked, Done, Permits, Refused
from sync.change import Patch
from tests.server.room_office import (
    BUDI,
    PHRASES,
    SITI,
    add_officers,
    csrf,
    hold_ceremony,
    log_in,
    send,
    serving_cheaply,
)  # fmt: skip
from tests.server.web_office import DESA, PASSWORD, Office, open_at, shut

OWN = "sandi pilihan sendiri"


class Desk:
    """The use cases, with a clock that the test moves."""

    def __init__(self, office: Office) -> None:
        self.office, self.ahead_ms = office, 0
        deps = office.deps
        self.permits = Permits(
            deps.engine, deps.office, Passwords(deps.randomness, memory_kib=64),
            lambda: deps.now_ms() + self.ahead_ms, deps.randomness,
        )  # fmt: skip
        office.add_person("kabid2", "Kabid Kedua", "U80", ("kabid",))

    def who(self, name: str) -> Person:
        found = self.known(self.office.people[name])
        assert found is not None
        return found

    def known(self, person: PersonId) -> Person | None:
        return self.office.deps.engine.read(lambda tx: load_person(tx, person))

    def new(self, kode: str = "P77") -> Person:
        return Person(
            id=PersonId(""),
            nama="Baru Uji",
            kode=kode,
            roles=("verifikator",),
            areas=(DESA,),
            services=("kis",),
        )


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office = open_at(tmp_path_factory.mktemp("permits"))
    yield Desk(office)
    shut(office)


def test_nobody_is_let_in_by_one_person(desk: Desk) -> None:
    admin, kabid = desk.who("admin"), desk.who("kabid")
    assert desk.permits.ask_new(kabid, desk.new(), "baru") == Refused(why="peran")
    assert desk.permits.ask_new(admin, desk.new(), "baru") == Asked()
    [asked] = desk.permits.waiting()
    assert desk.known(asked.about.id) is None
    assert desk.permits.approve(admin, asked.id) == Refused(why="peran")
    done = desk.permits.approve(kabid, asked.id)
    assert isinstance(done, Done) and len(done.password.split()) == 5
    person = desk.known(asked.about.id)
    assert person is not None and (person.roles, person.areas, person.services) == (
        ("verifikator",), (DESA,), ("kis",),
    )  # fmt: skip
    assert desk.permits.approve(kabid, asked.id) == Refused(why="berubah")


def test_who_asked_and_who_allowed_stand_in_the_chain(desk: Desk) -> None:
    desk.permits.ask_new(desk.who("admin"), desk.new(), "baru")
    [asked] = desk.permits.waiting()
    desk.permits.approve(desk.who("kabid"), asked.id)
    [record] = desk.office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    people = desk.office.people
    assert (record.fields["oleh"], record.fields["kedua"]) == (people["admin"], people["kabid"])
    assert record.fields["state"] == "disetujui"


def test_who_holds_both_roles_does_not_allow_what_they_asked(desk: Desk) -> None:
    desk.office.add_person("dua", "Dua Peran", "U81", ("admin", "kabid"))
    both = desk.who("dua")
    desk.permits.ask_reset(both, desk.office.people["petugas"], "sandi")
    [asked] = desk.permits.waiting()
    assert desk.permits.approve(both, asked.id) == Refused(why="orang_yang_sama")


def test_nobody_allows_what_is_asked_for_themselves(desk: Desk) -> None:
    kabid = desk.who("kabid")
    desk.permits.ask_reset(desk.who("admin"), kabid.id, "sandi")
    [asked] = desk.permits.waiting()
    assert desk.permits.approve(kabid, asked.id) == Refused(why="orang_yang_sama")
    assert isinstance(desk.permits.approve(desk.who("kabid2"), asked.id), Done)


def test_a_request_is_over_after_seven_days(desk: Desk) -> None:
    desk.permits.ask_new(desk.who("admin"), desk.new(), "baru")
    [asked] = desk.permits.waiting()
    desk.ahead_ms = EXPIRES_MS + 60_000
    assert desk.permits.waiting() == []
    assert desk.permits.approve(desk.who("kabid"), asked.id) == Refused(why="berubah")


def test_taking_a_role_needs_one_person_and_anything_else_two(desk: Desk) -> None:
    admin = desk.who("admin")
    desk.office.add_person("luas", "Luas Uji", "U82", ("verifikator", "petugas"), (DESA,))
    wide = desk.who("luas")

    def wish(roles: tuple[str, ...], areas: tuple[str, ...]) -> Person:
        return Person(id=wide.id, nama=wide.nama, roles=roles, areas=areas, services=wide.services)  # type: ignore[arg-type]

    assert desk.permits.ask_rights(admin, wish(("petugas",), (DESA,))) == Done()
    assert desk.who("luas").roles == ("petugas",)
    assert desk.permits.ask_rights(admin, wish(("petugas", "kabid"), (DESA,))) == Asked()
    assert desk.who("luas").roles == ("petugas",)
    [asked] = desk.permits.waiting()
    desk.permits.refuse(admin, asked.id)
    assert desk.permits.ask_rights(admin, wish(("petugas",), ())) == Asked()
    [asked] = desk.permits.waiting()
    assert desk.permits.approve(desk.who("kabid"), asked.id) == Done()
    assert desk.who("luas").areas == ()


def test_a_region_that_has_no_box_stays_when_the_form_is_sent(desk: Desk) -> None:
    person = desk.office.add_person("camat", "Camat Uji", "U83", ("verifikator",), ("33.14.01",), ("bpnt",))
    with (
        serving_cheaply(desk.office) as address,
        httpx.Client(base_url=address, timeout=20) as admin,
    ):
        log_in(admin, "admin")
        page = admin.get(f"/pengguna/{person}")
        form = {"langkah": "hak", "peran.verifikator": "ya", "layanan.bpnt": "ya", "layanan.kis": "ya"}
        admin.post(f"/pengguna/{person}", data={"csrf": csrf(page), **form})
    [asked] = desk.permits.waiting()
    assert (asked.about.areas, asked.about.services) == (("33.14.01",), ("bpnt", "kis"))


def test_rights_that_changed_since_they_were_asked_for_are_asked_for_anew(desk: Desk) -> None:
    admin, petugas = desk.who("admin"), desk.who("petugas")
    more = Person(id=petugas.id, nama=petugas.nama, roles=("petugas", "verifikator"))
    assert desk.permits.ask_rights(admin, more) == Asked()
    [asked] = desk.permits.waiting()
    fewer = Person(id=petugas.id, nama="", roles=(), areas=petugas.areas, services=petugas.services)
    assert desk.permits.ask_rights(admin, fewer) == Done()
    assert desk.permits.approve(desk.who("kabid"), asked.id) == Refused(why="berubah")


def test_nobody_changes_their_own_rights(desk: Desk) -> None:
    admin = desk.who("admin")
    assert desk.permits.ask_rights(admin, admin) == Refused(why="diri")
    assert desk.permits.leave(admin, admin.id) == Refused(why="diri")


def test_one_admin_takes_away_every_kabid_but_the_last(desk: Desk) -> None:
    admin, last = desk.who("admin"), desk.who("kabid")
    assert desk.permits.leave(admin, desk.who("kabid2").id) == Done()
    for role in ((), ("petugas",)):
        desk.office.add_person(f"rangkap{len(role)}", "Rangkap Uji", f"R{len(role)}", ("kabid", "petugas"))
    desk.office.deps.office.act(
        admin.id,
        Patch(
            record=RecordId(last.id), kind="petugas", base={"peran": ["kabid"]},
            new={"peran": ["kabid", "petugas"]},
        ),
    )  # fmt: skip
    for name in ("rangkap0", "rangkap1"):
        assert desk.permits.ask_rights(admin, replace(desk.who(name), roles=("petugas",))) == Done()
    assert desk.permits.leave(admin, last.id) == Refused(why="kabid_terakhir")
    for roles in ((), ("petugas",)):
        assert desk.permits.ask_rights(admin, replace(last, roles=roles)) == Refused(why="kabid_terakhir")
    kept = desk.known(last.id)
    assert kept is not None and kept.roles == ("petugas", "kabid")
    taken = desk.permits.ask_rights(admin, replace(last, roles=("kabid",)))
    assert taken == Done(), "any other role of theirs goes as before"


def test_a_kabid_who_cannot_log_in_is_none_that_stays(desk: Desk) -> None:
    close_login(desk, "kabid2")
    assert desk.permits.leave(desk.who("admin"), desk.who("kabid").id) == Refused(why="kabid_terakhir")


def close_login(desk: Desk, name: str) -> None:
    """Close the login of somebody whose record stays as it is."""
    person = desk.office.people[name]
    desk.office.deps.engine.write(
        lambda tx: people_store.set_active(tx, person, is_active=False, changed_ms=1)
    ).result()


def test_who_left_has_no_session_no_phone_and_no_login(desk: Desk) -> None:
    office, deps = desk.office, desk.office.deps
    person, phone = office.people["pendamping"], office.phone
    accounts = Accounts(
        deps.engine, Passwords(deps.randomness, memory_kib=64), now_ms=deps.now_ms, randomness=deps.randomness
    )
    opened = accounts.log_in("pendamping", PASSWORD, "10.0.0.1")
    token = getattr(opened, "token", "")
    assert accounts.session(token) is not None
    assert desk.permits.leave(desk.who("admin"), person) == Done()
    assert accounts.session(token) is None and desk.known(person) is None
    assert not hasattr(accounts.log_in("pendamping", PASSWORD, "10.0.0.2"), "token")
    device = deps.engine.read(lambda tx: device_store.device(tx, phone.device))
    assert device is not None and device.revoked_ms is not None


def test_an_admin_alone_ends_the_sessions_of_somebody_who_stays_on_record(desk: Desk) -> None:
    person, deps = desk.office.people["pendamping"], desk.office.deps
    accounts = Accounts(
        deps.engine, Passwords(deps.randomness, memory_kib=64), now_ms=deps.now_ms, randomness=deps.randomness
    )
    tokens = [getattr(accounts.log_in("pendamping", PASSWORD, "10.0.0.1"), "token", "") for _ in range(2)]
    assert desk.permits.end_sessions(desk.who("kabid"), person) == Refused(why="peran")
    assert desk.permits.end_sessions(desk.who("admin"), PersonId("f" * 32)) == Refused(why="berubah")
    assert all(accounts.session(token) is not None for token in tokens)
    assert desk.permits.end_sessions(desk.who("admin"), person) == Done()
    assert all(accounts.session(token) is None for token in tokens)
    assert signed_in(desk, "pendamping", PASSWORD, "10.0.0.2"), "who stays logs in again"
    kept = deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    told = [each.fields for each in kept if each.fields.get("perihal") == "sesi"]
    assert [(each["orang"], each["oleh"], each["state"]) for each in told] == [
        (person, desk.who("admin").id, "selesai")
    ]
    assert desk.permits.waiting() == []


def signed_in(desk: Desk, name: str, password: str, address: str) -> bool:
    deps = desk.office.deps
    accounts = Accounts(
        deps.engine, Passwords(deps.randomness, memory_kib=64), now_ms=deps.now_ms, randomness=deps.randomness
    )
    return hasattr(accounts.log_in(name, password, address), "token")


def test_who_left_comes_back_by_two_with_the_rights_of_then_and_a_new_password(desk: Desk) -> None:
    admin, kabid, petugas = desk.who("admin"), desk.who("kabid"), desk.who("pendamping")
    engine, phone = desk.office.deps.engine, desk.office.phone
    assert desk.permits.ask_return(admin, petugas.id) == Refused(why="berubah"), "who is here"
    engine.write(lambda tx: factor_store.put_secret(tx, petugas.id, b"x")).result()
    engine.write(lambda tx: factor_store.confirm(tx, petugas.id, 1)).result()
    desk.permits.leave(admin, petugas.id)
    assert desk.permits.ask_return(kabid, petugas.id) == Refused(why="peran")
    assert desk.permits.ask_return(admin, petugas.id) == Asked()
    assert desk.permits.ask_return(admin, petugas.id) == Refused(why="sudah_diminta")
    [asked] = desk.permits.waiting()
    assert (asked.what, asked.about.roles) == ("kembali", petugas.roles)
    assert desk.known(petugas.id) is None, "one person lets nobody in"
    assert desk.permits.approve(admin, asked.id) == Refused(why="peran")
    done = desk.permits.approve(kabid, asked.id)
    assert isinstance(done, Done) and len(done.password.split()) == 5
    assert desk.known(petugas.id) == petugas
    assert not signed_in(desk, "pendamping", PASSWORD, "10.0.0.1"), "the password of then opens nothing"
    assert signed_in(desk, "pendamping", done.password, "10.0.0.2")
    assert engine.read(lambda tx: people_store.starting_since(tx, petugas.id)) is not None
    assert not engine.read(lambda tx: factor_store.is_set_up(tx, petugas.id))
    device = engine.read(lambda tx: device_store.device(tx, phone.device))
    assert device is not None and device.revoked_ms is not None, "a phone joins anew"
    records = engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    answered = [each.fields for each in records if each.fields["perihal"] == "kembali"]
    assert [(each["oleh"], each["kedua"], each["state"]) for each in answered] == [
        (admin.id, kabid.id, "disetujui")
    ]


def test_who_comes_back_without_an_account_gets_no_password(desk: Desk) -> None:
    deps, person = desk.office.deps, PersonId("d" * 32)
    fields = {"nama": "Tanpa Akun", "kode": "TA", "peran": ["pendamping"], "aktif": False}
    deps.office.act(deps.office.person, Patch(record=RecordId(person), kind="petugas", base={}, new=fields))
    assert desk.permits.ask_return(desk.who("admin"), person) == Asked()
    [asked] = desk.permits.waiting()
    assert desk.permits.approve(desk.who("kabid"), asked.id) == Done()
    known = desk.known(person)
    assert known is not None and known.roles == ("pendamping",)


def test_rights_that_changed_while_somebody_was_away_are_asked_for_anew(desk: Desk) -> None:
    deps, person = desk.office.deps, desk.office.people["verifikator"]
    desk.permits.leave(desk.who("admin"), person)
    desk.permits.ask_return(desk.who("admin"), person)
    more = Patch(
        record=RecordId(person), kind="petugas", base={"peran": ["verifikator"]}, new={"peran": ["kabid"]}
    )
    deps.office.act(deps.office.person, more)
    [asked] = desk.permits.waiting()
    assert desk.permits.approve(desk.who("kabid"), asked.id) == Refused(why="berubah")
    assert desk.known(person) is None


def test_an_officer_of_the_room_who_left_comes_back_only_when_no_longer_named_there(desk: Desk) -> None:
    office = desk.office
    add_officers(office)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        hold_ceremony(client)
        admin, siti = desk.who("admin"), office.people[SITI]
        desk.permits.leave(admin, siti)
        assert desk.permits.ask_return(admin, siti) == Refused(why="masih_ruang")
        log_in(client, BUDI)
        send(client, "/ruang/kunci", langkah="cabut", frasa=PHRASES[BUDI], petugas=siti)
    assert desk.permits.ask_return(admin, siti) == Asked()


def test_from_the_page_somebody_comes_back(desk: Desk) -> None:
    person = desk.office.people["verifikator"]
    with (
        serving_cheaply(desk.office) as address,
        httpx.Client(base_url=address, timeout=20) as admin,
        httpx.Client(base_url=address, timeout=20) as kabid,
    ):
        log_in(admin, "admin")
        log_in(kabid, "kabid")
        assert "Sudah tidak bekerja di sini" not in admin.get("/pengguna").text
        assert 'value="sesi"' in admin.get(f"/pengguna/{person}").text
        ended = send(admin, f"/pengguna/{person}", langkah="sesi")
        assert ended.headers["location"] == "/pengguna?hasil=selesai"
        send(admin, f"/pengguna/{person}", langkah="keluar")
        page = admin.get("/pengguna")
        assert "Sudah tidak bekerja di sini (1)" in page.text and "Minta masuk kembali" in page.text
        assert "Minta masuk kembali" not in kabid.get("/pengguna").text
        asked = send(admin, "/pengguna", langkah="kembali", orang=person)
        assert asked.headers["location"] == "/pengguna?hasil=diminta"
        page = kabid.get("/pengguna")
        assert "Verifikator Uji" in page.text and "kembali bekerja" in page.text
        name = re.findall(r'name="izin" value="([0-9a-f]{32})"', page.text)[0]
        shown = kabid.post("/pengguna", data={"csrf": csrf(page), "langkah": "setuju", "izin": name})
        assert re.search(r"<code>[a-z ]+</code>", shown.text)
        assert "Sudah tidak bekerja di sini" not in shown.text


def test_the_second_step_is_set_up_anew_by_two(desk: Desk) -> None:
    admin, petugas, engine = desk.who("admin"), desk.who("petugas"), desk.office.deps.engine
    assert desk.permits.ask_reset(admin, petugas.id, "kode") == Refused(why="tanpa_kode")
    engine.write(lambda tx: factor_store.put_secret(tx, petugas.id, b"x")).result()
    engine.write(lambda tx: factor_store.confirm(tx, petugas.id, 1)).result()
    assert desk.permits.ask_reset(admin, petugas.id, "kode") == Asked()
    [asked] = desk.permits.waiting()
    assert engine.read(lambda tx: factor_store.is_set_up(tx, petugas.id))
    assert desk.permits.approve(desk.who("kabid"), asked.id) == Done()
    assert not engine.read(lambda tx: factor_store.is_set_up(tx, petugas.id))


def test_a_starting_password_opens_nothing_but_the_page_that_replaces_it(desk: Desk) -> None:
    with (
        serving_cheaply(desk.office) as address,
        httpx.Client(base_url=address, timeout=20) as admin,
        httpx.Client(base_url=address, timeout=20) as kabid,
        httpx.Client(base_url=address, timeout=20) as new,
    ):
        log_in(admin, "admin")
        form = {"langkah": "tambah", "nama": "Baru Uji", "kode": "P77", "akun": "baru", "peran.petugas": "ya"}
        answer = admin.post("/pengguna", data={"csrf": csrf(admin.get("/pengguna")), **form})
        assert answer.headers["location"] == "/pengguna?hasil=diminta"
        log_in(kabid, "kabid")
        assert "/pengguna" in kabid.get("/").text
        page = kabid.get("/pengguna")
        name = re.findall(r'name="izin" value="([0-9a-f]{32})"', page.text)[0]
        shown = kabid.post("/pengguna", data={"csrf": csrf(page), "langkah": "setuju", "izin": name})
        password = re.findall(r"<code>([a-z ]+)</code>", shown.text)[0]
        assert password not in kabid.get("/pengguna").text
        login = {"csrf": csrf(new.get("/masuk")), "nama": "baru", "sandi": password}
        assert new.post("/masuk", data=login).status_code == 303
        assert new.get("/antrean").headers["location"] == "/akun?sebab=sandi_awal"
        changed = {"csrf": csrf(new.get("/akun")), "lama": password, "baru": OWN}
        assert new.post("/akun/sandi", data=changed).status_code == 303
        assert new.get("/antrean").status_code == 200


def test_a_starting_password_that_nobody_replaced_is_over_after_seven_days(desk: Desk) -> None:
    office, deps, later_ms = desk.office, desk.office.deps, 0
    person = office.people["petugas"]
    accounts = Accounts(
        deps.engine,
        Passwords(deps.randomness, memory_kib=64),
        now_ms=lambda: deps.now_ms() + later_ms,
        randomness=deps.randomness,
    )
    deps.engine.write(lambda tx: people_store.put_starting(tx, person, deps.now_ms())).result()
    later_ms = STARTING_MS - 60_000
    assert isinstance(accounts.log_in("petugas", PASSWORD, "10.0.0.1"), LoggedIn)
    later_ms = STARTING_MS + 60_000
    assert accounts.log_in("petugas", PASSWORD, "10.0.0.1") == WrongLogin()
    assert isinstance(accounts.log_in("kabid", PASSWORD, "10.0.0.1"), LoggedIn), "one's own stays"


@pytest.mark.parametrize(("role", "said"), [("pendamping", "Belum ada desa"), ("kabid", "Tanpa batas desa")])
def test_an_approver_reads_whether_nothing_listed_means_all_or_none(desk: Desk, role: Any, said: str) -> None:
    about = Person(id=PersonId(""), nama="Calon Uji", kode="P78", roles=(role,))
    assert desk.permits.ask_new(desk.who("admin"), about, "calon") == Asked()
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        asked = client.get("/pengguna").text.partition("Calon Uji")[2].partition("</section>")[0]
    assert said in asked


def test_an_approver_reads_of_which_desa_somebody_is_to_be(desk: Desk) -> None:
    areas = ("33.14.01.2001", "33.14.01.2002", "33.14.02", "33.14")
    about = Person(id=PersonId(""), nama="Calon Uji", kode="P79", roles=("pendamping",), areas=areas)
    assert desk.permits.ask_new(desk.who("admin"), about, "calon") == Asked()
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        asked = client.get("/pengguna").text.partition("Calon Uji")[2].partition("</section>")[0]
    first, second = (load_wilayah().get(each) for each in areas[:2])
    assert first and second and f"Kecamatan Kalijambe: {first.nama}, {second.nama}" in asked
    assert "Kecamatan Plupuh: Semua" in asked
    assert ">Kabupaten Sragen: Semua<" in asked


def test_ending_the_other_sessions_closes_what_is_open_in_the_room(desk: Desk) -> None:
    engine, person = desk.office.deps.engine, desk.office.people["petugas"]
    engine.write(
        lambda tx: tx.execute(
            "INSERT INTO room_held (kabupaten, token_hash, what, person, session, until_ms, body)"
            " VALUES (:kabupaten, :hash, 'buka', :person, :hash, 9999999999999, :hash)",
            {"hash": b"x", "person": person},
        )
    ).result()
    desk.office.accounts.end_others(person, "")
    count = engine.read(lambda tx: tx.query("SELECT count(*) FROM room_held WHERE kabupaten = :kabupaten"))
    assert count[0][0] == 0
