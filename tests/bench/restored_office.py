"""An office restored from an older copy: 50 phones bring back what it lost. Rule: real phones, real files.

The folder is copied while the office stands still, the phones push 10,000 changes and hear that they were
received, the copy is put back, and the phones sync as if nothing had happened.
"""

import shutil
import time
from pathlib import Path

from server.compose import close_office, open_office
from server.deps import Deps
from server.engine import Reader
from sync.change import Patch
from tests.bench.figures import Figure, scaled
from tests.bench.offices import office
from tests.bench.same_records import every_desa
from tests.bench.worker_phones import WorkerPhone
from tests.contract.people import record_id

PHONES = 50
CHANGES = 200
FIRST_RECORD = 1_000_000
"""Far from the ids of people, see tests/bench/offices.py."""


def measure(folder: Path) -> list[Figure]:
    """Lose what all phones pushed, and time how long it takes until each has brought its part back."""
    phones_of, each = scaled(PHONES, least=3), scaled(CHANGES, least=10)
    desa = every_desa()
    warga = [_warga(phone, number, desa[phone]) for phone in range(phones_of) for number in range(each)]
    data, copy = folder / "office", folder / "copy"
    with office(folder, warga, {phone: [desa[phone]] for phone in range(phones_of)}) as bench:
        phones = [WorkerPhone(folder / "phones", bench, seed) for seed in range(phones_of)]
        for phone in phones:
            phone.sync()
        bench.server.stop()
        shutil.copytree(data, copy)
        bench.server.start()
        for number, phone in enumerate(phones):
            phone.write([_change(number, one) for one in range(each)])
        pushed = _sync_all(phones)
        bench.server.stop()
        shutil.rmtree(data)
        copy.rename(data)
        bench.server.start()
        back = _sync_all(phones)
        behind = [phone for phone in phones if phone.store.acknowledged() != phone.store.head()]
        for phone in phones:
            phone.close()
    changes = phones_of * each
    found = _changed(data)
    if behind or found != changes:
        raise RuntimeError(f"{len(behind)} phones are behind; {found} of {changes} changes are back")
    what = f"restored office: {changes:,} changes from {phones_of} phones"
    return [
        Figure(name=f"{what}: all back", value=back, unit="s", limit=pushed, limit_name="pushing them first"),
        Figure(name=f"{what}: brought back", value=changes / back, unit="changes/s"),
    ]


def _sync_all(phones: list[WorkerPhone]) -> float:
    """Sync one phone after the other, each until quiet; return the seconds of all."""
    start = time.perf_counter()
    for phone in phones:
        phone.sync()
    return time.perf_counter() - start


def _changed(data: Path) -> int:
    """Return how many warga stand at the office as the phones last set them."""
    deps = open_office(data, None)
    if not isinstance(deps, Deps):
        raise RuntimeError(str(deps))

    def count(reader: Reader) -> int:
        bodies = reader.query("SELECT body FROM records WHERE kabupaten = :kabupaten AND kind = 'warga'")
        return sum(b"sesudah" in body for (body,) in bodies)

    try:
        return deps.engine.read(count)
    finally:
        close_office(deps)


def _warga(phone: int, number: int, desa: str) -> Patch:
    new = {"nama": f"Warga {number}", "kode_desa": desa, "layanan": ["bpnt"], "pekerjaan": "sebelum"}
    return Patch(record=record_id(FIRST_RECORD + phone * CHANGES + number), kind="warga", base={}, new=new)


def _change(phone: int, number: int) -> Patch:
    return Patch(
        record=record_id(FIRST_RECORD + phone * CHANGES + number),
        kind="warga",
        base={"pekerjaan": "sebelum"},
        new={"pekerjaan": "sesudah"},
    )
