"""What was typed on a visit when its session ended: kept for its writer, shown again, never decided."""

import re
from collections.abc import Iterator
from dataclasses import replace
from errno import ENOSPC

import httpx
import msgspec
import pytest

from schemas.format import number as written_number
from schemas.ids import PersonId, RecordId
from server.access import Person
from server.services.incidents import KINDS, Incidents, NotDone, Said
from server.services.unsent import KEPT_MS, MOST_EACH, MOST_LETTERS, Unsent, UnsentForms
from server.web.building import build_site
from server.web.pages import page_routes
from server.web.review import LONGEST_NOTE, LONGEST_REASON
from server.web.site import SESSION_COOKIE
from tests.server.room_office import csrf, log_in
from tests.server.typed_forms import sleep
from tests.server.web_office import DESA, Office, open_at, serving, shut

LONG = " ".join(f"kata{number}" for number in range(500))
"""Five hundred words: more than a decision takes."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = open_at(tmp_path_factory.mktemp("unsent"))
    with serving(office) as address:
        yield office, address
    shut(office)


def form_on(client: httpx.Client, visit: RecordId) -> dict[str, str]:
    page = client.get(f"/kunjungan/{visit}")
    seen = re.search(r'name="dilihat" value="([0-9a-f]+)"', page.text)
    assert seen
    return {
        "csrf": csrf(page),
        "dilihat": seen[1],
        "keputusan": "kembalikan",
        "catatan": LONG,
        "alasan.bpnt_kpm.alamat": "Tulis RT dan RW",
    }


def note_on(page: httpx.Response) -> str:
    found = re.search(r'<textarea name="catatan"[^>]*>([^<]*)</textarea>', page.text)
    assert found
    return found[1]


def queued(office: Office) -> RecordId:
    return office.add_visit(warga=office.add_warga("Warga Ditulis", DESA))[0]


def test_a_long_note_comes_back_after_the_session_ended_and_nothing_was_decided(
    served: tuple[Office, str],
) -> None:
    office, address = served
    visit = queued(office)
    with (
        httpx.Client(base_url=address, timeout=20) as client,
        httpx.Client(base_url=address, timeout=20) as other,
    ):
        log_in(client, "verifikator")
        form = form_on(client, visit)
        sleep(office, client)
        log_in(other, "petugas")  # whoever logs in clears old sessions: whose this was is still known
        path = f"/kunjungan/{visit}/keputusan?status=diterima&tanda=ya"
        answer = client.post(path, data=form)
        to = httpx.URL(answer.headers["location"])
        assert answer.status_code == 303 and to.path == "/masuk"
        assert "yang Anda tulis dikembalikan" in client.get(str(to)).text
        assert office.fields(visit)["state"] == "diterima"
        answer = log_in(client, "verifikator", to.params["ke"])
        # and the way through the queue is still that of before
        assert answer.headers["location"] == f"/kunjungan/{visit}?status=diterima&tanda=ya"
        page = client.get(answer.headers["location"])
        assert note_on(page) == LONG and "Tulis RT dan RW" in page.text
        assert "dikembalikan ke formulirnya" in page.text
        # it waits until she decides, for her alone, and the first page says so
        assert f'href="/kunjungan/{visit}?status=diterima&amp;tanda=ya">Buka lagi' in client.get("/").text
        assert "Buka lagi formulirnya" not in other.get("/").text
        assert note_on(client.get(f"/kunjungan/{visit}")) == LONG
        assert note_on(other.get(f"/kunjungan/{visit}")) == ""
        # what is too long for a phone is told of with all that was written, and not cut
        form["csrf"] = csrf(page)
        answer = client.post(f"/kunjungan/{visit}/keputusan", data=form)
        assert answer.status_code == 422 and note_on(answer) == LONG
        assert f"Pendekkan {written_number(len(LONG) - LONGEST_NOTE)} huruf" in answer.text
        long_reason = {"catatan": "", "alasan.bpnt_kpm.alamat": "r" * (LONGEST_REASON + 7)}
        answer = client.post(f"/kunjungan/{visit}/keputusan", data=form | long_reason)
        assert answer.status_code == 422 and "Pendekkan 7 huruf" in answer.text
        assert office.fields(visit)["state"] == "diterima"
        form["catatan"] = LONG[:LONGEST_NOTE].strip()
        kept = re.search(r'name="tulisan" value="([0-9a-f]+)"', page.text)
        assert kept
        form["tulisan"] = kept[1]
        assert client.post(f"/kunjungan/{visit}/keputusan", data=form).status_code == 303
        assert office.fields(visit)["reasons"]["bpnt_kpm.alamat"] == "Tulis RT dan RW"
        assert "Buka lagi formulirnya" not in client.get("/").text


def wrong_in(page: httpx.Response) -> list[str]:
    return re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*aria-invalid="true"', page.text)


def test_only_the_text_that_is_wrong_is_marked_as_wrong(served: tuple[Office, str]) -> None:
    office, address = served
    visit = queued(office)
    path = f"/kunjungan/{visit}/keputusan"
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        asked = form_on(client, visit)
        told = asked | {"catatan": "", "alasan.bpnt_kpm.alamat": "r" * (LONGEST_REASON + 7)}
        answer = client.post(path, data=told)
        assert wrong_in(answer) == ["alasan.bpnt_kpm.alamat"]
        # said at that text too, which is far from the decision
        assert answer.text.count("Pendekkan 7 huruf") == 2
        assert wrong_in(client.post(path, data=asked)) == ["catatan"]
        lacking = {"csrf": asked["csrf"], "dilihat": asked["dilihat"], "keputusan": "tolak", "catatan": ""}
        assert wrong_in(client.post(path, data=lacking)) == ["catatan"]
        stale = client.post(path, data=lacking | {"dilihat": "0" * 64, "catatan": "Sudah pindah"})
        assert stale.status_code == 409 and wrong_in(stale) == []
        assert 'id="salah"' in stale.text and "Sudah pindah" in stale.text


def test_a_form_that_is_not_the_ended_sessions_own_is_not_kept(served: tuple[Office, str]) -> None:
    office, address = served
    visit = queued(office)
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        form = form_on(client, visit) | {"csrf": "0" * 64}
        sleep(office, client)
        assert client.post(f"/kunjungan/{visit}/keputusan", data=form).status_code == 403
        log_in(client, "verifikator")
        assert note_on(client.get(f"/kunjungan/{visit}")) == ""


def test_an_old_page_beside_a_new_login_keeps_its_words_and_decides_nothing(
    served: tuple[Office, str],
) -> None:
    office, address = served
    visit = queued(office)
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        form = form_on(client, visit)
        log_in(client, "verifikator")
        answer = client.post(f"/kunjungan/{visit}/keputusan", data=form)
        assert answer.status_code == 403 and f'href="/kunjungan/{visit}"' in answer.text
        page = client.get(f"/kunjungan/{visit}")
        assert note_on(page) == LONG and "Tulis RT dan RW" in page.text
        assert office.fields(visit)["state"] == "diterima"


def test_what_another_wrote_on_a_shared_computer_is_not_kept_for_who_is_here_now(
    served: tuple[Office, str],
) -> None:
    office, address = served
    visit = queued(office)
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        form = form_on(client, visit)
        sleep(office, client)
        log_in(client, "kabid")
        answer = client.post(f"/kunjungan/{visit}/keputusan", data=form)
        assert answer.status_code == 403 and f'href="/kunjungan/{visit}"' not in answer.text
        assert note_on(client.get(f"/kunjungan/{visit}")) == ""
        assert "Buka lagi formulirnya" not in client.get("/").text


def test_a_page_that_asks_who_is_here_is_not_thrown_away_when_its_session_ends(
    served: tuple[Office, str],
) -> None:
    office, address = served
    visit = queued(office)
    ask = {"hx-request": "true"}
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        client.get(f"/kunjungan/{visit}")
        sleep(office, client)
        told = client.get(f"/kunjungan/{visit}/siapa", headers=ask)
        assert told.status_code == 200 and "hx-redirect" not in told.headers
        assert "tidak hilang" in told.text and "hx-get" not in told.text
        client.cookies.delete(SESSION_COOKIE)
        told = client.get(f"/kunjungan/{visit}/siapa", headers=ask)
        assert "Salin dulu" in told.text  # whose it was is not known: nothing is promised


class FullDisk(Incidents):
    """Takes nothing down: there is no room left."""

    def report(self, person: Person, kind: str, known_ms: int, said: Said) -> RecordId | NotDone:
        raise OSError(ENOSPC, "")


def test_what_an_office_with_a_full_disk_did_not_take_comes_back(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    office = open_at(tmp_path_factory.mktemp("full"))
    site = build_site(office.deps)
    full = FullDisk(office.deps.engine, office.deps.office, office.deps.now_ms, office.deps.randomness)
    pages = page_routes(replace(site, incidents=full))
    with serving(office, pages) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "pdp")
        given = {"csrf": csrf(client.get("/insiden")), "jenis": KINDS[0], "diketahui": "2026-11-01T08:00"}
        given |= {"uraian": LONG, "data": "nama", "jumlah": "2", "penanganan": "ditutup"}
        answer = client.post("/insiden", data=given)
        assert answer.status_code == 507 and 'href="/insiden"' in answer.text
        assert LONG in client.get("/insiden").text and "kata1" not in caplog.text
    shut(office)


def unsent(name: str, note: str, at_ms: int = 1_000) -> Unsent:
    page = f"/kunjungan/{name}"
    return Unsent(
        id=name, action=f"{page}/keputusan", page=page, target=page, given={"catatan": note}, at_ms=at_ms
    )


def test_what_was_typed_is_its_writers_for_half_a_day_and_not_without_bound() -> None:
    moment, ann, bob = 1_000, PersonId("a"), PersonId("b")
    kept = UnsentForms(lambda: moment)
    for number in range(MOST_EACH + 1):
        kept.keep(ann, unsent(str(number), f"catatan {number}"))
    assert kept.on(ann, "/kunjungan/0") == [] and kept.on(ann, "/kunjungan/1") == [unsent("1", "catatan 1")]
    assert kept.all(bob) == []
    kept.keep(ann, unsent("besar", "x" * (MOST_LETTERS - 100)))
    kept.keep(ann, unsent("lagi", "y" * 200))
    assert [each.id for each in kept.all(ann)] == ["lagi"]
    moment += KEPT_MS + 1
    assert kept.all(ann) == []


def test_one_form_that_is_kept_again_stands_once() -> None:
    kept, ann = UnsentForms(lambda: 1_000), PersonId("a")
    kept.keep(ann, unsent("satu", "semula"))
    kept.keep(ann, unsent("satu", "kemudian"))
    kept.keep(ann, msgspec.structs.replace(unsent("satu", "kemudian"), id="dua"))
    assert [(each.id, each.given["catatan"]) for each in kept.all(ann)] == [("dua", "kemudian")]
    kept.keep(ann, unsent("tiga", "lain"))
    kept.keep(ann, unsent("dua", "lagi"))
    assert [each.id for each in kept.all(ann)] == ["dua", "tiga"], "what was kept again is the newest"
    kept.drop(ann, "dua")
    kept.drop(ann, "tiga")
    assert kept.all(ann) == []
