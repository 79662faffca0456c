"""Pictures of screens that are kept, to see what changed: small ones, of every screen in each look.

`python -m tests.field_app.ui.kept_pictures` draws them anew; look at what differs before keeping it. Rule: a
picture is compared spot by spot, not pixel by pixel: another driver smooths the edges of letters otherwise.
"""

from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageChops

KEPT = Path(__file__).parent / "pictures"
MOST_BYTES = 1_000_000
WIDTH, COLOURS, SPOT = 180, 48, 10
"""Pixels of a kept picture's width, its colours, and the side of a spot."""
MOST_MEAN, MOST_SPOT = 1.5, 14.0
"""Differences of a spot's colour, 0 to 255, that edges of letters may make: on average, and of one spot."""
SCENES = {
    "01_kunci": "unlock", "02_kode_pembuka": "rescue", "03_pindai": "scan", "04_daftar_kata": "enrol",
    "04_siapa": "who", "05_beranda": "home", "05_beranda_bulan": "home", "07_cari": "search",
    "07_cari_ewarong": "search", "07_peta_saya": "map", "08_kunjungan_baru": "start", "09_tugas": "task",
    "10_formulir_05": "form", "10_formulir_09": "form", "10_formulir_jam_kosong": "form",
    "11_lewati": "form", "13_tabel": "form", "14_foto": "photo", "14_kamera_kertas": "camera",
    "15_tinjau": "review", "16_selesai": "done", "17_sinkronisasi": "sync",
    "18_alamat_kantor": "new_address", "19_perbaikan": "repair",
    "20_ganti_pin": "change_pin", "20_pengaturan": "settings", "22_keputusan_kantor": "conflicts",
    "23_draf_dihapus": "put_away", "31_kunci_kedua": "second", "34_pernyataan": "statement",
    "35_alasan": "closed", "35_kasus": "cases", "36_kunci_unit_cocok": "unit_key",
}  # fmt: skip
"""Pictures, and which screen each is of: every screen there is has one."""


class Way(NamedTuple):
    """On what the screens are drawn: a window in dp, a text size, light or dark."""

    size: tuple[int, int]
    text: float
    dark: bool


WAYS = {
    "kecil": Way((360, 640), 1.0, False),
    "kecil_160": Way((360, 640), 1.6, False),
    "hp_gelap": Way((412, 915), 1.0, True),
    "tablet": Way((800, 1280), 1.0, False),
    "tablet_gelap_160": Way((800, 1280), 1.6, True),
}


class Difference(NamedTuple):
    """How far the spots of two pictures are apart: on average, and at worst."""

    mean: float
    spot: float

    @property
    def is_small(self) -> bool:
        """Whether nobody would see it."""
        return self.mean <= MOST_MEAN and self.spot <= MOST_SPOT


def shrunk(picture: Image.Image) -> Image.Image:
    """A picture as it is kept."""
    small = picture.resize((WIDTH, round(WIDTH * picture.height / picture.width)), Image.Resampling.BOX)
    return small.quantize(COLOURS, dither=Image.Dither.NONE)


def difference(kept: Image.Image, now: Image.Image) -> Difference:
    """Compare two shrunk pictures of one size."""
    assert kept.size == now.size, (kept.size, now.size)
    spots = [picture.convert("RGB").reduce(SPOT) for picture in (kept, now)]
    red, green, blue = ImageChops.difference(*spots).split()
    apart = ImageChops.lighter(ImageChops.lighter(red, green), blue).tobytes()
    return Difference(sum(apart) / len(apart), float(max(apart)))


def path_of(way: str, scene: str) -> Path:
    """Where a picture is kept."""
    return KEPT / way / f"{scene}.png"


def open_scene(driver: Any, way: str, scene: str) -> None:
    """Bring an app to a screen, in a window of this size."""
    from kivy.core.window import Window

    from field_app.ui.pictures import scenes
    from tests.field_app.ui.hurry import rest

    size, text, dark = WAYS[way]
    Window.size = size
    driver.open(scale=text, dark=dark)
    dict(scenes(rest))[scene](driver.phone, driver.app)
    driver.settle(3)
    rest(driver.app)


def drawn(driver: Any) -> Image.Image:
    """What the app shows, drawn beside the window: an unseen one does not grow."""
    from kivy.uix.scrollview import ScrollView

    for widget in driver.shell.walk(restrict=True):
        if isinstance(widget, ScrollView):
            widget.bar_color = widget.bar_inactive_color  # it fades by the clock
    texture = driver.shell.export_as_image().texture
    picture = Image.frombytes("RGBA", texture.size, texture.pixels)
    return picture.convert("RGB")


def main() -> None:
    """Draw them all, and say which differ from what was kept."""
    from tests.field_app.ui import conftest  # noqa: F401 - opens the window's environment before Kivy
    from tests.field_app.ui.driver import Driver

    driver = Driver()
    for way in WAYS:
        (KEPT / way).mkdir(parents=True, exist_ok=True)
        for scene in SCENES:
            open_scene(driver, way, scene)
            now, path = shrunk(drawn(driver)), path_of(way, scene)
            if path.exists():
                with Image.open(path) as kept:
                    same = kept.size == now.size and difference(kept, now).is_small
                if same:
                    continue
            print(path.relative_to(KEPT))
            now.save(path, optimize=True)
    driver.close()


if __name__ == "__main__":
    main()
