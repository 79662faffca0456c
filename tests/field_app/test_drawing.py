"""The drawn stand-ins for photos: the same for a seed, different for another, and as sharp as a photo."""

import random

import pytest

from field_app.capture import Photo, Quality, develop
from field_app.drawing import drawn_photo, drawn_signature
from field_app.exif import Stamp
from schemas.ids import DeviceId, RecordId

SIZE = (640, 480)
STAMP = Stamp(visit=RecordId("1" * 32), device=DeviceId("d" * 32), taken_ms=1_795_257_000_000)


def test_a_seed_draws_one_picture_and_each_seed_its_own() -> None:
    pictures = [drawn_photo(random.Random(seed), SIZE) for seed in (1, 1, 2, 3)]
    assert pictures[0] == pictures[1] and len(set(pictures)) == 3
    assert drawn_signature(random.Random(1)) == drawn_signature(random.Random(1))


@pytest.mark.parametrize("seed", range(6))
def test_a_drawn_photo_is_neither_blurry_nor_dark(seed: int) -> None:
    made = develop(drawn_photo(random.Random(seed), SIZE), None, STAMP, Quality())
    assert isinstance(made, Photo)
    assert not made.blurry and not made.dark
