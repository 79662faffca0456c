"""A new rescue key is heard of by everyone who looks after the office, whoever made it."""

import re

from server.access import Person
from server.services.rescuing import Rescuing
from sync.change import Gap
from tests.server.test_alarms import Watch, watch  # noqa: F401 - a fixture


def new_rescue_key(watch: Watch, name: str) -> None:  # noqa: F811
    deps = watch.office.deps
    work = Rescuing(deps.engine, deps.office, deps.now_ms, deps.randomness)
    by = work.officer(watch.office.people[name])
    assert isinstance(by, Person)
    work.keep(by, work.make("kereta jendela pisang lampu sungai"))


def test_a_new_rescue_key_alarms_each_kabid_and_admin_until_they_have_seen_it_themselves(
    watch: Watch,  # noqa: F811
) -> None:
    title = "Kunci penyelamat baru dibuat atas nama Kabid Uji"
    watch.office.phone.push(Gap(first=1, last=1))
    new_rescue_key(watch, "kabid")
    with watch.log_in("kabid") as kabid, watch.log_in("admin") as admin, watch.log_in("petugas") as petugas:
        for client in (kabid, admin):
            assert title in client.get("/").text
        page = kabid.get("/perangkat").text
        assert title in page and title not in petugas.get("/perangkat").text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        keys = re.findall(r'name="alarm" value="(kunci_penyelamat/[^"]+)"', page)
        assert token and len(keys) == 1
        form = {"csrf": token[1], "alarm": keys[0], "catatan": "Dibuat bersama admin"}
        assert kabid.post("/perangkat/alarm", data=form).status_code == 303
        assert title not in kabid.get("/").text and title not in kabid.get("/perangkat").text
        assert title in admin.get("/").text, "whoever made it cannot hide it from others"
        other = re.search(r'name="csrf" value="([^"]+)"', admin.get("/perangkat").text)
        assert other and admin.post("/perangkat/alarm", data={**form, "csrf": other[1]}).status_code == 409
    new_rescue_key(watch, "petugas")
    with watch.log_in("kabid") as kabid:
        shown = kabid.get("/").text
        assert "atas nama Petugas Uji" in shown and title not in shown
