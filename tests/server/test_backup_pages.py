"""The page Cadangan: for admins only, true to what was verified, and a button that starts a copy."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from server import backup_store, restore_store
from server.backup_store import Copy, Plan, Try
from server.backups import keeper
from server.backups.keeper import Running
from server.backups.medium import Medium, Trouble
from server.disk import UNFINISHED
from server.restore_store import Restore
from tests.server.backup_office import medium_at, with_disks
from tests.server.room_office import csrf
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut

DAY_MS = 24 * 3_600_000


class Site:
    """A served office with two media in its plan; `disks` say on which disk a file or folder lies."""

    def __init__(self, office: Office, folder: Path, address: str, disks: dict[str, str]) -> None:
        self.office, self.address, self.disks = office, address, disks
        self.deps = office.deps
        self.media = [medium_at(folder / name, folder / "office", self.deps) for name in ("usb1", "usb2")]

    def plan(self, *media: Medium) -> None:
        plan = Plan(copies=tuple(str(medium.path) for medium in media))
        self.deps.engine.write(lambda tx: backup_store.put_plan(tx, plan)).result()

    def copied(
        self,
        medium: Medium,
        days_ago: float = 0,
        *,
        problem: str = "",
        beside_data: bool = False,
        number: int = 1,
    ) -> None:
        at_ms = self.deps.now_ms() - int(days_ago * DAY_MS)
        copy = Copy(
            medium=medium.id, path=str(medium.path), disk=medium.id, beside_data=beside_data,
            number=number, begun_ms=at_ms, verified_ms=at_ms, last_seq=1, tag=b"t", links=1, senders=0,
            size_bytes=5 * 1024**3, blobs=12_345, problem=problem,
        )  # fmt: skip
        self.deps.engine.write(lambda tx: backup_store.add_copy(tx, copy)).result()

    @contextmanager
    def log_in(self, username: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, timeout=20) as client:
            form = {"csrf": csrf(client.get("/masuk")), "nama": username, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
            yield client


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    office = open_at(tmp_path)
    disks = dict[str, str]()
    office.deps = with_disks(office.deps, tmp_path / "office", disks=disks)
    with serving(office) as address:
        yield Site(office, tmp_path, address, disks)
    shut(office)


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "kabid", "pengawas"])
def test_only_admins_see_the_page_and_start_a_copy(site: Site, role: str) -> None:
    with site.log_in(role) as client:
        home = client.get("/")
        assert "Cadangan" not in home.text
        assert client.get("/cadangan").status_code == 403
        assert client.post("/cadangan", data={"csrf": csrf(home)}).status_code == 403


def test_an_office_without_a_copy_is_warned_of_on_the_first_page(site: Site) -> None:
    with site.log_in("admin") as client:
        assert "Belum pernah ada cadangan" in client.get("/").text
        assert "Belum pernah ada cadangan" in client.get("/cadangan").text
        site.copied(site.media[0])
        assert "Belum pernah ada cadangan" not in client.get("/").text
        assert "Cadangan terakhir hari ini" in client.get("/cadangan").text


def test_a_copy_that_is_too_old_is_warned_of_and_a_newer_one_ends_it(site: Site) -> None:
    with site.log_in("admin") as client:
        site.copied(site.media[0], days_ago=3.1)
        assert "Terlalu lama" in client.get("/").text
        site.copied(site.media[1], days_ago=2.5)
        assert "Terlalu lama" not in client.get("/").text


def test_copies_on_the_disk_of_the_data_are_no_safety_on_the_first_page(site: Site) -> None:
    first, second = site.media
    with site.log_in("admin") as client:
        site.copied(first, beside_data=True)
        assert "di disk yang sama dengan data kantor" in client.get("/").text
        site.copied(second, days_ago=3.1)  # the other one's copy is all that would be left
        assert "Terlalu lama" in client.get("/").text


@pytest.mark.parametrize(("days_ago", "is_told"), [(59, False), (61, True)])
def test_one_disk_alone_is_told_on_the_first_page_also_when_the_other_stayed_away(
    site: Site, days_ago: int, is_told: bool
) -> None:
    first, second = site.media
    with site.log_in("admin") as client:
        site.copied(first)
        assert "Hanya satu disk" in client.get("/").text
        site.copied(second, days_ago=days_ago)
        assert ("Hanya satu disk" in client.get("/").text) is is_told


def test_each_medium_says_what_it_holds_and_what_to_do(site: Site) -> None:
    first, second = site.media
    site.plan(first, second)
    site.copied(first)
    values = {"folder": str(second.path), "perlu": "900", "ada": "3"}
    tried = Try(
        path=str(second.path), at_ms=site.deps.now_ms(), trouble=Trouble(code="media_kurang", values=values)
    )
    site.deps.engine.write(lambda tx: backup_store.put_try(tx, tried)).result()
    with site.log_in("admin") as client:
        page = client.get("/cadangan").text
    assert "5,0 GB" in page and "12.345 berkas" in page and "Utuh" in page
    assert "perlu 900 MB, tersisa 3 MB" in page and "ganti disknya" in page
    assert "Hanya satu disk" in page


@pytest.mark.parametrize("days_ago", [100, -900])
def test_of_disks_that_took_turns_at_one_place_the_one_copied_to_last_is_told(
    site: Site, days_ago: int
) -> None:
    place, worn = site.media
    site.plan(place)
    site.copied(replace(worn, path=place.path), days_ago, number=300)  # or its clock ran ahead
    site.copied(place)
    with site.log_in("admin") as client:
        page = client.get("/cadangan").text
        assert "Utuh" in page and "Terlambat" not in page and "hari yang lalu" not in page
        assert "Terlalu lama" not in client.get("/").text


def test_a_disk_beside_the_data_and_lost_blobs_are_said(site: Site) -> None:
    site.plan(site.media[0])
    site.copied(site.media[0], problem="berkas_kantor_rusak", beside_data=True)
    with site.log_in("admin") as client:
        page = client.get("/cadangan").text
    assert "disk yang sama dengan data kantor" in page
    assert "python -m server verify" in page


def test_a_disk_with_the_key_is_told_on_both_pages_while_both_are_there(site: Site) -> None:
    """Whoever takes that disk reads everything, however good the copies on it are."""
    for medium in site.media:
        site.copied(medium)
    title = "Kunci dan cadangan ada di satu disk"
    with site.log_in("admin") as client:
        assert title not in client.get("/").text + client.get("/cadangan").text
        site.disks[site.deps.key_file.path.name] = site.media[1].path.name
        site.deps.keeper.look_at_media()
        assert title in client.get("/").text
        page = client.get("/cadangan").text
        assert title in page and f"{site.media[1].path} ada di disk yang sama" in page
        site.media[1].path.rename(site.media[1].path.with_name("dicabut"))
        site.deps.keeper.look_at_media()
        assert title not in client.get("/").text


def test_a_medium_that_hangs_holds_up_neither_pages_nor_copies_nor_the_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead disk or network folder would take each thread that touches it, and phones wait for the same."""
    touched, free = list[str](), threading.Event()

    def hang(*_: object) -> bool:
        touched.append(threading.current_thread().name)
        return not free.wait(20)

    monkeypatch.setattr(keeper, "beside_key", hang)
    site.plan(site.media[0])
    site.deps.keeper.start()
    with site.log_in("admin") as client:
        for _ in range(3_000):
            page = client.get("/cadangan").text + client.get("/").text
            if touched and "Cadangan terakhir hari ini" in page:
                break
            time.sleep(0.01)
    site.deps.keeper.stop()
    assert touched == ["media"] and "Cadangan terakhir hari ini" in page
    free.set()


