"""An office whose disk is really full, seen from its pages: what it holds is read, what it refused returns.

Row 26 of docs/faults.md; phones and the office they push to are in tests/faults.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server import people_store
from server.__main__ import main
from server.accounts import TOUCH_MS, hash_of
from server.compose import open_office
from server.deps import Deps
from server.web.site import SESSION_COOKIE
from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, Office, open_at, serving, shut
from tests.small_disk import fill, small_disks

NOTE = "Rumahnya pindah ke belakang balai desa. "


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Office, Path, list[RecordId]]]:
    """An office with work on it, started on a disk of its own with little room; its log begins empty."""
    office = open_at(tmp_path)
    visits = visits_of(office, 3)
    shut(office)
    with small_disks() as move:
        folder = move(tmp_path / "office", 900)
        deps = open_office(folder, None)
        assert isinstance(deps, Deps)
        office.deps = deps
        yield office, folder, visits
        shut(office)


def visits_of(office: Office, count: int) -> list[RecordId]:
    return [office.add_visit(warga=office.add_warga(f"Warga {n}", DESA))[0] for n in range(count)]


def form_on(client: httpx.Client, visit: RecordId) -> dict[str, str]:
    page = client.get(f"/kunjungan/{visit}")
    seen = re.search(r'name="dilihat" value="([0-9a-f]+)"', page.text)
    assert page.status_code == 200 and seen
    return {"csrf": csrf(page), "dilihat": seen[1], "keputusan": "kembalikan", "catatan": NOTE * 20}


def test_what_a_full_disk_did_not_take_comes_back_and_is_taken_whole_with_room(
    small: tuple[Office, Path, list[RecordId]],
) -> None:
    office, folder, visits = small
    decision = f"/kunjungan/{visits[0]}/keputusan"
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        ballast = fill(folder)
        form = form_on(client, visits[0])
        refused = client.post(decision, data=form)
        assert refused.status_code == 507 and "Penyimpanan kantor penuh" in refused.text
        assert f'href="/kunjungan/{visits[0]}"' in refused.text and "tidak hilang" in refused.text
        assert office.fields(visits[0])["state"] == "diterima"
        ballast.unlink()
        page = client.get(f"/kunjungan/{visits[0]}")
        assert NOTE * 20 in page.text
        assert client.post(decision, data=form | {"csrf": csrf(page)}).status_code == 303
        assert office.fields(visits[0])["state"] == "dikembalikan"
    assert main(["verify", "--data", str(folder)]) == 0


def test_a_full_disk_leaves_what_is_there_to_be_read_by_who_is_logged_in(
    small: tuple[Office, Path, list[RecordId]],
) -> None:
    office, folder, visits = small
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        token = client.cookies[SESSION_COOKIE]
        (photo, *_) = office.blobs_of(visits[0])
        before = office.deps.now_ms() - 10 * TOUCH_MS
        office.deps.engine.write(lambda tx: people_store.touch_session(tx, hash_of(token), before)).result()
        ballast = fill(folder)
        for path in ("/", "/warga?desa=33.14.01.2001", f"/kunjungan/{visits[0]}"):
            assert client.get(path).status_code == 200, path
        assert client.get(f"/kunjungan/{visits[0]}/foto/{photo}/kecil").status_code == 200
        queue = client.get("/antrean")
        assert queue.status_code == 200 and all(str(visit) in queue.text for visit in visits)
        assert "belum diperiksa tandanya" in queue.text
        # what is only shown once it was noted says that it waits, and not that something was sent
        closed = client.get(f"/warga/{office.warga}")
        assert closed.status_code == 507 and "menunggu sampai ada tempat" in closed.text
        out = client.post("/keluar", data={"csrf": csrf(client.get("/"))})
        assert out.status_code == 303 and SESSION_COOKIE not in client.cookies
        again = client.post("/masuk", data={"csrf": csrf(client.get("/masuk")), "nama": "x", "sandi": "y"})
        assert again.status_code == 507
        ballast.unlink()
        log_in(client, "verifikator")
        assert "belum diperiksa tandanya" not in client.get("/antrean").text
