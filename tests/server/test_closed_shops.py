"""E-warong that closed: no longer among those to be visited, and open again by a later word."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.format import local_date
from schemas.ids import RecordId
from schemas.wire import Applied
from server.services.closed_shops import closed_shops
from server.store import SqlOfficeStore
from sync.change import Decide, FormAnswers, Patch, Submit
from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, Office, open_at, serving, shut

TRADES = {"hasil_kunjungan": "terisi_lengkap", "masih_aktif": True}
CLOSED = {"hasil_kunjungan": "terisi_lengkap", "masih_aktif": False, "tanggal_berhenti": "2026-11-01"}
SAID = "Tutup sejak Minggu, 1 November 2026"


class Market:
    """An office with two shops in a desa."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.first, self.second = (self._shop(f"e-warong {each}") for each in ("Satu", "Dua"))

    def _shop(self, name: str) -> RecordId:
        record = RecordId(secrets.token_hex(16))
        new = {"nama_ewarong": name, "kode_desa": DESA, "layanan": ["bpnt"]}
        self.office.deps.office.act(
            self.office.deps.office.person, Patch(record=record, kind="ewarong", base={}, new=new)
        )
        return record

    def visited(self, shop: RecordId, answers: dict[str, Any]) -> RecordId:
        visit = RecordId(secrets.token_hex(16))
        forms = {"ewarong": FormAnswers(version=2, answers=answers)}
        self.office.phone.push(
            Submit(
                visit=visit,
                follows=None,
                subject=shop,
                form="ewarong",
                forms=forms,
                evidence=[],
                place=None,
                tugas=None,
            )
        )
        return visit

    def decide(self, visit: RecordId, decision: Any) -> None:
        head = self.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([visit]))[
            visit
        ].head
        assert head is not None
        body = Decide(visit=visit, follows=head, decision=decision, reasons={}, note="Diperiksa")
        assert isinstance(self.office.deps.office.act(self.office.people["kabid"], body), Applied)

    def approved(self, shop: RecordId, answers: dict[str, Any]) -> RecordId:
        visit = self.visited(shop, answers)
        self.decide(visit, "setujui")
        return visit

    def closed(self) -> dict[RecordId, str]:
        return self.office.deps.engine.read(lambda tx: closed_shops(tx, [self.first, self.second]))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    office = open_at(tmp_path)
    yield Market(office)
    shut(office)


def test_a_shop_is_closed_once_the_office_approved_the_visit_that_says_so(market: Market) -> None:
    visit = market.visited(market.first, CLOSED)
    assert market.closed() == {}, "nobody has looked at it yet"
    market.decide(visit, "setujui")
    assert market.closed() == {market.first: "2026-11-01"}
    market.decide(visit, "tahan")
    assert market.closed() == {}, "the decision was taken back"


@pytest.mark.parametrize(
    ("later", "closed"), [(TRADES, False), ({"hasil_kunjungan": "tidak_ada"}, True)], ids=["open", "nothing"]
)
def test_the_newest_visit_that_says_whether_a_shop_trades_counts(
    market: Market, later: dict[str, Any], closed: bool
) -> None:
    market.approved(market.first, CLOSED)
    market.approved(market.first, later)
    assert (market.first in market.closed()) is closed


def test_a_shop_that_closed_without_a_day_is_closed_since_the_visit(market: Market) -> None:
    market.approved(market.first, {**CLOSED, "tanggal_berhenti": {"skipped": "Tidak ada yang tahu"}})
    today = local_date(market.office.deps.now_ms()).isoformat()
    assert market.closed() == {market.first: today}


@pytest.mark.parametrize("show", ["belum", "lama"])
def test_who_gives_out_work_is_shown_no_closed_shop_but_among_all(market: Market, show: str) -> None:
    market.approved(market.first, CLOSED)
    place = {"desa": DESA, "layanan": "bpnt", "siapa": "ewarong"}
    with serving(market.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get("/penugasan", params={**place, "tampil": show}).text
        assert "e-warong Dua" in page and "e-warong Satu" not in page
        assert "hanya di Semua dan di" in page
        page = client.get("/penugasan", params={**place, "tampil": "semua"}).text
        assert SAID in page and "e-warong Dua" in page and "hanya di Semua dan di" not in page
        form = {"csrf": csrf(client.get("/")), **place, "tampil": "semua", "form": "ewarong", "semua": "ya"}
        done = client.post("/penugasan", data={**form, "petugas": market.office.people["pendamping"]})
        assert "1 tugas diberikan" in client.get(done.headers["location"]).text, "not to the closed one"
        form = {**form, "semua": "", f"orang.{market.first}": "ya"}
        done = client.post("/penugasan", data={**form, "petugas": market.office.people["pendamping"]})
        assert "1 tugas diberikan" in client.get(done.headers["location"]).text, "it may be looked at again"


def test_the_page_of_a_shop_says_that_it_closed(market: Market) -> None:
    market.approved(market.first, CLOSED)
    with serving(market.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        assert SAID in client.get(f"/warga/{market.first}").text
        assert "Tutup sejak" not in client.get(f"/warga/{market.second}").text
