"""What Android asks and shows where one thing follows another at once, against a phone that is none."""

import threading
import time
from typing import Any, cast

import pytest

from field_app.android.permissions import CAMERA, FINE
from tests.field_app.android.fake_android import FakeIntent, FakePhone
from tests.field_app.android.test_android_devices import TEXT, Handset


def test_after_others_were_taken_going_back_from_the_camera_is_called_being_done(handset: FakePhone) -> None:
    phone, said = Handset(handset), list[str]()
    handset.granted = {CAMERA}

    def shoot(intent: FakeIntent) -> Any:
        said.append(intent.extras["batal"])
        handset.picture = b"\xff\xd8jpeg"
        return FakeIntent()

    handset.answer = shoot
    phone.camera.frame()
    phone.camera.frame(further=True)
    assert said == [TEXT("tombol.batal"), TEXT("aplikasi.kamera.selesai")]


def test_of_two_wishes_at_once_the_second_is_asked_after_the_first_was_answered(
    handset: FakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way: list[int] = []
    at_once: list[int] = []

    def ask(_names: list[str]) -> None:
        under_way.append(1)
        time.sleep(0.05)
        at_once.append(len(under_way))
        under_way.pop()

    monkeypatch.setattr(cast(Any, handset)._activity, "askPermissions", ask)
    permissions = Handset(handset).permissions
    asking = [threading.Thread(target=permissions.ask, args=(name,)) for name in (CAMERA, FINE)]
    for each in asking:
        each.start()
    for each in asking:
        each.join(30)
    assert at_once == [1, 1]
