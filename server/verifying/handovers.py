"""Hand-over files that were taken in: what is kept of each. Rule: an answer goes to nobody but its phone.

The files themselves are not kept, so their signatures cannot be checked again. What came of their contents
stands in the chains; here is checked what an answer is made from, and to which key it is sealed.
"""

from schemas.base import UNREADABLE, decode
from schemas.handover import FILE_ID_BYTES, Question
from schemas.ids import DeviceId
from server import device_store
from server.engine import Reader
from server.verifying.findings import Notes


def check_handovers(reader: Reader, findings: Notes) -> None:
    """Check that each file is of a phone that joined, asks for it, and named the key it is answered to."""
    devices = {device.id: device for device in device_store.devices(reader)}
    named: dict[DeviceId, set[bytes]] = {}
    for name, file, question, *counts in reader.query(
        "SELECT device, file, question, number, made_ms, taken_ms, changes, photos FROM handovers"
        " WHERE kabupaten = :kabupaten ORDER BY device, file"
    ):
        findings.counts["serah_terima"] += 1
        device, asked = DeviceId(name), _question(question)
        is_right = asked is not None and asked.request.device == device and not asked.request.links
        if not is_right or device not in devices or len(file) != FILE_ID_BYTES or min(counts) < 0:
            findings.fault("serah_berubah", perangkat=device)
        elif asked is not None:
            named.setdefault(device, set()).add(asked.asked.answer_key)
    for device, keys in named.items():
        if devices[device].handover_key not in keys:
            findings.fault("serah_kunci_lain", perangkat=device)


def _question(raw: bytes) -> Question | None:
    try:
        return decode(raw, Question)
    except UNREADABLE:
        return None
