"""The pictures of a visit, from its first page to the seal: see pictures.py. Rule: nobody in them exists."""

from collections.abc import Callable, Iterator
from typing import Any

Scene = Callable[[Any, Any], None]


def form_scenes(settle: Callable[..., None]) -> Iterator[tuple[str, Scene]]:
    """Give each with its name; `settle` lets the loop run until all is quiet."""
    from field_app.ui.sample_data import CARDS, LONG_NAME, picture
    from field_app.ui.sample_drafts import filled_draft

    def form(page: int, scroll: float = 1.0, toggle: bool = False) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            filled_draft(phone.visits, "d1").page = page
            app.root.go("form", draft="d1")
            settle(app)
            app.root.screen.ids.page.scroll_y = scroll
            app.root.screen.ids.page._remember()

        return go

    def long_name(phone: Any, app: Any) -> None:
        kept = filled_draft(phone.visits, "d1")
        kept.nama = kept.answers["bpnt_kpm"]["nama_responden"] = LONG_NAME
        kept.page = 2
        app.root.go("form", draft="d1")

    def draft(name: str, **more: Any) -> Callable[[Any, Any], None]:
        def go(phone: Any, app: Any) -> None:
            filled_draft(phone.visits, "d1")
            app.root.go(name, draft="d1", **more)

        return go

    def card_of(app: Any, field: str) -> Any:
        """Turn to the page of a field, and give its card."""
        settle(app)
        screen = app.root.screen
        screen.go_to(next(n for n, step in enumerate(screen.steps) if field in step.fields))
        settle(app)
        return next(card for card in screen._shown_cards() if card.field.name == field)

    def skip(phone: Any, app: Any) -> None:
        form(2)(phone, app)
        settle(app)
        screen = app.root.screen
        screen.skip(screen._shown_cards()[-1])

    def pick(phone: Any, app: Any) -> None:
        form(0)(phone, app)
        editor = card_of(app, "kode_desa").editor
        editor.open(editor.lower)

    def table(phone: Any, app: Any) -> None:
        form(0)(phone, app)
        card_of(app, "belanja").editor.toggle(1)
        settle(app)
        app.root.screen.ids.page.scroll_y = 0.4

    def row_photo(phone: Any, app: Any) -> None:
        visits = phone.visits
        visits.start("kis", "w1", None)
        visits.save("d10", "kis", "syarat_lain", [{"jenis": "sktm"}, {"jenis": "surat_sakit"}])
        visits.add_photo("d10", "kis", "syarat_lain[1].berkas", picture(4), None)
        app.root.go("form", draft="d10")
        card_of(app, "syarat_lain").editor.toggle(1)
        settle(app)
        app.root.screen.ids.page.scroll_y = 0.0

    def officers(phone: Any, app: Any) -> None:
        phone.visits.start("pendamping", None, None)
        app.root.go("form", draft="d10")
        card_of(app, "nama_pendamping").editor.open()

    def no_hour(phone: Any, app: Any) -> None:
        """An hour that was not given yet, beside one that was."""
        filled_draft(phone.visits, "d1").answers["bpnt_kpm"].pop("jam_selesai")
        app.root.go("form", draft="d1")
        app.root.screen.ids.page.bring(card_of(app, "jam_selesai"))

    for page in range(15):
        yield f"10_formulir_{page + 1:02d}", form(page)
    yield "10_formulir_kartu_bawah", form(8, 0.0)
    yield "10_formulir_nama_panjang", long_name
    yield "10_formulir_jam_kosong", no_hour
    yield "11_lewati", skip
    yield "12_wilayah", pick
    yield "13_tabel", table
    yield "13_tabel_foto", row_photo
    yield "13_rujukan", officers
    yield "15_tinjau", draft("review")
    yield "16_selesai", lambda _p, app: app.root.go("done", number="RW-2026-0042", name="Sutarmi")
    yield "19_perbaikan", lambda _p, app: app.root.go("repair", card=CARDS["returned"][0])
