"""The pictures of sealed cases: see pictures.py. Rule: nobody in them exists."""

from collections.abc import Callable, Iterator
from typing import Any

from field_app.views import Home, SyncStatus

Scene = tuple[str, Callable[[Any, Any], None]]


def sealed_scenes(settle: Callable[[Any], None]) -> Iterator[Scene]:
    """Give each with its name; `settle` lets the loop run until all is quiet."""
    from field_app.ui.sample_sealed import IDENTITY, OTHER, sealed_cards, sealed_draft
    from schemas.words import unit_words

    def opened(name: str, **more: Any) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            phone.sealed.open_s = 60
            phone.visits.unit_problem = ""
            sealed_draft(phone.visits, "ds")
            app.root.go(name, **more)

        return go

    def home(phone: Any, app: Any) -> None:
        phone.visits.home = lambda *_: Home(
            sync=SyncStatus(data_pending=1, photos_pending=1), **sealed_cards()
        )
        app.root.only("home")

    def asks(phone: Any, app: Any) -> None:
        sealed_draft(phone.visits, "ds")
        app.root.go("form", draft="ds")

    def wrong(phone: Any, app: Any) -> None:
        asks(phone, app)
        settle(app)
        for key in "111111":
            app.root.screen.ids.pad.press(key)

    def form(page: int, soon: bool = False) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            phone.sealed.open_s = 12 if soon else 60
            sealed_draft(phone.visits, "ds", page)
            app.root.go("form", draft="ds")

        return go

    def closed(phone: Any, app: Any) -> None:
        form(0)(phone, app)
        settle(app)
        phone.sealed.open_s = 0
        app.root.guard.look()

    def lacking(phone: Any, app: Any) -> None:
        phone.sealed.open_s = 60
        sealed_draft(phone.visits, "ds").answers["ktk"].pop("nama")
        app.root.go("statement", draft="ds")

    def unit(pinned: bytes | None) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            if pinned is not None:
                phone.sealed.pinned = unit_words(pinned)
            app.root.go("unit_key")

        return go

    cards = sealed_cards()
    yield "30_beranda_tertutup", home
    yield "31_kunci_kedua", asks
    yield "31_kunci_kedua_salah", wrong
    yield "31_kunci_kedua_terkunci", closed
    for page in range(5):
        yield f"32_ktk_{page + 1}", form(page)
    yield "32_ktk_pernyataan", form(30)
    yield "32_ktk_segera_terkunci", form(0, soon=True)
    yield "33_kamera_tertutup", opened("camera", draft="ds", form="ktk", field="surat_pernyataan")
    yield "33_tinjau_tertutup", opened("review", draft="ds")
    yield "34_pernyataan", opened("statement", draft="ds")
    yield "34_pernyataan_kurang", lacking
    yield "35_kasus", opened("cases", form="ktk", title="Verifikasi KTK")
    yield "35_alasan", opened("closed", card=cards["returned"][0])
    yield "35_tugas", opened("closed", card=cards["today"][0])
    yield "36_kunci_unit", unit(None)
    yield "36_kunci_unit_cocok", unit(IDENTITY)
    yield "36_kunci_unit_berubah", unit(OTHER)
