"""A phone for benchmarks: enrolled with a real office and synced, on a vault with the real key costs."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from field_app.__main__ import build
from field_app.phone import Phone
from schemas.text import load_text
from schemas.wilayah import load_wilayah
from server.demo.data import Maker
from tests.bench.offices import office
from tests.server.letting_in import beside, let_in

PIN = "280945"
TODAY = date(2026, 11, 22)


@contextmanager
def synced_phone(folder: Path, count: int) -> Iterator[Phone]:
    """Yield an open phone that holds `count` warga over all desa."""
    wilayah = load_wilayah()
    maker = Maker(random.Random(1), wilayah, TODAY, 1_790_000_000_000)
    every = [desa.kode for kecamatan in wilayah.kecamatan() for desa in wilayah.desa(kecamatan.kode)]
    phone_folder = folder / "phone"
    phone_folder.mkdir(parents=True)
    phone = build(phone_folder, load_text(), background=False)
    with office(folder, list(maker.warga(count)), {1: every}) as bench:
        with beside(bench.data) as deps:
            let_in(phone, deps, bench.server.address, bench.codes[1], PIN)
        trouble = phone.worker.run_once()
        if trouble is not None:
            raise RuntimeError(str(trouble))
    try:
        yield phone
    finally:
        phone.lock()
