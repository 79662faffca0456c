"""What phones say of themselves, and what the office answers. Rule: an order that two people gave is signed
by the chain's key; a phone's word on its wiping counts by its own signature, with or without a login.
"""

from collections.abc import Callable
from concurrent.futures import Future

from schemas.base import encode
from schemas.device_word import (
    DeviceOrders,
    DeviceReport,
    WipeHeard,
    WipeOrder,
    WipeWord,
    order_message,
    rescue_message,
    word_message,
)
from schemas.ids import DeviceId
from schemas.problem import Problem
from server import device_store, lost_store
from server.engine import Engine, Writer
from server.keys import Keys
from server.lost_store import Wipe
from server.office import Office, verifier
from server.services.closed_drafts import note_closed


class DeviceWords:
    """Hears reports and words of wiping. `now_ms` gives UTC milliseconds."""

    def __init__(self, engine: Engine, office: Office, keys: Keys, now_ms: Callable[[], int]) -> None:
        self._engine, self._chain, self._now_ms = engine, office, now_ms
        self._office = keys.device
        self._sign = keys.private_key().sign

    def report(self, device: DeviceId, report: DeviceReport) -> "Future[DeviceOrders]":
        """Keep what a phone that is logged in says of itself, and answer what there is for it."""
        now = self._now_ms()

        def work(writer: Writer) -> DeviceOrders:
            lost_store.put_said(writer, device, report, now)
            note_closed(writer, self._chain, device, report.closed, now)
            return self._orders(writer, device, now)

        return self._engine.write(work)

    def wiping(self, word: WipeWord) -> "Future[WipeHeard | Problem]":
        """Take a phone's word on an order that was approved, if it is signed by that phone."""
        now = self._now_ms()

        def work(writer: Writer) -> WipeHeard | Problem:
            found = device_store.device(writer, word.device)
            if found is None:
                return Problem(code="perangkat_tidak_dikenal")
            if not verifier(found.public_key)(word.signature, word_message(word)):
                return Problem(code="tanda_tangan_salah")
            wipe = lost_store.wipe(writer, word.order.hex())
            if wipe is None or wipe.device != word.device or wipe.approved_ms is None:
                return Problem(code="perintah_tidak_dikenal")
            lost_store.note_handed(writer, wipe.id, word.handed_by, now)
            if word.step == "dihapus":
                lost_store.note_wiped(writer, wipe.id, word.handed_by, now)
                device_store.revoke(writer, word.device, now)
            return WipeHeard(order=word.order)

        return self._engine.write(work)

    def _orders(self, writer: Writer, device: DeviceId, now_ms: int) -> DeviceOrders:
        keys = lost_store.rescue_keys(writer)
        key = keys[0].public_key if keys else b""
        open_wipe = next((w for w in lost_store.wipes(writer, device) if w.is_open and w.approved_ms), None)
        if open_wipe:
            lost_store.note_told(writer, open_wipe.id, now_ms)
        order = self._order(open_wipe) if open_wipe else b""
        return DeviceOrders(
            rescue_key=key,
            rescue_signature=self._sign(rescue_message(key)) if key else b"",
            wipe=order,
            wipe_signature=self._sign(order_message(order)) if order else b"",
        )

    def _order(self, wipe: Wipe) -> bytes:
        return encode(
            WipeOrder(
                order=bytes.fromhex(wipe.id),
                office=self._office,
                device=wipe.device,
                ordered_ms=wipe.approved_ms or wipe.ordered_ms,
            )
        )
