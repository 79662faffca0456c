"""Scenes of the scanning screen for pictures.py. Rule: what is looked at is drawn, the screen is real."""

from collections.abc import Callable, Iterator
from typing import Any

Scene = Callable[[Any, Any], None]
PRINTED = "SAMBANG:WARGA:0194E6A09C3B7D518E2F4A6B8C0D1E2F"


def scan_scenes(settle: Callable[..., None]) -> Iterator[tuple[str, Scene]]:
    """(name, what to do before the picture is taken)."""
    from field_app.ui.sample_scan import SampleFinder, desk, grey

    def looking(purpose: str, text: str, lamp: bool = True, found: bool = False) -> Scene:
        def go(_phone: Any, app: Any) -> None:
            context = app.root.context
            context.finder = SampleFinder(lamp=lamp)
            app.root.only("enrol" if purpose == "daftar" else "home")
            app.root.go("scan", purpose=purpose, take=lambda _text: None)
            settle(app, 0.1)
            screen = app.root.screen
            screen.ids.view.see(grey(desk(text), 90))
            if found or (text == PRINTED and purpose == "daftar"):
                screen._weigh((text,))
            if found:
                screen._end.cancel()

        return go

    def without(_phone: Any, app: Any) -> None:
        app.root.go("scan", purpose="cari", take=lambda _text: None)

    invitation = "https://10.1.2.3:8443 K7Q2-M9XD"
    yield "03_pindai", looking("daftar", invitation)
    yield "03_pindai_kode_lain", looking("daftar", PRINTED)
    yield "07_pindai", looking("cari", PRINTED)
    yield "07_pindai_terbaca", looking("cari", PRINTED, found=True)
    yield "07_pindai_tanpa_kamera", without
