"""The pictures of finding what to do, and of the settings: see pictures.py. Rule: nobody in them exists."""

from collections.abc import Callable, Iterator
from typing import Any

Scene = Callable[[Any, Any], None]


def tasks_scenes(settle: Callable[..., None]) -> Iterator[tuple[str, Scene]]:
    """Give each with its name; `settle` lets the loop run until all is quiet."""
    from msgspec.structs import replace

    from field_app.ui.sample_data import CARDS, LONG_NAME, NOW_MS
    from field_app.ui.sample_drafts import filled_draft
    from field_app.views import Home, MonthWork, SyncStatus
    from sync.change import Place

    def crowded(phone: Any, app: Any) -> None:
        """A name of 96 letters, one in Javanese script, a clock that is wrong, and much that was not sent."""
        one = CARDS["today"][0]
        today = (replace(one, nama=LONG_NAME), replace(one, nama="ꦱꦸꦠꦂꦩꦶ"))
        phone.visits.status = SyncStatus(
            data_pending=1234, photos_pending=5678, last_ms=NOW_MS - 3 * 86_400_000, clock_off_ms=-7_200_000
        )
        phone.visits.home = lambda *_: Home(
            sync=phone.visits.status, **{**CARDS, "returned": (), "overdue": today}
        )
        app.root.only("home")

    def month(phone: Any, app: Any) -> None:
        """Much was done this month, and nothing is left to send."""
        phone.visits.status = SyncStatus(last_ms=NOW_MS - 60_000)
        shown = replace(phone.visits.home(), month=MonthWork(done=1234, left=8))
        phone.visits.home = lambda *_: shown
        app.root.only("home")

    def put_away(phone: Any, app: Any) -> None:
        filled_draft(phone.visits, "d1").gone = True
        app.root.go("put_away")

    def search(phone: Any, app: Any) -> None:
        app.root.go("search")
        app.root.screen.line.text = "su"

    def search_ewarong(_phone: Any, app: Any) -> None:
        app.root.go("search", form="ewarong", title="Monev e-warong", kind="ewarong")
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

    def room(_phone: Any, app: Any) -> None:
        app.root.go("settings")
        settle(app, 0.1)
        ids = app.root.screen.ids
        ids.page.scroll_to(ids.room, animate=False)

    yield "05_beranda", lambda _p, app: app.root.only("home")
    yield "05_beranda_bulan", month
    yield "06_beranda_kosong", lambda p, app: (setattr(p.visits, "_empty", True), app.root.only("home"))
    yield "06_beranda_penuh", crowded
    yield "07_cari", search
    yield "07_cari_baru", newcomer
    yield "07_cari_ewarong", search_ewarong
    yield "07_peta", lambda _p, app: app.root.go("map")
    yield "07_peta_saya", standing
    yield "07_peta_pilih", chosen
    yield "08_kunjungan_baru", lambda _p, app: app.root.go("start")
    yield "09_tugas", lambda _p, app: app.root.go("task", card=CARDS["today"][0])
    yield "20_pengaturan", lambda _p, app: app.root.go("settings")
    yield "20_pengaturan_ruang", room
    yield "23_draf_dihapus", put_away
