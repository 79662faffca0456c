"""A restored office opens its sealed cases: custody is in the chain, and comes back with it."""

from pathlib import Path

import httpx

from server.backups.streaming import Streamer
from server.keys import default_path
from tests.server.backup_office import copied, faults, medium_at, opened, restored, source_of
from tests.server.room_office import (
    BUDI,
    FIELD,
    PHRASES,
    STORY,
    Sealer,
    add_officers,
    hold_ceremony,
    log_in,
    open_case,
    send,
    serving_cheaply,
)
from tests.server.web_office import Office, open_at, shut


def test_a_ceremony_after_the_last_copy_survives_the_disk_if_it_was_streamed(tmp_path: Path) -> None:
    office, data = open_at(tmp_path), tmp_path / "office"
    key = default_path(data)
    add_officers(office)
    usb, other = (medium_at(tmp_path / name, data, office.deps) for name in ("usb1", "usb2"))
    copied(office.deps, data, usb)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        hold_ceremony(client)
        sealer = Sealer(office, office.people[FIELD])
        kasus, _ = sealer.case()
        sealer.visit(kasus)
        assert send(client, "/ruang/kunci", langkah="putar", frasa=PHRASES[BUDI]).status_code == 200
    streamer = Streamer(source_of(office.deps, data))
    streamer.step(str(other.path))
    assert streamer.state.trouble is None
    shut(office)

    restored(usb, tmp_path / "back", key, other)
    with opened(tmp_path / "back", key) as deps:
        assert faults(deps, tmp_path / "back", key) == []
        back = Office.__new__(Office)  # the people are those of the office that was lost
        back.deps = deps
        with serving_cheaply(back) as address, httpx.Client(base_url=address, timeout=20) as client:
            log_in(client, BUDI)
            assert open_case(client, kasus, BUDI).status_code == 303
            page = client.get(f"/ruang/kasus/{kasus}")
            assert STORY in page.text, (
                "a seal to the older key opens, though what was sealed anew was not streamed"
            )
