"""An office whose disk takes nothing more: what it holds is read, and what it refuses says why.

Row 57 of docs/faults.md, where the disk is a real one.
"""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import sqlcipher3

from schemas.text import load_text
from server import people_store
from server.accounts import TOUCH_MS, hash_of
from server.commands.handover import NOT_ALL, take_files
from server.engine import FailingError, FullError
from server.web.site import SESSION_COOKIE
from tests.server.offices import make_engine
from tests.server.room_office import csrf, log_in
from tests.server.test_checkpoints import WAIT_S, Failing, many
from tests.server.test_full_office import visits_of
from tests.server.web_office import open_at, serving, shut

TEXT = load_text()
FAILS = "masalah.disk_gagal"


def test_a_failing_disk_leaves_what_is_there_to_be_read_by_who_is_logged_in(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    [visit] = visits_of(office, 1)
    inside = cast(Any, office.deps.engine)
    real = inside._connection
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        token, (photo, *_) = client.cookies[SESSION_COOKIE], office.blobs_of(visit)
        before = office.deps.now_ms() - 10 * TOUCH_MS
        office.deps.engine.write(lambda tx: people_store.touch_session(tx, hash_of(token), before)).result()
        inside._connection = Failing(real, "COMMIT")
        for path in ("/", "/antrean", f"/kunjungan/{visit}", f"/kunjungan/{visit}/foto/{photo}/kecil"):
            assert client.get(path).status_code == 200, path
        closed = client.get(f"/warga/{office.warga}")
        assert closed.status_code == 500 and TEXT("kantor.galat.disk_gagal") in closed.text
        out = client.post("/keluar", data={"csrf": csrf(client.get("/"))})
        assert out.status_code == 303 and SESSION_COOKIE not in client.cookies
        inside._connection = real
    shut(office)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FullError(), "masalah.penyimpanan_penuh"),
        (FailingError(), FAILS),
        (OSError(errno.EIO, "the stick's"), "serah_terima.tidak_terbaca"),
    ],
    ids=["full", "failing", "stick"],
)
def test_a_file_that_was_not_taken_in_says_whose_disk_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    def take(*_: object) -> None:
        raise error

    path = tmp_path / "hp.smb"
    path.touch()
    deps = SimpleNamespace(handovers=SimpleNamespace(take=take), office=SimpleNamespace(person="p"))
    assert take_files(cast(Any, deps), [path], TEXT) == NOT_ALL
    values = {"berkas": path.name} if said.startswith("serah") else {}
    assert capsys.readouterr().err.strip() == TEXT(said, **values)


def test_a_writer_goes_on_after_a_disk_that_did_not_even_let_it_undo(tmp_path: Path) -> None:
    engine = make_engine(tmp_path)
    inside = cast(Any, engine)
    real = inside._connection
    inside._connection = Failing(real, "COMMIT", "ROLLBACK")
    with pytest.raises(FailingError):
        engine.write(many(0, 3)).result(WAIT_S)
    with pytest.raises(sqlcipher3.OperationalError):
        engine.write(many(3, 3)).result(WAIT_S)
    inside._connection = real
    engine.write(many(6, 3)).result(WAIT_S)
    assert engine.read(lambda reader: reader.query("SELECT count(*) FROM parts")) == [(3,)]
    engine.close()


def test_what_cannot_be_read_of_a_failing_disk_is_told_by_name_and_its_connection_given_up(
    tmp_path: Path,
) -> None:
    engine = make_engine(tmp_path)
    inside = cast(Any, engine)

    def count() -> Any:
        return engine.read(lambda reader: reader.query("SELECT count(*) FROM parts"))

    assert count() == [(0,)]
    real = inside._idle.get_nowait()
    inside._idle.put(Failing(real, "SELECT", "ROLLBACK"))
    with pytest.raises(FailingError):
        count()
    with pytest.raises(sqlcipher3.ProgrammingError):
        real.execute("SELECT 1")
    assert count() == [(0,)]
    engine.close()
