"""The whole phone, built as on Android."""

import inspect
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from field_app.android import start
from field_app.android.location import AndroidLocation
from field_app.autolock import AutoLock
from field_app.phone import Phone
from field_app.ui import app
from tests.field_app.android.fake_android import FakePhone

ROOT = Path(__file__).parents[3]

SPEAK = """
import sys, threading
from field_app.android.start import be_silent
be_silent()
print("nama warga")
sys.stderr.write("nama warga")
import logging, warnings
logging.getLogger("kivy").error("nama warga")
warnings.warn("nama warga")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise RuntimeError("nama warga")
"""


def test_nothing_that_is_printed_logged_or_raised_reaches_androids_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == (b"", b"")


def test_the_phone_is_built_of_what_android_offers(
    handset: FakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[str, Any] = {}

    takes = inspect.signature(app.run)

    def show(phone: Phone, **parts: Any) -> None:
        takes.bind(phone, **parts)
        opened.update(parts, phone=phone, state=phone.state())

    monkeypatch.setattr(start, "be_silent", lambda: None)
    monkeypatch.setattr(start, "on_this_phone", handset.java)
    monkeypatch.setattr(app, "run", show)
    start.run()
    assert opened["state"] == "baru"
    folder = handset.folder / "no_backup" / "hp"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert isinstance(opened["location"], AndroidLocation) and opened["documents"].folder.is_dir()
    assert opened["system"].model() == "Merek Murah 3"
    handset.elapsed_ms = 90_000
    lock = AutoLock(opened["time"].elapsed_ms, lambda: 1)
    handset.elapsed_ms += 60_000
    assert lock.due()
    assert handset.asked == [], "nothing is asked when the app starts"
