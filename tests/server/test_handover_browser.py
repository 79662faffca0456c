"""The page Serah-terima in a real browser: chosen, taken, read and answered, also without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.server.phones import Phone
from tests.server.test_handover_page import change, written
from tests.server.test_web_browser import (  # noqa: F401 - the browser and the served office as fixtures
    PHONE,
    Served,
    browser,
    office,
    served,
)


@pytest.fixture
def joined(served: Served) -> Iterator[Phone]:  # noqa: F811
    phone = Phone(httpx.Client(base_url=served.address, timeout=20))
    code = served.office.deps.joinings.new_code(served.office.people["pendamping"])
    phone.enrol(code.code, served.office.deps)  # type: ignore[union-attr]
    yield phone
    phone.http.close()


def test_files_are_chosen_taken_and_answered_without_javascript(
    served: Served,  # noqa: F811
    joined: Phone,
    tmp_path: Path,
) -> None:
    key = served.office.deps.handovers.public_key
    change(joined, 400)
    first, cut = tmp_path / "sambang-1.smb", tmp_path / "sambang-2.smb"
    first.write_bytes(written(joined, key))
    cut.write_bytes(first.read_bytes()[:-9])
    page = served.page("petugas", java_script_enabled=False)
    page.locator("details.more summary").click()
    page.get_by_role("link", name="Serah-terima").click()
    expect(page.get_by_role("heading", name="Serah-terima")).to_be_visible()
    page.get_by_label("Berkas serah-terima").set_input_files([first, cut])
    page.get_by_role("button", name="Ambil").click()
    expect(page.get_by_text("1 data baru")).to_be_visible()
    expect(page.get_by_role("alert").get_by_text("terpotong")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("status").get_by_role("link", name="Unduh jawaban").click()
    answer = waiting.value
    assert answer.suggested_filename.startswith(f"sambang-{joined.device[:8]}-jawaban-")
    assert Path(answer.path()).read_bytes().startswith(b"SAMBANG\0")
    page.goto("/serah-terima")
    expect(page.get_by_role("row", name="Pendamping Uji")).to_be_visible()


def test_the_page_fits_a_narrow_screen(
    served: Served,  # noqa: F811
    joined: Phone,
    tmp_path: Path,
) -> None:
    change(joined, 401)
    path = tmp_path / "sambang-1.smb"
    path.write_bytes(written(joined, served.office.deps.handovers.public_key))
    page = served.page("verifikator", viewport=PHONE)
    page.goto("/serah-terima")
    page.get_by_label("Berkas serah-terima").set_input_files(path)
    page.get_by_role("button", name="Ambil").click()
    expect(page.get_by_text("1 data baru")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
