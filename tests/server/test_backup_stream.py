"""The office's disk dies between two copies: what was answered just before comes back without any phone."""

import shutil
import time
from pathlib import Path

import httpx

from schemas.problem import Problem
from server.__main__ import main
from server.backups.medium import Medium, open_medium
from server.backups.stream import log_numbers, read_log
from server.compose import close_office
from server.keys import default_path, read_keys
from server.store import SqlOfficeStore
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.backup_office import opened
from tests.server.conftest import DESA, Running, make_office
from tests.server.letting_in import beside
from tests.server.phones import Phone
from tests.server.test_killed import served


def test_a_disk_that_dies_takes_nothing_along_that_was_answered_a_second_before(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    code = deps.joinings.new_code(Running(deps, "", tmp_path / "office").person())
    assert not isinstance(code, Problem)
    close_office(deps)
    data, usb, second = (str(tmp_path / name) for name in ("office", "usb1", "usb2"))
    key = str(default_path(tmp_path / "office"))
    for path in (usb, second):
        assert main(["backup", "--data", data, "--prepare", path]) == 0
    assert main(["backup", "--data", data, "--every", "24", "--to", usb, "--stream", second]) == 0
    assert main(["backup", "--data", data]) == 0
    with served(tmp_path / "office") as (server, address), httpx.Client(base_url=address, timeout=20) as http:
        phone = Phone(http)
        with beside(tmp_path / "office") as hand:
            phone.enrol(code.code, hand)
        phone.login()
        for number in range(30):
            new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": ["bpnt"]}
            phone.write(Patch(record=record_id(number), kind="warga", base={}, new=new))
            phone.sync()
        answered = time.monotonic()
        while streamed(Path(second), Path(key), phone) < 30:
            assert time.monotonic() - answered < 60, "the log never got there"
            time.sleep(0.02)
        server.kill()
        server.wait()
    shutil.rmtree(data)
    assert main(["verify", "--data", data, "--key", key, "--medium", usb]) == 0
    assert main(["verify", "--data", data, "--key", key, "--medium", second]) == 0
    back = str(tmp_path / "back")
    assert main(["restore", "--from", usb, "--also", second, "--data", back, "--key", key]) == 0
    assert main(["verify", "--data", back, "--key", key]) == 0
    with opened(tmp_path / "back", Path(key)) as restored:
        tips = restored.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(phone.device))
        assert tips == [phone.store.acknowledged()]


def streamed(path: Path, key: Path, phone: Phone) -> int:
    """How many changes of a phone the newest log holds."""
    keys = read_keys(key)
    medium = open_medium(path, keys.device)
    assert isinstance(medium, Medium)
    numbers = log_numbers(medium)
    log = read_log(medium, keys, numbers[-1]) if numbers else None
    if log is None:
        return 0
    return sum(phone.device.encode() in link.raw for committed in log[1] for link in committed.links)
