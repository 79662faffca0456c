"""Other systems read: with a key that reaches so far, what changed, nothing sealed, and each call counted."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from schemas.ids import RecordId
from server.access import Person
from server.services.api_keys import DAY_MS, ApiKeys, Made, NewKey
from server.services.data_api import CALLS_A_MINUTE, Pace, WargaPage, read_cursor
from server.services.trail import Asked
from server.trail_store import Place
from server.web.building import build_site
from sync.change import Destroyed, Patch
from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut

NIK, HP = "3314990101800001", "081234567890"
ASKED = NewKey(
    system="Sragen Satu Data",
    services=("bpnt", "kis"),
    area="",
    named=False,
    days=30,
    letter="400.9/1/2026",
    basis="Perbup",
)
FEW = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


class Town:
    """A served office with a kabid who gives keys, and systems that read."""

    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address
        self.site = build_site(office.deps)
        self.keys: ApiKeys = self.site.api_keys
        self.client = httpx.Client(base_url=address, timeout=20)

    def person(self, name: str) -> Person:
        return self.office.person(name)

    def key(self, **more: Any) -> Made:
        made = self.keys.make(self.person("kabid"), msgspec.structs.replace(ASKED, **more))
        assert isinstance(made, Made), made
        return made

    def ask(self, key: Made | str, kind: str = "warga", **more: Any) -> httpx.Response:
        text = key if isinstance(key, str) else key.text
        headers = {"authorization": f"Bearer {text}", **more.pop("headers", {})}
        return self.client.get(f"/api/v1/data/{kind}", params=more, headers=headers)

    def everything(
        self, key: Made, kind: str = "warga", after: str = "", size: int = 1_000
    ) -> dict[str, Any]:
        """Read until nothing is left; return the records by id, and where the next reading begins."""
        found: dict[str, Any] = {}
        gone: set[str] = set()
        more = True
        while more:
            page = self.ask(key, kind, jumlah=size, **({"sesudah": after} if after else {})).json()
            found |= {each["id"]: each for each in page["data"]}
            gone |= set(page["hilang"])
            after, more = page["lanjut"], page["masih"]
        return {"data": found, "hilang": gone, "lanjut": after}

    def add_warga(self, desa: str = DESA, **fields: Any) -> RecordId:
        warga = RecordId(secrets.token_hex(16))
        new = {"nama": "Sutarmi Binti", "kode_desa": desa, "layanan": ["bpnt"], "nik": NIK, "no_hp": HP}
        self.patch(warga, {}, {**new, "alamat": "Dukuh Ngrombo", "rt": "003", **fields})
        return warga

    def patch(self, warga: RecordId, base: dict[str, Any], new: dict[str, Any]) -> None:
        author = self.office.deps.office.person
        self.office.deps.office.act(author, Patch(record=warga, kind="warga", base=base, new=new))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    office = open_at(tmp_path_factory.mktemp("data"))
    with serving(office) as address:
        town = Town(office, address)
        yield town
        town.client.close()
    shut(office)


def test_a_system_reads_people_without_names_or_numbers(town: Town) -> None:
    warga = town.add_warga()
    answer = town.ask(town.key())
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    page = msgspec.json.decode(answer.content, type=WargaPage)
    assert next(each.nama for each in page.data if each.id == warga) == "S. B."
    for secret in (NIK, NIK[-4:], HP, "Sutarmi", "Ngrombo"):
        assert secret not in answer.text


def test_a_key_for_names_gives_them_and_never_a_whole_number(town: Town) -> None:
    warga = town.add_warga()
    answer = town.ask(town.key(named=True))
    found = next(each for each in answer.json()["data"] if each["id"] == warga)
    assert (found["nama"], found["nik_akhir"], found["alamat"]) == ("Sutarmi Binti", "0001", "Dukuh Ngrombo")
    assert NIK not in answer.text and HP not in answer.text


def test_a_key_reaches_its_services_and_regions_and_nothing_else(town: Town) -> None:
    here, kis = town.add_warga(), town.add_warga(layanan=["kis"])
    there, sealed = town.add_warga(ELSEWHERE), town.add_warga(layanan=["ktkpm"])
    both = town.add_warga(layanan=["bpnt", "ktkpm"])
    found = town.everything(town.key(services=("bpnt",), area="33.14.01"))["data"]
    assert here in found and both in found and not {kis, there, sealed} & found.keys()
    assert found[both]["layanan"] == ["bpnt"]
    whole = town.everything(town.key())["data"]
    assert {here, kis, there} <= whole.keys() and sealed not in whole


def test_reading_on_gives_what_changed_since_and_only_that(town: Town) -> None:
    key = town.key()
    warga = town.add_warga()
    before = town.everything(key, size=3)
    assert warga in before["data"]
    assert town.everything(key, after=before["lanjut"])["data"] == {}
    town.patch(warga, {"nama": "Sutarmi Binti"}, {"nama": "Wagiyem"})
    fresh = town.everything(key, after=before["lanjut"])
    assert [each["nama"] for each in fresh["data"].values()] == ["W."]


def test_pages_of_any_size_come_to_the_same(town: Town) -> None:
    for _ in range(5):
        town.add_warga()
    key = town.key()
    whole = town.everything(key)
    assert town.everything(key, size=1)["data"] == whole["data"] and len(whole["data"]) > 5
    assert town.everything(key, size=2)["data"] == whole["data"]


def test_who_moved_away_or_was_destroyed_is_told_as_gone(town: Town) -> None:
    key, wide = town.key(area="33.14.01"), town.key()
    moved, dead, both = town.add_warga(), town.add_warga(), town.add_warga(layanan=["bpnt", "kis"])
    narrow, all_of_it = town.everything(key)["lanjut"], town.everything(wide)["lanjut"]
    town.patch(moved, {"kode_desa": DESA}, {"kode_desa": ELSEWHERE})
    town.patch(both, {"layanan": ["bpnt", "kis"]}, {"layanan": ["kis"]})
    office = town.office.deps.office
    office.act(office.person, Destroyed(changes={}, blobs=[], records=[dead], basis="BA 1"))
    gone = town.everything(key, after=narrow)
    assert gone["hilang"] == {moved, dead} and both in gone["data"]
    gone = town.everything(wide, after=all_of_it)
    assert gone["hilang"] == {dead} and {moved, both} <= gone["data"].keys()
    assert dead not in town.everything(wide)["data"]


def test_who_only_moved_within_reach_is_never_told_as_gone_in_between(town: Town) -> None:
    key, warga = town.key(), town.add_warga()
    after = town.everything(key)["lanjut"]
    town.patch(warga, {"kode_desa": DESA}, {"kode_desa": ELSEWHERE})
    town.add_warga()
    town.patch(warga, {"nama": "Sutarmi Binti"}, {"nama": "Wagiyem"})
    found = town.everything(key, after=after, size=1)
    assert found["hilang"] == set() and found["data"][warga]["kode_desa"] == ELSEWHERE


def test_cases_are_read_and_sealed_ones_are_not(town: Town) -> None:
    office, case, hidden = town.office.deps.office, RecordId("c1" * 16), RecordId("c2" * 16)
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": town.office.warga, "kode_desa": DESA}
    office.act(office.person, Patch(record=case, kind="kasus", base={}, new=new))
    new = {"workflow": "ktkpm", "service": "ktkpm", "kode": "KS-2026-BCDFGH", "petugas": "a" * 32}
    office.act(office.person, Patch(record=hidden, kind="kasus", base={}, new=new))
    answer = town.ask(town.key(services=("bpnt", "kis", "pengaduan")), "kasus")
    assert [each["id"] for each in answer.json()["data"]] == [case] and "KS-2026" not in answer.text
    assert answer.json()["data"][0]["keadaan_nama"]
    shop = RecordId("e1" * 16)
    new = {"nama_ewarong": "Warung Sari", "pemilik": "Suparno Jaya", "kode_desa": DESA, "layanan": ["bpnt"]}
    office.act(office.person, Patch(record=shop, kind="ewarong", base={}, new=new))
    shops = town.ask(town.key(), "ewarong").json()["data"]
    assert [(each["nama_ewarong"], each["pemilik"]) for each in shops] == [("Warung Sari", "S. J.")]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sambang_", "Basic x", "Bearer " + "ü" * 20])
def test_without_a_key_nothing_is_read(town: Town, header: str) -> None:
    answer = town.client.get("/api/v1/data/warga", headers={"authorization": header.encode()})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "kunci_data_salah"


def test_a_key_that_is_nearly_right_opens_nothing(town: Town) -> None:
    text = town.key().text
    for wrong in (text[:-1], text + "A", text.upper(), text[:-1] + ("A" if text[-1] != "A" else "B")):
        assert town.ask(wrong).status_code == 401


def test_a_key_ends_when_it_is_ended_or_its_days_are_over(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = town.key(days=30), town.key(days=90)
    assert town.keys.end(town.person("petugas"), key.id) is False
    assert town.keys.end(town.person("kabid"), key.id) is True
    assert town.keys.end(town.person("kabid"), key.id) is False
    assert town.ask(key).status_code == 401 and town.ask(other).status_code == 200
    later = town.office.deps.now_ms() + 90 * DAY_MS + 1
    monkeypatch.setattr(town.keys, "_now_ms", lambda: later)
    assert town.keys.find(other.text) is None


def test_a_restore_kills_every_key_made_before_it(town: Town) -> None:
    key = town.key()
    assert town.keys.find(key.text) is not None
    restored = ("33.14", town.office.deps.now_ms() + 1)

    def work(tx: Any) -> None:
        tx.execute(
            "INSERT INTO restores (kabupaten, at_ms, medium, number, begun_ms, last_seq, replayed)"
            " VALUES (:kabupaten, :at, 'm', 1, 0, 0, 0)",
            {"at": restored[1]},
        )

    town.office.deps.engine.write(work).result()
    try:
        assert town.keys.find(key.text) is None and town.ask(key).status_code == 401
        time.sleep(0.005)
        assert town.keys.find(town.key().text) is not None
    finally:
        town.office.deps.engine.write(
            lambda tx: tx.execute("DELETE FROM restores WHERE kabupaten = :kabupaten")
        ).result()


def test_the_text_of_a_key_stands_nowhere_in_the_office(town: Town) -> None:
    key = town.key()
    fields = town.office.fields(key.id)
    assert key.text not in str(fields) and fields["sidik"][:32] == key.id
    assert key.text.removeprefix("sambang_") not in str(fields)


def test_only_a_kabid_makes_keys_and_what_is_given_is_in_the_register(town: Town) -> None:
    for name in ("petugas", "verifikator", "pengawas", "pdp", "admin", "pendamping"):
        assert town.keys.make(town.person(name), ASKED) == "peran"
    wrong: dict[str, dict[str, Any]] = {
        "sistem": {"system": " "}, "layanan": {"services": ()}, "wilayah": {"area": "99.99"},
        "masa": {"days": 4_000}, "dasar": {"letter": ""},
    }  # fmt: skip
    for why, more in wrong.items():
        assert town.keys.make(town.person("kabid"), msgspec.structs.replace(ASKED, **more)) == why
    sealed = msgspec.structs.replace(ASKED, services=("ktkpm",))
    assert town.keys.make(town.person("kabid"), sealed) == "layanan"
    town.key(system="Dukcapil")
    assert any("Dukcapil" in each.what and each.letter == ASKED.letter for each in town.site.handouts.all())


def test_a_cursor_of_another_history_or_of_nobodys_is_refused(town: Town) -> None:
    key = town.key()
    after = town.ask(key).json()["lanjut"]
    seq, _, tag = after.partition("-")
    foreign = f"{seq}-{'0' * len(tag)}"
    assert town.ask(key, sesudah=foreign).status_code == 409
    assert town.ask(key, sesudah=f"{int(seq) + 1_000_000}-{tag}").status_code == 409
    for wrong in ("x", "1", "-", "01-", "1-0", f"{seq}-{tag}0", "9" * 19 + "-", "1-" + "g" * 16):
        assert town.ask(key, sesudah=wrong).status_code == 400, wrong
    assert read_cursor("0-") == (0, b"")


@pytest.mark.parametrize(
    "query", ["jumlah=0", "jumlah=1001", "jumlah=x", "jumlah=", "jumlah=1&jumlah=2", "nik=1", "sesudah"]
)
def test_parameters_that_are_not_described_are_refused(town: Town, query: str) -> None:
    headers = {"authorization": f"Bearer {town.key().text}"}
    answer = town.client.get(f"/api/v1/data/warga?{query}", headers=headers)
    assert answer.status_code == 400 and answer.json()["code"] in ("parameter_salah", "kursor_salah")


def test_what_is_known_already_is_not_sent_again(town: Town) -> None:
    key = town.key()
    first = town.ask(key)
    again = town.ask(key, headers={"if-none-match": first.headers["etag"]})
    assert (
        again.status_code == 304 and again.content == b"" and again.headers["etag"] == first.headers["etag"]
    )
    town.add_warga()
    assert town.ask(key, headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_a_key_that_asks_too_often_has_to_wait(town: Town) -> None:
    key = town.key()
    codes = [town.ask(key, jumlah=1).status_code for _ in range(CALLS_A_MINUTE + 1)]
    assert codes[:-1] == [200] * CALLS_A_MINUTE and codes[-1] == 429
    answer = town.ask(key)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert town.ask(town.key()).status_code == 200


def test_the_pace_is_counted_anew_each_minute_also_when_the_clock_goes_back() -> None:
    now = [1_000_000]
    pace, key = Pace(lambda: now[0], most=2), RecordId("k")
    assert [pace.wait_s(key) for _ in range(3)] == [0, 0, 60]
    now[0] += 59_001
    assert pace.wait_s(key) == 1
    now[0] += 999
    assert pace.wait_s(key) == 0
    now[0] -= 3_600_000
    assert pace.wait_s(key) == 0


def test_each_call_is_counted_and_each_day_stands_once_in_the_chain(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = town.key()
    rows = len(town.ask(key).json()["data"])
    town.ask(key, sesudah="x")
    used = {each.id: day for each, day in town.keys.all()}[key.id]
    assert used is not None and (used.calls, used.rows) == (2, rows)
    town.keys.note_days()
    assert looks(town, key.id) == [], "a day that is not over is not in the chain yet"
    tomorrow = town.office.deps.now_ms() + DAY_MS
    monkeypatch.setattr(town.keys, "_now_ms", lambda: tomorrow)
    town.keys.note_days()
    town.keys.note_days()
    (said,) = looks(town, key.id)
    assert "2 panggilan" in said and f"{rows} baris" in said


def looks(town: Town, key: RecordId) -> list[str]:
    """Return what the trail says of looks at a key."""
    asked = Asked(author="", kind="dilihat", code=key, first_ms=0, before_ms=2**62)
    found = town.site.trail.search(town.person("kabid"), asked, Place())
    return [line.purpose for line in found.lines if line.purpose]  # type: ignore[union-attr]


def test_the_page_gives_a_key_once_and_ends_it(town: Town) -> None:
    with httpx.Client(base_url=town.address, timeout=20) as kabid:
        log_in(kabid, "kabid")
        form = {"csrf": csrf(kabid.get("/kunci-data")), "sistem": "e-Planning", "masa": "90", "bernama": "1"}
        form |= {"kunjungan": "1"}
        form |= {"layanan.bpnt": "1", "wilayah": "33.14.01", "surat": "12/2026", "dasar": "Perbup 3"}
        refused = kabid.post("/kunci-data", data={**form, "dasar": " "})
        assert (
            refused.status_code == 422
            and "Isi nomor surat" in refused.text
            and 'value="12/2026"' in refused.text
        )
        made = kabid.post("/kunci-data", data=form)
        text = made.text.partition('value="sambang_')[2].partition('"')[0]
        assert (
            made.status_code in (200, 201) and len(text) == 43 and made.headers["cache-control"] == "no-store"
        )
        key = f"sambang_{text}"
        assert town.ask(key).status_code == 200
        page = kabid.get("/kunci-data").text
        assert text not in page and "e-Planning" in page and "1 panggilan" in page
        name = town.keys.find(key)
        assert (
            "Dengan kunjungan</span>" in page
            and name is not None
            and name.visits
            and name.named
            and name.areas == ("33.14.01",)
        )
        kabid.post(f"/kunci-data/{name.id}", data={"csrf": form["csrf"]})
        assert town.ask(key).status_code == 401 and "Diakhiri" in kabid.get("/kunci-data").text


def test_the_description_is_openapi_and_every_answer_keeps_to_it(town: Town) -> None:
    document = town.client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1") and set(document["paths"]) == {
        "/api/v1/data/warga", "/api/v1/data/ewarong", "/api/v1/data/kasus", "/api/v1/data/kunjungan",
    }  # fmt: skip
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=town.address)
    assert sum(answered(found.ok(), town.key(visits=True)) for found in schema.get_all_operations()) > 30


def answered(operation: Any, key: Made) -> int:
    """Ask one operation for whatever is made up; return how often."""
    asked = list[str]()

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        asked.append(case.path)
        case.call_and_validate(headers={"Authorization": f"Bearer {key.text}"})

    ask()
    return len(asked)
