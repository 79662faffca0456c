"""Whose login needs a code: a kabid says so, on record; some always need one; it holds from the next page."""

from collections.abc import Iterator

import httpx
import pytest

from server import queries
from server.access import ALWAYS_CODE, NEEDS_CODE, Role
from server.second_factor import GRACE_MS
from server.services.chain_record import word_id
from server.services.login_rules import FIELD, KIND, LoginRules
from sync.change import Patch
from tests.server.room_office import csrf, log_in, move_grace, serving_cheaply
from tests.server.web_office import Office, open_at, shut

PAGE = "/pengguna/langkah-kedua"
SETTING_UP = "/akun?sebab=langkah_kedua"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_at(tmp_path_factory.mktemp("rules"))
    yield office
    shut(office)


@pytest.fixture
def rules(office: Office) -> LoginRules:
    return LoginRules(office.deps.engine, office.deps.office)


def test_as_long_as_nobody_says_anything_it_is_the_built_in_roles(rules: LoginRules) -> None:
    assert rules.roles() == NEEDS_CODE and rules.history() == []


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "pengawas", "admin"])
def test_only_a_kabid_says_it(office: Office, rules: LoginRules, role: str) -> None:
    assert rules.change(office.person(role), ["verifikator"]) == "peran"
    assert rules.roles() == NEEDS_CODE


def test_a_kabid_asks_it_of_more_or_fewer_and_of_some_never_less(office: Office, rules: LoginRules) -> None:
    kabid = office.person("kabid")
    assert rules.change(kabid, ["verifikator", "petugas"]) is None
    assert rules.roles() == {"verifikator", "petugas", *ALWAYS_CODE}
    assert rules.change(kabid, []) is None
    assert rules.roles() == ALWAYS_CODE == {"kabid", "admin"}


def test_who_said_what_stands_in_the_chain_and_saying_the_same_adds_nothing(
    office: Office, rules: LoginRules
) -> None:
    kabid = office.person("kabid")
    said: tuple[tuple[Role, ...], ...] = (("petugas",), ("petugas",), ())
    for roles in said:
        rules.change(kabid, roles)
    assert [(each.roles, each.by) for each in rules.history()] == [
        (("kabid", "admin"), kabid.id),
        (("petugas", "kabid", "admin"), kabid.id),
    ]
    [record] = office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    assert record.fields[FIELD] == ["kabid", "admin"]


def test_words_of_one_millisecond_and_of_a_clock_set_back_stand_in_the_order_they_took_effect(
    office: Office, rules: LoginRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    kabid, now = office.person("kabid"), office.deps.now_ms()
    before = now - 60_000
    said: list[tuple[tuple[Role, ...], int]] = [
        (("petugas",), now), ((), now), (("pengawas",), now), ((), before), (("petugas",), before),
    ]  # fmt: skip
    for roles, at_ms in said:
        monkeypatch.setattr(office.deps.office, "_now_ms", lambda at_ms=at_ms: at_ms)
        rules.change(kabid, roles)
    history = [set(each.roles) - {"kabid", "admin"} for each in rules.history()]
    assert history == [set(roles) for roles, _ in reversed(said)]


def test_what_a_record_says_lifts_no_minimum(office: Office, rules: LoginRules) -> None:
    deps = office.deps
    rule = deps.engine.read(lambda tx: word_id(tx, KIND))
    deps.office.act(deps.office.person, Patch(record=rule, kind=KIND, base={}, new={FIELD: ["pdp"]}))
    assert rules.roles() == {"pdp", *ALWAYS_CODE}


def test_it_holds_from_the_next_page_on_and_no_longer_when_it_is_taken_back(office: Office) -> None:
    with (
        serving_cheaply(office) as address,
        httpx.Client(base_url=address, timeout=20) as kabid,
        httpx.Client(base_url=address, timeout=20) as verifikator,
    ):
        log_in(kabid, "kabid")
        log_in(verifikator, "verifikator")
        move_grace(office, office.people["verifikator"], -GRACE_MS)
        assert verifikator.get("/antrean").status_code == 200
        form = {"csrf": csrf(kabid.get(PAGE)), "peran.verifikator": "ya"}
        assert kabid.post(PAGE, data=form).headers["location"] == f"{PAGE}?hasil=tersimpan"
        assert verifikator.get("/antrean").headers["location"] == SETTING_UP
        assert verifikator.get("/akun").status_code == 200
        said = kabid.get(f"{PAGE}?hasil=tersimpan").text
        assert "Tersimpan dan tercatat." in said and "Verifikator, Kepala bidang" in said
        assert kabid.post(PAGE, data={"csrf": form["csrf"]}).status_code == 303
        assert verifikator.get("/antrean").status_code == 200


def test_an_admin_reads_it_and_cannot_change_it(office: Office) -> None:
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as admin:
        log_in(admin, "admin")
        page = admin.get(PAGE)
        assert page.status_code == 200 and "Kepala bidang yang dapat mengubahnya." in page.text
        assert 'name="peran.' not in page.text
        assert admin.post(PAGE, data={"csrf": csrf(page)}).status_code == 403
