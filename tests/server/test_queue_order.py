"""The queue as its reader wants it: of one worker, the newest first, and the way through it in that order."""

import re
from collections.abc import Iterator

import httpx
import pytest

from schemas.ids import RecordId
from server.page_store import QueueFilter
from server.services.queue import Asked, QueuePage
from tests.server.room_office import log_in
from tests.server.test_conflict_pages import Desk
from tests.server.web_office import DESA, Office, Phone, open_at, serving, shut


class Town:
    """Three visits of one worker and one of another, in the order they came."""

    def __init__(self, office: Office) -> None:
        self.office, self.desk = office, Desk(office)
        office.add_person("kedua", "Asih Kedua", "U30", ("pendamping",), areas=(DESA,))
        self.second = Phone(office.deps, office.people["kedua"])
        self.own = [self._visit(f"Warga {number}", office.phone) for number in range(3)]
        self.others = self._visit("Warga Kedua", self.second)

    def _visit(self, name: str, phone: Phone) -> RecordId:
        warga = self.office.add_warga(name, DESA)
        return self.office.add_visit(warga=warga, phone=phone, photos=())[0]

    def listed(self, wanted: QueueFilter) -> list[RecordId]:
        page = self.desk.site.queue.page(self.desk.person("kabid"), Asked(wanted=wanted))
        assert isinstance(page, QueuePage) and page.total == len(page.rows)
        return [row.id for row in page.rows]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    office = open_at(tmp_path_factory.mktemp("order"))
    yield Town(office)
    shut(office)


def test_the_queue_of_one_worker_holds_their_visits_alone(town: Town) -> None:
    people, queue = town.office.people, town.desk.site.queue
    assert town.listed(QueueFilter(petugas=people["kedua"])) == [town.others]
    assert sorted(town.listed(QueueFilter(petugas=people["pendamping"]))) == sorted(town.own)
    named = [(people["kedua"], "Asih Kedua"), (people["pendamping"], "Pendamping Uji")]
    assert queue.authors(town.desk.person("kabid")) == named
    # whoever sees only their own is offered nobody, and asking for another widens nothing
    own = town.desk.person("pendamping")
    assert queue.authors(own) == []
    page = queue.page(own, Asked(wanted=QueueFilter(petugas=people["kedua"])))
    assert isinstance(page, QueuePage) and page.rows == ()


def test_the_newest_first_turns_the_list_and_the_way_through_it(town: Town) -> None:
    oldest_first = town.listed(QueueFilter())
    turned = QueueFilter(newest_first=True)
    assert town.listed(turned) == oldest_first[::-1] and len(oldest_first) == 4
    kabid = town.desk.person("kabid")
    for number, visit in enumerate(oldest_first[::-1]):
        standing = town.desk.site.queue.standing(kabid, Asked(wanted=turned), visit)
        assert standing is not None and standing.number == number + 1
        around = [None, *oldest_first[::-1], None]
        assert (standing.previous, standing.next) == (around[number], around[number + 2])


def test_order_and_filters_are_kept_by_each_other_and_cleared_by_one_link(town: Town) -> None:
    second = town.office.people["kedua"]
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        page = client.get(f"/antrean?petugas={second}").text
        assert "Warga Kedua" in page and "Warga 0" not in page
        links = [found.replace("&amp;", "&") for found in re.findall(r'href="(/antrean[^"]*)"', page)]
        assert f"/antrean?status=diterima&petugas={second}&urut=terbaru" in links
        turned = client.get(f"/antrean?petugas={second}&urut=terbaru").text
        assert '<input type="hidden" name="urut" value="terbaru">' in turned
        assert 'href="/antrean?urut=terbaru">Hapus saringan' in turned
        empty = client.get("/antrean?layanan=kis").text
        assert 'href="/antrean">Hapus saringan' in empty
        assert "Hapus saringan" not in client.get("/antrean?urut=terbaru").text
