"""The page Cadangan in a real browser: a copy asked for, watched and done, with JavaScript and without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from server import backup_store, restore_store
from server.backup_store import Plan, Try
from server.backups.keeper import Running
from server.backups.medium import Trouble
from server.restore_store import Restore
from tests.server.backup_office import medium_at, with_disks
from tests.server.test_web_browser import (
    ARGUMENTS,
    AXE,
    CHROMIUM,
    CONTRAST,
    LAPTOP,
    STANDARD,
    Served,
    barriers,
)
from tests.server.web_office import open_at, serving, shut

NARROW = {"width": 390, "height": 844}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    office = open_at(tmp_path)
    office.deps = with_disks(office.deps, tmp_path / "office")
    media = [medium_at(tmp_path / name, tmp_path / "office", office.deps) for name in ("usb1", "usb2")]
    plan = Plan(copies=tuple(str(medium.path) for medium in media))
    office.deps.engine.write(lambda tx: backup_store.put_plan(tx, plan)).result()
    with sync_playwright() as playwright, serving(office) as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        served = Served(office, address, browser)
        yield served
        browser.close()
    shut(office)
    assert served.complaints == []


def ask_for_a_copy(served: Served, page: Page) -> None:
    page.goto("/cadangan")
    keeper = served.office.deps.keeper
    keeper.start()
    page.goto("/cadangan")
    page.get_by_role("button", name="Cadangkan sekarang").click()


def test_a_copy_that_is_asked_for_is_seen_to_its_end(served: Served) -> None:
    page = served.page("admin")
    ask_for_a_copy(served, page)
    expect(page.get_by_text("Cadangan terakhir hari ini")).to_be_visible()
    expect(page.locator(".media .chip.good")).to_have_count(2)
    expect(page.get_by_role("button", name="Cadangkan sekarang")).to_be_visible()


def test_it_is_seen_to_its_end_without_javascript(served: Served) -> None:
    page = served.page("admin", java_script_enabled=False)
    ask_for_a_copy(served, page)
    expect(page.locator(".media .chip.good")).to_have_count(2)


def test_progress_moves_by_itself_until_the_copy_is_done(served: Served) -> None:
    keeper = served.office.deps.keeper
    keeper.running = Running(path="/media/usb1", step="berkas", done=10, total=40)
    page = served.page("admin")
    page.goto("/cadangan")
    expect(page.get_by_text("10 dari 40")).to_be_visible()
    keeper.running = Running(path="/media/usb1", step="periksa", done=30, total=40)
    expect(page.get_by_text("30 dari 40")).to_be_visible()
    keeper.running = None
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert page.locator("main").count() == 1


def test_nobody_is_shut_out_whatever_the_page_has_to_say(served: Served) -> None:
    deps = served.office.deps
    now = deps.now_ms()
    path = str(deps.engine.read(backup_store.plan).copies[0])
    deps.keeper.copy_to([path], 7)
    tried = Try(path=path, at_ms=now, trouble=Trouble(code="media_rusak", values={"folder": path}))
    restore = Restore(at_ms=now, medium="m", number=1, begun_ms=now, last_seq=1, replayed=0)
    deps.engine.write(lambda tx: backup_store.put_try(tx, tried)).result()
    deps.engine.write(lambda tx: restore_store.add_restore(tx, restore)).result()
    deps.keeper.running = Running(path=path, step="berkas", done=1, total=3)
    page = served.page("admin", bypass_csp=True, reduced_motion="reduce")
    found: list[str] = []
    for size in (LAPTOP, NARROW):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for address in ("/", "/cadangan"):
                page.goto(address)
                page.add_script_tag(path=str(AXE))
                found += barriers(page, STANDARD) + barriers(page, CONTRAST)
                wide = page.evaluate("document.documentElement.scrollWidth") - size["width"]
                assert wide <= 0, f"{address} at {size}: {wide} px wider than the screen"
    assert found == []
