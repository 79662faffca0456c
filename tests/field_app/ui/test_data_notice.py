"""The data notice: its words above the question, and its recordings where there are any."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kivy.clock import Clock

from field_app.ui import form_host
from field_app.ui.fields.notice import NoticeEditor
from field_app.ui.sample_sealed import PIN, sealed_draft
from field_app.ui.voice import KivyVoice
from field_app.ui.widgets.pin import Key
from tests.field_app.ui.driver import Driver


class FakeVoice:
    """Plays for as long as it is told to; `broken` cannot."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.broken = False
        self._ended: Callable[[], None] | None = None

    def play(self, path: Path, ended: Callable[[], None]) -> bool:
        self.stop()
        if self.broken:
            return False
        self.heard.append(path.name)
        self._ended = ended
        return True

    def stop(self) -> None:
        """As the end of the recording."""
        ended, self._ended = self._ended, None
        if ended:
            ended()

    @property
    def playing(self) -> bool:
        return self._ended is not None


@pytest.fixture
def voice() -> FakeVoice:
    return FakeVoice()


def _open(driver: Driver, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch, *languages: str) -> Any:
    found = {language: Path(f"pemberitahuan.{language}.ogg") for language in languages}
    monkeypatch.setattr(form_host, "recordings", lambda _version: found)
    driver.open(voice=voice)
    driver.phone.visits.start("bpnt_kpm", "w1", None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    editor = driver.turn_to("persetujuan").editor
    assert isinstance(editor, NoticeEditor)
    return editor


def test_the_words_stand_there_and_it_is_said_that_none_are_recorded(
    driver: Driver, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open(driver, voice, monkeypatch)
    for words in ("Untuk apa:", "Siapa yang menerima:", "Hak Ibu/Bapak:", "Boleh tidak menjawab"):
        assert driver.sees(words)
    assert driver.sees("Belum ada rekaman suaranya.") and not driver.sees("Dengarkan")
    driver.press("Ya")
    assert ("bpnt_kpm", "persetujuan", True) in driver.phone.visits.saves


def test_each_language_has_a_button_and_one_is_heard_at_a_time(
    driver: Driver, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open(driver, voice, monkeypatch, "id", "jv")
    assert not driver.sees("Belum ada rekaman")
    driver.press("Dengarkan (Bahasa Indonesia)")
    assert voice.heard == ["pemberitahuan.id.ogg"] and driver.sees("Berhenti (Bahasa Indonesia)")
    driver.press("Dengarkan (Basa Jawa)")
    assert voice.heard[-1] == "pemberitahuan.jv.ogg"
    assert driver.sees("Berhenti (Basa Jawa)") and driver.sees("Dengarkan (Bahasa Indonesia)")
    driver.press("Berhenti (Basa Jawa)")
    assert not voice.playing and driver.sees("Dengarkan (Basa Jawa)")


def test_it_is_quiet_once_the_page_is_turned_and_when_it_locks(
    driver: Driver, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open(driver, voice, monkeypatch, "id")
    driver.press("Dengarkan (Bahasa Indonesia)")
    driver.press("Lanjut")
    assert not voice.playing
    driver.tap(driver.screen.ids.previous)
    driver.press("Dengarkan (Bahasa Indonesia)")
    driver.app.lock()
    driver.settle()
    assert not voice.playing


def test_a_device_that_cannot_play_it_says_to_read_it_out(
    driver: Driver, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice.broken = True
    _open(driver, voice, monkeypatch, "id")
    driver.press("Dengarkan (Bahasa Indonesia)")
    assert driver.sees("Rekaman tidak dapat diputar") and driver.sees("Dengarkan (Bahasa Indonesia)")


def test_a_sealed_case_has_words_of_its_own(driver: Driver, voice: FakeVoice) -> None:
    driver.open(voice=voice)
    driver.phone.visits.unit_problem = ""
    sealed_draft(driver.phone.visits, "ds")
    driver.shell.go("form", draft="ds")
    driver.settle()
    for digit in PIN:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))
    driver.turn_to("persetujuan")
    assert driver.sees("Isinya disegel") and not driver.sees("Kementerian Sosial")


def test_a_real_recording_is_played_to_its_end_and_what_is_none_is_not(
    driver: Driver, tmp_path: Path
) -> None:
    driver.open()
    with wave.open(str(tmp_path / "pendek.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(22_050)
        sound.writeframes(bytes(2 * 2_205))
    (tmp_path / "rusak.wav").write_bytes(b"bukan suara")
    voice, ended = KivyVoice(), list[str]()
    assert voice.play(tmp_path / "pendek.wav", lambda: ended.append("pendek"))
    driver.wait_for(lambda: ended == ["pendek"])
    assert voice.play(tmp_path / "pendek.wav", lambda: ended.append("dihentikan"))
    voice.stop()
    Clock.tick()
    assert ended == ["pendek", "dihentikan"]
    assert not voice.play(tmp_path / "rusak.wav", lambda: ended.append("rusak"))
