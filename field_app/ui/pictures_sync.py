"""The pictures of what was sent, handed over and decided: see pictures.py. Rule: nobody in them exists."""

from collections.abc import Callable, Iterator
from typing import Any

Scene = Callable[[Any, Any], None]


def sync_scenes(settle: Callable[..., None]) -> Iterator[tuple[str, Scene]]:
    """Give each with its name; `settle` lets the loop run until all is quiet."""
    from pathlib import Path

    from msgspec.structs import replace

    from field_app.ui.handover import HandoverCard
    from field_app.ui.sample_data import CARDS, NOW_MS
    from field_app.views import Refused, SyncStatus

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

    def moved(answer: str) -> Scene:
        def go(_phone: Any, app: Any) -> None:
            app.root.go("new_address")
            if answer:
                app.root.screen.address.text = answer
                app.root.screen.go()

        return go

    yield "17_sinkronisasi", lambda _p, app: app.root.go("sync")
    yield "18_sinkronisasi_kosong", calm
    yield "18_sinkronisasi_masalah", trouble
    yield "18_sinkronisasi_berjalan", sending
    yield "18_alamat_kantor", moved("")
    yield "18_alamat_kantor_salah", moved("https://10.1.2.4:8314")
    yield "21_serah_terima", handing(None)
    yield "21_serah_folder", handing("hand_over")
    yield "21_serah_siap", handing("_write")
    yield "21_jawaban_terbaca", handing("_read")
    yield "21_serah_gagal", not_handed
    for visit, name in (
        ("k3", "konflik"), ("k4", "di_kantor"), ("k5", "tidak_diterima"), ("k6", "menunggu_lain"),
        ("k7", "hilang"), ("k8", "dimusnahkan"),
    ):  # fmt: skip
        yield f"21_kunjungan_{name}", finished(visit)
    yield "22_keputusan_kantor", lambda _p, app: app.root.go("conflicts")
