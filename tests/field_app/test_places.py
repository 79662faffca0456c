"""Places out of files and photos: what is there is read, what is silent stays unknown, the rest is told."""

import io
import random

import piexif
import pytest
from PIL import Image

from field_app.capture import Photo, Quality, develop
from field_app.devices.places import FoundPlace, read_place
from field_app.drawing import drawn_photo
from field_app.exif import Stamp, place_in
from field_app.views import Refused
from schemas.ids import DeviceId, RecordId
from schemas.text import load_text
from sync.change import Place

GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="-7.40" lon="111.00"/><trkpt lat="-7.4263" lon="111.0190"><time>2026-11-21T01:30:00Z</time></trkpt>
</trkseg></trk></gpx>"""
FEATURE = (
    '{"type":"Feature","geometry":{"type":"Point","coordinates":[111.019,-7.4263]},'
    '"properties":{"accuracy":12.5}}'
)
HERE = (-7.4263, 111.019)


@pytest.mark.parametrize(
    ("text", "accuracy", "count"),
    [
        (GPX, None, 2),
        ('<gpx><wpt lat="-7.4263" lon="111.0190"/></gpx>', None, 1),
        (FEATURE, 12.5, 1),
        (f'{{"type":"FeatureCollection","features":[{FEATURE},{FEATURE}]}}', 12.5, 2),
        ("-7.4263, 111.0190", None, 1),
        ("-7.4263,111.0190", None, 1),
        ("-7,4263 111,0190", None, 1),
        ("−7,4263; 111,0190; 8", 8.0, 1),
        ("# titik\n-7.4263\t111.0190\n", None, 1),
        ("\ufeff-7.4263, 111.0190", None, 1),
    ],
)
def test_a_place_is_read_from_each_kind_of_file(text: str, accuracy: float | None, count: int) -> None:
    found = read_place(text.encode())
    assert isinstance(found, FoundPlace)
    assert (round(found.lat, 6), round(found.lng, 6)) == HERE
    assert (found.accuracy_m, found.count) == (accuracy, count)


def test_a_tracks_time_is_kept() -> None:
    found = read_place(GPX.encode())
    assert isinstance(found, FoundPlace) and found.at_ms == 1_795_224_600_000


BOMB = '<!DOCTYPE g [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><gpx><wpt lat="1" lon="1">&b;</wpt></gpx>'


@pytest.mark.parametrize(
    ("data", "say"),
    [
        (b"", "lapangan.lokasi_berkas_tidak_dikenal"),
        (b"\xff\xd8\xff\xe0", "lapangan.lokasi_berkas_tidak_dikenal"),
        (b"rumah warga", "lapangan.lokasi_berkas_tidak_dikenal"),
        (b"<gpx></gpx>", "lapangan.lokasi_berkas_tidak_dikenal"),
        (b'{"type":"Polygon","coordinates":[]}', "lapangan.lokasi_berkas_tidak_dikenal"),
        (b"<gpx><wpt", "lapangan.lokasi_berkas_rusak"),
        (b'<gpx><wpt lat="x" lon="1"/></gpx>', "lapangan.lokasi_berkas_rusak"),
        (b'{"type":', "lapangan.lokasi_berkas_rusak"),
        (b"[" * 100_000, "lapangan.lokasi_berkas_rusak"),
        (BOMB.encode(), "lapangan.lokasi_berkas_rusak"),
        (b"111.0190, -7.4263", "lapangan.lokasi_berkas_di_luar_bumi"),
        (b"0, 0", "lapangan.lokasi_berkas_di_luar_bumi"),
        (b'{"type":"Point","coordinates":[1e999,2]}', "lapangan.lokasi_berkas_rusak"),
        (b" " * (6 * 1024 * 1024), "lapangan.lokasi_berkas_besar"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(data: bytes, say: str) -> None:
    refused = read_place(data)
    assert isinstance(refused, Refused) and refused.say == say
    assert load_text()(refused.say, **refused.values).endswith(".")


def test_the_place_of_a_photo_is_read_back_and_its_accuracy_with_it() -> None:
    place = Place(lat=-7.4263, lng=111.019, accuracy_m=6.5, at_ms=1_795_224_600_000)
    stamp = Stamp(visit=RecordId("1" * 32), device=DeviceId("d" * 32), taken_ms=place.at_ms)
    made = develop(drawn_photo(random.Random(1), (640, 480)), place, stamp, Quality())
    assert isinstance(made, Photo)
    found = place_in(made.data)
    assert found is not None and (round(found.lat, 5), round(found.lng, 5)) == HERE
    assert (found.accuracy_m, found.at_ms) == (6.5, place.at_ms)


def _photo_with(gps: dict[int, object]) -> bytes:
    out = io.BytesIO()
    exif = piexif.dump({"GPS": gps})  # type: ignore[typeddict-item,arg-type]
    Image.new("RGB", (300, 300)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    "camera",
    [
        b"",
        b"\x89PNG",
        b"\xff\xd8\xff\xe1\x00",
        drawn_photo(random.Random(1), (300, 300)),
        _photo_with({1: b"S", 2: ((7, 0), (0, 1), (0, 1)), 3: b"E", 4: ((1, 1), (0, 1), (0, 1))}),
        _photo_with({1: b"S", 2: ((0, 1), (0, 1), (0, 1)), 3: b"E", 4: ((0, 1), (0, 1), (0, 1))}),
        _photo_with({1: b"S", 2: ((95, 1), (0, 1), (0, 1)), 3: b"E", 4: ((1, 1), (0, 1), (0, 1))}),
    ],
)
def test_a_photo_without_a_sound_place_has_none(camera: bytes) -> None:
    assert place_in(camera) is None
