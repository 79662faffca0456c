"""The field day, step by step. Rule: each step is what a person would do, through the same doors.

A phone joins and pulls its tasks; the server is stopped; visits are recorded; the server comes back; the
visits are synced, one is approved on a web page, and the decision is seen on the phone.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from schemas.text import Text
from schemas.words import ENROLMENT_WORDS, word_list
from server.demo.browser import Browser
from server.demo.build import PASSWORD, Built
from server.demo.people import DemoPerson
from server.demo.processes import ProcessFailedError, Server, joining_phone, open_window, phone

PIN = "314159"
COMPARE_S = 30
Say = Callable[..., None]


class Day:
    """One field day in a folder. `say(key, **values)` prints one line."""

    def __init__(self, folder: Path, server: Server, built: Built, say: Say) -> None:
        self._phone = ("--dir", str(folder / "phone"))
        self._server, self._built, self._say = server, built, say

    def enrol(self, code: str) -> None:
        """Join the phone to the office and fetch its tasks."""
        self._server.start()
        self._say("server_jalan", alamat=self._server.address)
        where = ("--address", self._server.address, "--code", code, "--pin", PIN)
        with joining_phone("enrol", *self._phone, *where) as line:
            self._compare(line)
        self._sync()

    def record_offline(self) -> None:
        """Stop the server, and record visits while nothing answers: an honest one, and one with a photo of the
        first in it. Raises ProcessFailedError.
        """
        self._server.stop()
        if self._server.answers():
            self._say("server_masih")
            raise ProcessFailedError("server stop")
        self._say("server_mati")
        phone("record", *self._phone, "--pin", PIN, "--twice")

    def send(self) -> None:
        """Start the server again and sync: the visit, then its photos."""
        self._server.start()
        self._say("server_lagi")
        self._sync()

    def approve(self) -> None:
        """Log in on the web page as the verifikator, open the first visit of the queue, approve it."""
        officer = self._built.person("verifikator")
        browser = self._log_in(officer)
        browser.open("/antrean")
        visits = [link for link in browser.links("/kunjungan/") if link.count("/") == 2]
        if not visits:
            self._say("antrean_kosong")
            raise ProcessFailedError("antrean")
        self._say("antrean", jumlah=len(visits))
        browser.open(visits[0])
        visit = visits[0].partition("?")[0]
        browser.submit(f"{visit}/keputusan", keputusan="setujui", catatan="")
        self._say("disetujui", nama=officer.nama)

    def see_decision(self) -> None:
        """Sync once more, and show on the phone what the office decided."""
        self._sync()
        phone("status", *self._phone, "--pin", PIN)

    def _compare(self, line: Iterator[str]) -> None:
        """As the admin, see that the page shows the words which the phone says, and let it in."""
        browser = self._log_in(self._built.person("admin"))
        for said in line:
            words = said.split()[-ENROLMENT_WORDS:]
            if not all(word in word_list() for word in words):
                continue
            page = browser.open("/perangkat")
            until = time.monotonic() + COMPARE_S
            while not all(f"<li>{word}</li>" in page for word in words):
                if time.monotonic() > until:
                    raise ProcessFailedError("perangkat")
                time.sleep(0.1)
                page = browser.open("/perangkat")
            browser.submit("/perangkat/menunggu", jawab="sama")
            self._say("dicocokkan", kata=" ".join(words))
            return

    def _sync(self) -> None:
        phone("sync", *self._phone, "--pin", PIN)

    def _log_in(self, person: DemoPerson) -> Browser:
        browser = Browser(self._server.address)
        browser.open("/masuk")
        browser.submit("/masuk", nama=person.username, sandi=PASSWORD)
        self._say("masuk", nama=person.nama, peran=person.peran[0])
        return browser


def serve(folder: Path, server: Server, built: Built, say: Say, *, has_display: bool) -> None:
    """Tell what to try, open the phone's window where there is a display, and serve until Ctrl-C."""
    say("alamat_baris", alamat=server.address)
    say("akun", sandi=PASSWORD)
    for person in built.people:
        say("akun_baris", nama=person.username, lengkap=person.nama)
    say("hp", folder=str(folder / "phone"), nama=built.person("pendamping").nama, pin=PIN)
    window: subprocess.Popen[bytes] | None = None
    if has_display:
        say("jendela")
        window = open_window(folder / "phone", server.address)
    else:
        say("tanpa_layar", folder=str(folder / "phone"))
    say("coba")
    say("hentikan", folder=str(folder))
    try:
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        if window is not None:
            window.terminate()


def sayer(text: Text, put: Callable[[str], None]) -> Say:
    """Return what prints the demo's lines."""

    def say(key: str, **values: object) -> None:
        put(text(f"demo.{key}", **values))

    return say
