"""A signature that was drawn and not kept: kept at leaving, as what was typed is; a mere touch is not."""

from typing import Any

import pytest

from field_app.ui.fields.evidence import Pad, SignedPicture
from field_app.ui.sample import SamplePhone
from field_app.views import Refused
from tests.field_app.ui.driver import Driver


def _pad(driver: Driver) -> Pad:
    phone = SamplePhone()
    phone.visits.start("bpnt_kpm", "w1", None)
    driver.open(phone)
    driver.shell.go("form", draft="d10")
    driver.settle()
    pad = driver.turn_to("tanda_tangan").editor.pad
    driver._bring(pad)
    return pad


def _draw(driver: Driver, pad: Pad, far: float) -> None:
    x, y = pad.to_window(pad.x + 60, pad.center_y)
    driver.touch(x, y, (x + far / 2, y + 5), (x + far, y))


def _kept(driver: Driver) -> Any:
    return driver.phone.visits.drafts["d10"].answers["bpnt_kpm"].get("tanda_tangan")


def _back(driver: Driver) -> None:
    driver.screen.quit()


def _lock(driver: Driver) -> None:
    driver.app.lock()


@pytest.mark.parametrize("leave", [lambda d: d.screen.turn(-1), _back, _lock], ids=["page", "form", "lock"])
def test_a_signature_that_nobody_kept_is_kept_at_leaving(driver: Driver, leave: Any) -> None:
    pad = _pad(driver)
    _draw(driver, pad, 120)
    assert _kept(driver) is None
    leave(driver)
    driver.settle()
    assert driver.phone.visits.blobs[_kept(driver)][:4] == b"\x89PNG"


def test_a_form_that_was_left_is_not_read_again_for_its_signature(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad = _pad(driver)
    _draw(driver, pad, 120)
    entered: list[str] = []
    monkeypatch.setattr(driver.screen, "enter", lambda: entered.append("form"))
    driver.screen.quit()
    driver.settle()
    assert _kept(driver) is not None and entered == []


def test_it_is_kept_once_and_then_seen(driver: Driver) -> None:
    pad = _pad(driver)
    _draw(driver, pad, 120)
    driver.screen.leave()
    driver.screen.leave()
    driver.settle()
    assert any(isinstance(widget, SignedPicture) for widget in driver.walk())
    assert [field for _form, field, _value in driver.phone.visits.saves] == ["tanda_tangan"]


def test_a_finger_that_only_passed_leaves_no_signature(driver: Driver) -> None:
    pad = _pad(driver)
    _draw(driver, pad, 12)
    driver.screen.turn(-1)
    driver.settle()
    assert _kept(driver) is None


def test_a_signature_that_could_not_be_kept_stays_on_the_pad(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad = _pad(driver)
    full = Refused(say="lapangan.penyimpanan_penuh")
    monkeypatch.setattr(driver.phone.visits, "sign", lambda *_: full)
    _draw(driver, pad, 120)
    driver.screen.leave()
    driver.settle()
    assert driver.sees(driver.phone.text("lapangan.penyimpanan_penuh")) and len(pad.strokes) == 1


def test_another_answer_of_the_page_does_not_wipe_what_was_drawn(driver: Driver) -> None:
    pad = _pad(driver)
    _draw(driver, pad, 120)
    driver.screen.show_page(fresh=False)
    assert pad.parent and len(pad.strokes) == 1
