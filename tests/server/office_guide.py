"""Draws the pictures of the office's guide, docs/panduan/kantor.md, from the real pages in a real browser.

Rule: the guide names its pictures, and exactly those are drawn: `python -m tests.server.office_guide`.
Everybody in them is made up.
"""

import random
import re
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from schemas.format import local_date
from schemas.ids import RecordId
from schemas.wilayah import load_wilayah
from server.periods import period_of
from server.services.people import load_person
from server.targets import Aim
from server.web.building import build_site
from sync.change import FormAnswers, Patch
from sync.scope import NIK_PREFIXES
from tests.contract.people import record_id
from tests.server.room_office import serving_cheaply
from tests.server.test_reviewing import WHOLE
from tests.server.test_web_browser import ARGUMENTS, CHROMIUM, Served
from tests.server.web_office import DESA, Office, open_at, shut

GUIDE = Path("docs/panduan/kantor.md")
FOLDER = "gambar-kantor"
NAMED = re.compile(rf"\({FOLDER}/([a-z0-9_]+)\.png\)")
SIZE, COLOURS = {"width": 1366, "height": 768}, 96
NAMES = ("Sutarmi", "Painem", "Ngatiyem", "Suwarno", "Kasinah", "Warsito", "Tukiyem", "Slamet Riyadi")
Draw = Callable[[Page, Office], object]


def named(guide: str) -> list[str]:
    """Return the pictures that a guide shows, in its order, each once."""
    return list(dict.fromkeys(NAMED.findall(guide)))


def pictures() -> dict[str, tuple[str, Draw]]:
    """Return each picture that can be drawn: who looks, and how they come there."""

    def at(path: str) -> Draw:
        return lambda page, _: page.goto(path)

    def review(page: Page, _: Office) -> None:
        page.goto("/antrean")
        page.locator(".row h3 a").nth(2).click()

    def together(page: Page, _: Office) -> None:
        page.goto("/antrean/bersama")
        page.get_by_role("button", name="Kumpulkan").click()
        page.wait_for_load_state()

    def conflict(page: Page, _: Office) -> None:
        page.goto("/konflik")
        page.locator(".row a").first.click()
        page.wait_for_load_state()

    return {
        "beranda": ("kabid", at("/")),
        "antrean": ("kabid", at("/antrean")),
        "tinjau": ("kabid", review),
        "bersama": ("kabid", together),
        "konflik": ("kabid", conflict),
        "warga": ("petugas", lambda page, office: page.goto(f"/warga/{office.warga}")),
        "ganda": ("petugas", at("/kemungkinan-ganda")),
        "penugasan": ("petugas", at(f"/penugasan?desa={DESA}")),
        "impor": ("petugas", at("/impor")),
        "ekspor": ("kabid", at("/ekspor?data=warga")),
        "surat": ("kabid", at("/surat")),
        "dasbor": ("kabid", at("/dasbor")),
        "target": ("kabid", at("/target")),
        "pengaturan": ("kabid", at("/pengaturan")),
        "peta": ("kabid", at("/peta")),
        "formulir": ("kabid", at("/formulir/ewarong")),
        "perangkat": ("admin", at("/perangkat")),
        "jejak": ("pengawas", at("/jejak")),
    }


def main() -> None:
    """Draw what the guide names, and take away what it names no more."""
    wanted, folder = named(GUIDE.read_text("utf-8")), GUIDE.parent / FOLDER
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        if old.stem not in wanted:
            old.unlink()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        office = open_at(Path(scratch))
        _fill(office)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with serving_cheaply(office) as address:
            served = Served(office, address, browser)
            for name in wanted:
                username, draw = pictures()[name]
                page = served.page(username, viewport=SIZE, locale="id-ID", reduced_motion="reduce")
                draw(page, office)
                page.wait_for_load_state("networkidle")
                shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
                shot.quantize(COLOURS).save(folder / f"{name}.png", optimize=True)
                page.context.close()
        browser.close()
        shut(office)


def _fill(office: Office) -> None:
    """Let something have happened: visits that wait, a conflict, tugas all over the regency."""
    rng, act = random.Random(7), office.deps.office
    known = Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]})
    act.act(act.person, known)

    def warga(name: str, number: int) -> RecordId:
        made = office.add_warga(name, DESA)
        base = {"nik": office.fields(made)["nik"]}
        new = {"nik": f"33149901018{number:05d}"}
        act.act(act.person, Patch(record=made, kind="warga", base=base, new=new))
        return made

    for number, name in enumerate(NAMES):
        answers: dict[str, Any] = {**WHOLE, "nama": name}
        problem = {"kks_masalah": FormAnswers(version=1, answers={"jenis_masalah": "saldo_0"})}
        office.add_visit(warga=warga(name, number), answers=answers, more=problem if number == 3 else None)
    twice = warga("Suparmi", 40)
    warga("Soeparmi", 40)
    changed = Patch(record=twice, kind="warga", base={"nama": "Parmi"}, new={"nama": "Suparmi Wiryo"})
    office.phone.push(changed)
    regions = load_wilayah()
    desa = [each.kode for kecamatan in regions.kecamatan() for each in regions.desa(kecamatan.kode)]
    bodies = [
        Patch(
            record=RecordId(record_id(60_000 + number)),
            kind="tugas",
            base={},
            new={
                "form": "bpnt_kpm",
                "petugas": office.people["pendamping"],
                "state": rng.choice(["baru", "dikirim", "disetujui", "disetujui", "disetujui"]),
                "kode_desa": rng.choice(desa),
                "due": rng.choice(["2026-11-01", "2099-12-20"]),
            },
        )
        for number in range(900)
    ]
    act.act_all(act.person, bodies)
    _aim(office)


def _aim(office: Office) -> None:
    """Let the kabid have set targets: of this month by kecamatan, and of this quarter."""
    site = build_site(office.deps)
    kabid = office.deps.engine.read(lambda tx: load_person(tx, office.people["kabid"]))
    assert kabid is not None
    today = local_date(office.deps.now_ms())
    kecamatan = site.words.wilayah.kecamatan()
    month, quarter = period_of("bulan", today), period_of("triwulan", today)
    by_kecamatan = Aim(service="bpnt", form="bpnt_kpm", start=month.start, end=month.end)
    numbers = {site.targeting.regency: 30, **{each.kode: 2 for each in kecamatan[:15]}}
    assert site.targeting.set(kabid, by_kecamatan, numbers, 0) is None
    of_shops = Aim(service="bpnt", form="ewarong", start=quarter.start, end=quarter.end)
    assert site.targeting.set(kabid, of_shops, {site.targeting.regency: 60}, 0) is None


if __name__ == "__main__":
    main()
