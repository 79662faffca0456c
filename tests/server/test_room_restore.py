"""A restored office opens its sealed cases: custody is in the chain, and comes back with it."""

import base64
import re
from pathlib import Path

import httpx

from server import totp
from server.backups.streaming import Streamer
from server.deps import Deps
from server.keys import default_path
from tests.server.backup_office import copied, faults, medium_at, opened, restored, source_of
from tests.server.room_office import (
    BUDI,
    FIELD,
    PHRASES,
    STORY,
    Sealer,
    add_officers,
    csrf,
    hold_ceremony,
    log_in,
    open_case,
    send,
    serving_cheaply,
)
from tests.server.web_office import PASSWORD, Office, open_at, shut


def set_up_second_step(client: httpx.Client, deps: Deps) -> None:
    """Do on the page what an authenticator app would."""
    begun = client.post("/akun/kode/mulai", data={"csrf": csrf(client.get("/akun")), "sandi": PASSWORD})
    found = re.search(r"<code[^>]*>([A-Z2-7 ]{20,})</code>", begun.text)
    assert found, begun.text[:400]
    secret = base64.b32decode(found[1].replace(" ", ""))
    code = totp.code_at(secret, totp.step_of(deps.now_ms()))
    assert client.post("/akun/kode", data={"csrf": csrf(begun), "kode": code}).status_code == 200


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
            assert client.get("/ruang").headers["location"].startswith("/akun"), "first the second step"
            set_up_second_step(client, deps)
            assert open_case(client, kasus, BUDI).status_code == 303
            page = client.get(f"/ruang/kasus/{kasus}")
            assert STORY in page.text, (
                "a seal to the older key opens, though what was sealed anew was not streamed"
            )
