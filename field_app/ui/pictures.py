"""Draws every screen offscreen with sample data to PNG files: for the guides, and for whoever reviews the
look.

python -m field_app.ui.pictures --out DIR [--text 150] [--dark] [--size 360x640] [--only form]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from field_app.ui.environment import prepare
from field_app.ui.pictures_scan import scan_scenes
from field_app.ui.pictures_sealed import sealed_scenes
from field_app.views import PhoneUser, Welcomed


def main() -> None:
    """Read the arguments, draw, save."""
    parser = argparse.ArgumentParser(description="Gambar semua layar aplikasi ke berkas PNG.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the PNG files")
    parser.add_argument("--text", type=int, default=100, help="text size in percent, 100 to 160")
    parser.add_argument("--dark", action="store_true", help="the dark look")
    parser.add_argument("--size", default="360x640", help="in dp")
    parser.add_argument("--density", type=float, default=2.0, help="pixels for each dp")
    parser.add_argument("--only", default="", help="only pictures whose name contains this")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    prepare((width, height), options.density, offscreen=True)
    options.out.mkdir(parents=True, exist_ok=True)
    suffix = f"{'_gelap' if options.dark else ''}{f'_{options.text}' if options.text != 100 else ''}"
    for name, draw in scenes():
        if options.only in name:
            draw_scene(draw, options.text / 100, options.dark).save(options.out / f"{name}{suffix}.png")


def scenes() -> Iterator[tuple[str, Callable[[Any, Any], None]]]:  # noqa: C901 - one flat list of pictures
    """(name, what to do with phone and shell before the picture is taken)."""
    from field_app.devices.places import FoundPlace
    from field_app.ui.handover import HandoverCard
    from field_app.ui.sample_data import LONG_NAME, NOW_MS, picture
    from field_app.ui.sample_drafts import filled_draft
    from field_app.ui.sheets import LocationSheet
    from field_app.views import Home, Refused, SyncStatus
    from sync.change import Place

    def form(page: int, scroll: float = 1.0, toggle: bool = False) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            filled_draft(phone.visits, "d1").page = page
            app.root.go("form", draft="d1")
            settle(app)
            app.root.screen.ids.page.scroll_y = scroll
            app.root.screen.ids.page._remember()

        return go

    def crowded(phone: Any, app: Any) -> None:
        """A name of 96 letters, one in Javanese script, a clock that is wrong, and much that was not sent."""
        one = CARDS["today"][0]
        today = (replace(one, nama=LONG_NAME), replace(one, nama="ꦱꦸꦠꦂꦩꦶ"))
        phone.visits.status = SyncStatus(
            data_pending=1234, photos_pending=5678, last_ms=NOW_MS - 3 * 86_400_000, clock_off_ms=-7_200_000
        )
        phone.visits.home = lambda: Home(
            sync=phone.visits.status, **{**CARDS, "returned": (), "overdue": today}
        )
        app.root.only("home")

    def long_name(phone: Any, app: Any) -> None:
        kept = filled_draft(phone.visits, "d1")
        kept.nama = kept.answers["bpnt_kpm"]["nama_responden"] = LONG_NAME
        kept.page = 2
        app.root.go("form", draft="d1")

    def no_more_tries(phone: Any, app: Any) -> None:
        phone.tries_left = 0
        locked(phone, app)

    def wrong_pin(phone: Any, app: Any) -> None:
        phone._state = "terkunci"
        app.root.only("unlock")
        for key in "111111":
            app.root.screen.ids.pad.press(key)
        settle(app)
        for key in "24":
            app.root.screen.ids.pad.press(key)

    def locked(phone: Any, app: Any) -> None:
        phone._state = "terkunci"
        app.root.only("unlock")

    def waiting(phone: Any, app: Any) -> None:
        wrong_pin(phone, app)
        app.root.screen._wait_s = 3600
        app.root.screen._count_down(2)

    def enrol_pin(phone: Any, app: Any) -> None:
        app.root.only("enrol")
        app.root.screen.address.text, app.root.screen.code.text = "https://10.0.0.1:8443", "K7Q2-M9XD"
        app.root.screen.next()

    def comparing(_phone: Any, app: Any) -> None:
        enrol_pin(_phone, app)
        settle(app)

    def enrol_pin_after(phone: Any, app: Any) -> None:
        phone.lets_in = Welcomed(office="Dinas Sosial Kabupaten Sragen", person_name="")
        comparing(phone, app)
        app.root.screen._ask()

    def several(phone: Any, app: Any) -> None:
        phone._state = "terkunci"
        phone.people = (
            PhoneUser(id="", number=1, sign="", ready=True),
            PhoneUser(id="petugas-2", number=2, sign="RW", ready=True),
            PhoneUser(id="petugas-3", number=3, sign="SUTARMI-KDWG", ready=False),
        )
        app.root.only("who")

    def one_more(phone: Any, app: Any) -> None:
        several(phone, app)
        settle(app)
        app.root.screen.add()

    def draft(name: str, **more: Any) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            filled_draft(phone.visits, "d1")
            app.root.go(name, draft="d1", **more)

        return go

    def room(_phone: Any, app: Any) -> None:
        app.root.go("settings")
        settle(app, 0.1)
        ids = app.root.screen.ids
        ids.page.scroll_to(ids.room, animate=False)

    def put_away(phone: Any, app: Any) -> None:
        filled_draft(phone.visits, "d1").gone = True
        app.root.go("put_away")

    def calm(phone: Any, app: Any) -> None:
        phone.visits.status = SyncStatus(last_ms=NOW_MS - 60_000)
        app.root.go("sync")

    def trouble(phone: Any, app: Any) -> None:
        phone.visits.status = SyncStatus(
            data_pending=2, photos_pending=5, last_ms=NOW_MS - 3_600_000, state="gagal", lost=1, conflicts=4,
            problem="lapangan.kantor_sibuk", wait_s=95,
        )  # fmt: skip
        app.root.go("sync")

    def sending(phone: Any, app: Any) -> None:
        phone.visits.status = SyncStatus(
            data_pending=1, photos_pending=5, last_ms=NOW_MS - 3_600_000, state="jalan",
            done=1_300_000, total=3_400_000,
        )  # fmt: skip
        app.root.go("sync")

    def finished(visit: str) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            view = phone.visits.visit(visit)
            app.root.go("task", card=replace(CARDS["sent"][1], visit=visit, status=view.status))

        return go

    def search(phone: Any, app: Any) -> None:
        app.root.go("search")
        app.root.screen.line.text = "su"

    def newcomer(_phone: Any, app: Any) -> None:
        search(_phone, app)
        settle(app)
        app.root.screen.new()

    def standing(_phone: Any, app: Any) -> None:
        app.root.go("map")
        settle(app)
        screen = app.root.screen
        pin = screen._view.pins[0]
        screen._located(Place(lat=pin.lat + 0.01, lng=pin.lng + 0.012, accuracy_m=9.0, at_ms=NOW_MS))

    def chosen(_phone: Any, app: Any) -> None:
        standing(_phone, app)
        settle(app)
        app.root.screen._choose(app.root.screen._view.pins[-1])

    def skip(phone: Any, app: Any) -> None:
        form(2)(phone, app)
        settle(app)
        screen = app.root.screen
        screen.skip(screen._shown_cards()[-1])

    def pick(phone: Any, app: Any) -> None:
        form(0)(phone, app)
        screen = app.root.screen
        step = next(n for n, one in enumerate(screen.steps) if "kode_desa" in one.fields)
        screen.go_to(step)
        settle(app)
        editor = next(c.editor for c in screen._shown_cards() if c.field.name == "kode_desa")
        editor.open(editor.lower)

    def table(phone: Any, app: Any) -> None:
        form(0)(phone, app)
        screen = app.root.screen
        screen.go_to(next(n for n, one in enumerate(screen.steps) if "belanja" in one.fields))
        settle(app)
        card = next(c for c in screen._shown_cards() if c.field.name == "belanja")
        card.editor.toggle(1)
        settle(app)
        screen.ids.page.scroll_y = 0.4

    def row_photo(phone: Any, app: Any) -> None:
        visits = phone.visits
        visits.start("kis", "w1", None)
        visits.save("d10", "kis", "syarat_lain", [{"jenis": "sktm"}, {"jenis": "surat_sakit"}])
        visits.add_photo("d10", "kis", "syarat_lain[1].berkas", picture(4), None)
        app.root.go("form", draft="d10")
        settle(app)
        screen = app.root.screen
        screen.go_to(next(n for n, one in enumerate(screen.steps) if "syarat_lain" in one.fields))
        settle(app)
        card = next(c for c in screen._shown_cards() if c.field.name == "syarat_lain")
        card.editor.toggle(1)
        settle(app)
        screen.ids.page.scroll_y = 0.0

    def place(phone: Any, app: Any) -> None:
        draft("camera", form="bpnt_kpm", field="foto_rumah_depan")(phone, app)
        settle(app)
        found = FoundPlace(lat=-7.4263, lng=111.019, accuracy_m=12)
        said = phone.text("aplikasi.lokasi.dari_foto")
        app.root.present(
            LocationSheet(lambda: NOW_MS, lambda _: None, said, found=found, without=lambda: None)
        )

    def officers(phone: Any, app: Any) -> None:
        phone.visits.start("pendamping", None, None)
        app.root.go("form", draft="d10")
        settle(app)
        screen = app.root.screen
        screen.go_to(next(n for n, one in enumerate(screen.steps) if "nama_pendamping" in one.fields))
        settle(app)
        next(c for c in screen._shown_cards() if c.field.name == "nama_pendamping").editor.open()

    def photo(phone: Any, app: Any) -> None:
        kept = filled_draft(phone.visits, "d1")
        blob = kept.photos[0].blob
        app.root.go("photo", draft="d1", form="bpnt_kpm", field="foto_rumah_depan", blob=blob)

    def paper(phone: Any, app: Any) -> None:
        phone.visits.start("kis", "w1", None)
        app.root.go("camera", draft="d10", form="kis", field="fc_ktp")

    def glaring(phone: Any, app: Any) -> None:
        draft("camera", form="bpnt_kpm", field="foto_kk")(phone, app)
        kept = phone.visits.drafts["d1"]
        said = ("lapangan.kertas_memantul",)
        kept.photos = [replace(one, warnings=said) if one.field == "foto_kk" else one for one in kept.photos]

    from msgspec.structs import replace

    def handing(step: str | None) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            app.root.go("sync")
            settle(app)
            page = app.root.screen.ids.page
            card = next(child for child in page.body.children if isinstance(child, HandoverCard))
            page.bring(card)
            if step:
                action = getattr(card, step)
                action(*((Path("/media/retno/FLASHDISK"),) if step[0] == "_" else ()))

        return go

    def not_handed(phone: Any, app: Any) -> None:
        phone.handover.write = lambda folder, tell: Refused(say="lapangan.serah.penuh")
        handing("_write")(phone, app)

    from field_app.ui.sample_data import CARDS

    yield "01_kunci", locked
    yield "02_kunci_salah", wrong_pin
    yield "02_kunci_tunggu", waiting
    yield "02_kunci_habis", no_more_tries
    yield "03_daftar", lambda _p, app: app.root.only("enrol")
    yield "04_daftar_pin", enrol_pin_after
    yield "04_daftar_kata", comparing
    yield "04_siapa", several
    yield "04_siapa_tambah", one_more
    yield "05_beranda", lambda _p, app: app.root.only("home")
    yield "06_beranda_kosong", lambda p, app: (setattr(p.visits, "_empty", True), app.root.only("home"))
    yield "06_beranda_penuh", crowded
    yield "07_cari", search
    yield "07_cari_baru", newcomer
    yield "07_peta", lambda _p, app: app.root.go("map")
    yield "07_peta_saya", standing
    yield "07_peta_pilih", chosen
    yield "08_kunjungan_baru", lambda _p, app: app.root.go("start")
    yield "09_tugas", lambda _p, app: app.root.go("task", card=CARDS["today"][0])
    for page in range(15):
        yield f"10_formulir_{page + 1:02d}", form(page)
    yield "10_formulir_kartu_bawah", form(8, 0.0)
    yield "10_formulir_nama_panjang", long_name
    yield "11_lewati", skip
    yield "12_wilayah", pick
    yield "13_tabel", table
    yield "14_kamera", draft("camera", form="bpnt_kpm", field="foto_rumah_depan")
    yield "14_kamera_kertas", paper
    yield "14_kamera_memantul", glaring
    yield "13_tabel_foto", row_photo
    yield "13_rujukan", officers
    yield "14_lokasi", place
    yield "14_foto", photo
    yield "15_tinjau", draft("review")
    yield "16_selesai", lambda _p, app: app.root.go("done", number="RW-2026-0042", name="Sutarmi")
    yield "17_sinkronisasi", lambda _p, app: app.root.go("sync")
    yield "18_sinkronisasi_kosong", calm
    yield "18_sinkronisasi_masalah", trouble
    yield "18_sinkronisasi_berjalan", sending
    yield "21_serah_terima", handing(None)
    yield "21_serah_folder", handing("hand_over")
    yield "21_serah_siap", handing("_write")
    yield "21_jawaban_terbaca", handing("_read")
    yield "21_serah_gagal", not_handed
    yield "19_perbaikan", lambda _p, app: app.root.go("repair", card=CARDS["returned"][0])
    yield "20_ganti_pin", lambda _p, app: app.root.go("change_pin")
    yield "20_pengaturan", lambda _p, app: app.root.go("settings")
    yield "20_pengaturan_ruang", room
    for visit, name in (
        ("k3", "konflik"), ("k4", "di_kantor"), ("k5", "tidak_diterima"), ("k6", "menunggu_lain"),
        ("k7", "hilang"), ("k8", "dimusnahkan"),
    ):  # fmt: skip
        yield f"21_kunjungan_{name}", finished(visit)
    yield "22_keputusan_kantor", lambda _p, app: app.root.go("conflicts")
    yield "23_draf_dihapus", put_away
    yield from scan_scenes(settle)
    yield from sealed_scenes(settle)


def settle(app: Any, seconds: float = 0.35) -> None:
    """Let the loop run until nothing is under way and animations ended."""
    from kivy.base import EventLoop

    until = time.monotonic() + seconds
    while time.monotonic() < until or app.background.busy:
        EventLoop.idle()


def draw_scene(draw: Callable[[Any, Any], None], scale: float, dark: bool) -> Any:
    """Build the app anew, bring it to the scene, and read the window as a Pillow image."""
    from kivy.core.window import Window
    from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
    from PIL import Image

    from field_app.ui.sample import SamplePhone
    from field_app.ui.sample_data import NOW_MS
    from field_app.ui.window import SambangApp

    phone = SamplePhone()
    phone.settings.text_scale, phone.settings.dark = scale, dark
    app = SambangApp(phone, now_ms=lambda: NOW_MS, text=phone.text)
    app.open_embedded()
    settle(app, 0.05)
    draw(phone, app)
    settle(app)
    Window.dispatch("on_draw")
    width, height = Window.system_size if Window.system_size[0] > Window.width else Window.size
    pixels = glReadPixels(0, 0, int(width), int(height), GL_RGBA, GL_UNSIGNED_BYTE)
    app.dispatch("on_stop")
    Window.remove_widget(app.root)
    image = Image.frombytes("RGBA", (int(width), int(height)), pixels)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGB")


if __name__ == "__main__":
    main()
