"""Codes that pages show, read off the screen as a phone reads them: by the phone's own decoder."""

import io
import secrets

import pytest
from PIL import Image
from playwright.sync_api import Locator

from field_app.devices import Grey
from field_app.qr import QrReader
from field_app.scanned import invitation_in, person_in
from schemas.ids import RecordId
from schemas.printed import printed_code
from sync.change import Patch
from tests.server.test_web_browser import (  # noqa: F401 - the browser and the served office as fixtures
    LAPTOP,
    PHONE,
    Served,
    browser,
    office,
    served,
)
from tests.server.web_office import DESA

ON_PAPER = {"width": 794, "height": 1123}
"""A4, in CSS pixels."""


def on_screen(shown: Locator) -> tuple[str, ...]:
    """What the phone's decoder reads off a part of the page."""
    picture = Image.open(io.BytesIO(shown.screenshot())).convert("L")
    return QrReader().in_frame(Grey(picture.width, picture.height, picture.tobytes()))


def given(served: Served, **more: object) -> RecordId:  # noqa: F811
    """A tugas of the pendamping, written by the office."""
    tugas = RecordId(secrets.token_hex(16))
    fields = {"petugas": served.office.people["pendamping"], "state": "baru", "layanan": "bpnt", **more}
    deps = served.office.deps
    deps.office.act(deps.office.person, Patch(record=tugas, kind="tugas", base={}, new=fields))
    return tugas


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_enrolment_page_shows_what_the_phone_takes_for_an_enrolment(
    served: Served,  # noqa: F811
    theme: str,
) -> None:
    page = served.page("admin", color_scheme=theme)
    page.goto("/perangkat")
    page.get_by_label("Untuk siapa?").select_option(served.office.people["pendamping"])
    page.get_by_role("button", name="Buat kode").click()
    code = page.locator("p.code").inner_text()
    (text,) = on_screen(page.locator(".qr"))
    assert invitation_in(text) == f"{served.address} {code}"


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_page_of_a_warga_shows_a_code_that_names_the_row_and_nothing_else(
    served: Served,  # noqa: F811
    size: dict[str, int],
) -> None:
    warga = served.office.add_warga("Warga Berkode", DESA)
    page = served.page("petugas", viewport=size)
    page.goto(f"/warga/{warga}")
    (text,) = on_screen(page.locator(".qr"))
    assert text == person_in(text) == printed_code("warga", warga)


def test_a_list_of_tasks_has_codes_when_they_are_asked_for(
    served: Served,  # noqa: F811
) -> None:
    warga = served.office.add_warga("Warga Bertugas", DESA)
    tugas = given(served, sasaran=warga, sasaran_kind="warga", form="bpnt_kpm", kode_desa=DESA)
    page = served.page("petugas", viewport=ON_PAPER)
    page.goto(f"/penugasan/petugas/{served.office.people['pendamping']}")
    assert page.locator(".qr").count() == 0
    page.get_by_role("link", name="Dengan kode QR").click()
    page.emulate_media(media="print")
    shown = page.get_by_role("img", name="Kode QR tugas Warga Bertugas")
    assert on_screen(shown) == (printed_code("tugas", tugas),)
