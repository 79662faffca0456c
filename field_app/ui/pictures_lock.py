"""The pictures before the phone is open, and of its PIN: see pictures.py. Rule: nobody in them exists."""

from collections.abc import Callable, Iterator
from typing import Any

Scene = Callable[[Any, Any], None]


def lock_scenes(settle: Callable[..., None]) -> Iterator[tuple[str, Scene]]:
    """Give each with its name; `settle` lets the loop run until all is quiet."""
    from field_app.keys import Locked
    from field_app.views import PhoneUser, Welcomed

    def locked(phone: Any, app: Any) -> None:
        phone._state = "terkunci"
        app.root.only("unlock")

    def wrong_pin(phone: Any, app: Any) -> None:
        phone._state = "terkunci"
        app.root.only("unlock")
        for key in "111111":
            app.root.screen.ids.pad.press(key)
        settle(app)
        for key in "24":
            app.root.screen.ids.pad.press(key)

    def waiting(phone: Any, app: Any) -> None:
        wrong_pin(phone, app)
        app.root.screen._show(Locked(tries_left=2, wait_s=3600))

    def no_more_tries(phone: Any, app: Any) -> None:
        phone.tries_left = 0
        locked(phone, app)

    def forgotten(phone: Any, app: Any) -> None:
        no_more_tries(phone, app)
        app.root.go("rescue")

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

    def wiped(phone: Any, app: Any) -> None:
        phone._state, phone.kept_sealed = "baru", True
        app.root.only("enrol", wiped=True)

    yield "01_kunci", locked
    yield "02_kunci_salah", wrong_pin
    yield "02_kunci_tunggu", waiting
    yield "02_kunci_habis", no_more_tries
    yield "02_kode_pembuka", forgotten
    yield "03_daftar", lambda _p, app: app.root.only("enrol")
    yield "03_daftar_dihapus", wiped
    yield "04_daftar_pin", enrol_pin_after
    yield "04_daftar_kata", comparing
    yield "04_siapa", several
    yield "04_siapa_tambah", one_more
    yield "20_ganti_pin", lambda _p, app: app.root.go("change_pin")