def test_a_phone_whose_end_cannot_be_listed_is_told_on_both_pages_until_it_is(site: Site) -> None:
    """A restore would let it in again."""
    phones = site.deps.phones
    in_the_way = phones.path.with_name(phones.path.name + UNFINISHED)
    title = "dicabut tidak dapat dicatat di sebelah berkas kunci"
    with site.log_in("admin") as client:
        phones.follow()
        assert title not in client.get("/").text + client.get("/cadangan").text
        in_the_way.mkdir()
        site.deps.devices.revoke(site.office.phone.device)
        phones.follow()
        assert title in client.get("/").text and title in client.get("/cadangan").text
        in_the_way.rmdir()
        phones.follow()
        assert title not in client.get("/").text + client.get("/cadangan").text


def test_the_button_makes_copies_and_the_page_shows_them(site: Site) -> None:
    site.plan(*site.media)
    site.copied(site.media[0])
    site.copied(site.media[1])
    site.deps.keeper.start()
    with site.log_in("admin") as client:
        page = client.get("/cadangan")
        assert client.post("/cadangan", data={"csrf": "x"}).status_code == 403
        answer = client.post("/cadangan", data={"csrf": csrf(page)})
        assert answer.status_code == 303
        for _ in range(3_000):
            if len(list(site.media[1].path.glob("copies/*.manifest"))) and not site.deps.keeper.running:
                break
            time.sleep(0.01)
        page = client.get("/cadangan")
        assert "Cadangkan sekarang" in page.text and "Cadangan terakhir hari ini" in page.text
        assert str(site.media[1].path) in page.text


def test_a_server_that_keeps_no_schedule_says_so(site: Site) -> None:
    with site.log_in("admin") as client:
        page = client.get("/")
        answer = client.post("/cadangan", data={"csrf": csrf(page)}, follow_redirects=True)
        assert "Belum ada media dalam jadwal" in answer.text
        site.plan(site.media[0])
        answer = client.post("/cadangan", data={"csrf": csrf(page)}, follow_redirects=True)
        assert "tidak menjalankan jadwal" in answer.text


def test_a_copy_under_way_is_shown_with_its_progress_also_without_javascript(site: Site) -> None:
    site.deps.keeper.running = Running(path="/media/usb1", step="berkas", done=1_200, total=8_000)
    with site.log_in("admin") as client:
        page = client.get("/cadangan").text
    assert '<progress value="1200" max="8000"' in page and "1.200 dari 8.000" in page
    assert '<noscript><meta http-equiv="refresh"' in page and 'hx-trigger="load delay:2s"' in page
    assert "Cadangkan sekarang" not in page


def test_what_has_not_come_back_after_a_restore_is_listed_until_it_has(site: Site) -> None:
    now = site.deps.now_ms()
    restore = Restore(at_ms=now, medium="m", number=1, begun_ms=now - DAY_MS, last_seq=1, replayed=0)
    site.deps.engine.write(lambda tx: restore_store.add_restore(tx, restore)).result()
    with site.log_in("admin") as client:
        page = client.get("/cadangan").text
        assert "1 HP belum tersambung" in page and "Pendamping Uji" in page
        device = site.office.phone.device
        site.deps.engine.write(lambda tx: restore_store.note_return(tx, device, now)).result()
        page = client.get("/cadangan").text
        assert "Pendamping Uji" not in page and "Semua yang diketahui hilang sudah kembali" in page
