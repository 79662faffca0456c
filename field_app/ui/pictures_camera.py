"""The pictures of taking evidence: see pictures.py. Rule: nobody in them exists."""

from collections.abc import Callable, Iterator
from typing import Any

Scene = Callable[[Any, Any], None]


class Handset:
    """A camera and a place, as a phone has them: what is drawn otherwise is a desktop."""

    def __init__(self, place: Any) -> None:
        self._place = place

    def available(self) -> bool:
        """It can shoot, though nobody does."""
        return True

    def fix(self) -> Any:
        """Return the place it knows."""
        return self._place

    def trouble(self) -> str:
        """Nothing is in its way."""
        return ""


def camera_scenes(settle: Callable[..., None]) -> Iterator[tuple[str, Scene]]:
    """Give each with its name; `settle` lets the loop run until all is quiet."""
    from msgspec.structs import replace

    from field_app.devices.places import FoundPlace
    from field_app.ui.sample_data import NOW_MS
    from field_app.ui.sample_drafts import filled_draft
    from field_app.ui.sheets import LocationSheet
    from sync.change import Place

    def camera(field: str) -> Scene:
        def go(phone: Any, app: Any) -> None:
            filled_draft(phone.visits, "d1")
            app.root.go("camera", draft="d1", form="bpnt_kpm", field=field)

        return go

    def on_phone(phone: Any, app: Any) -> None:
        camera("foto_rumah_depan")(phone, app)
        at = Place(lat=-7.43731, lng=110.81602, accuracy_m=6.4, at_ms=NOW_MS - 40_000)
        kept = phone.visits.drafts["d1"]
        kept.photos = [replace(one, place=at) for one in kept.photos]
        app.root.context.camera = app.root.context.location = Handset(at)
        app.root.replace("camera", draft="d1", form="bpnt_kpm", field="foto_rumah_depan")

    def place(phone: Any, app: Any) -> None:
        camera("foto_rumah_depan")(phone, app)
        settle(app)
        found = FoundPlace(lat=-7.4373, lng=110.816, accuracy_m=12)
        said = phone.text("aplikasi.lokasi.dari_foto")
        app.root.present(
            LocationSheet(lambda: NOW_MS, lambda _: None, said, found=found, without=lambda: None)
        )

    def photo(phone: Any, app: Any) -> None:
        kept = filled_draft(phone.visits, "d1")
        blob = kept.photos[0].blob
        app.root.go("photo", draft="d1", form="bpnt_kpm", field="foto_rumah_depan", blob=blob)

    def paper(phone: Any, app: Any) -> None:
        phone.visits.start("kis", "w1", None)
        app.root.go("camera", draft="d10", form="kis", field="fc_ktp")

    def glaring(phone: Any, app: Any) -> None:
        camera("foto_kk")(phone, app)
        kept = phone.visits.drafts["d1"]
        said = ("lapangan.kertas_memantul",)
        kept.photos = [replace(one, warnings=said) if one.field == "foto_kk" else one for one in kept.photos]

    yield "14_kamera", on_phone
    yield "14_kamera_kertas", paper
    yield "14_kamera_memantul", glaring
    yield "14_lokasi", place
    yield "14_foto", photo
