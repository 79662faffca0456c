"""Messages packed with words that both ends know: the same again at the other end, or refused by a name."""

import tomllib
import tracemalloc
import zlib
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from zlib_ng import zlib_ng

from schemas import dictionary
from schemas.base import encode
from schemas.dictionary import main, recipe
from schemas.form import load_forms
from schemas.packing import (
    FOLDER,
    SHORT_BYTES,
    Codec,
    Packing,
    Refused,
    Unpacked,
    load_packing,
    read_dictionaries,
)

PUBLISHED = Path(__file__).parent / "published_dictionaries.toml"
WINDOW_BYTES = 32 * 1024 - 262
"""How far back deflate can see, whatever the message."""
PACKING = load_packing()
SAID = encode(["submit", "bpnt_kpm", {"keberadaan_kpm": "ada", "tempat_belanja": "ewarong"}] * 9)
MOST = 40_000


@pytest.mark.parametrize("message", [b"", b"x", SAID, bytes(range(256)) * 30])
def test_unpacked_a_message_is_the_same_again(message: bytes) -> None:
    packed = PACKING.pack(message, PACKING.newest)
    assert PACKING.unpack(packed, MOST) == Unpacked(data=message, dictionary=PACKING.newest)
    again = PACKING.pack(message, PACKING.newest)
    assert again == packed, "what packed one message remembers nothing of it"


def test_any_reader_of_zlib_unpacks_it_with_the_published_file() -> None:
    words = (FOLDER / "dictionary.1.bin").read_bytes()
    packed = Packing([words]).pack(SAID, zlib.adler32(words))
    assert packed[2:6] == zlib.adler32(words).to_bytes(4, "big")
    inflater = zlib.decompressobj(zdict=words)
    assert inflater.decompress(packed) == b"\xc1" + SAID and inflater.eof
    long = bytes(SHORT_BYTES + 1)
    packed = Packing([words]).pack(long, zlib.adler32(words))
    assert zlib.decompressobj(zdict=words).decompress(packed) == long


@pytest.mark.parametrize("beginning", [b"", b"x", SAID, bytes(range(256)) * 300])
@pytest.mark.parametrize("end", [b"", SAID * 40])
def test_an_end_that_was_deflated_before_makes_one_message_with_its_beginning(
    beginning: bytes, end: bytes
) -> None:
    joined = PACKING.join(beginning, PACKING.ending(end), PACKING.newest)
    assert PACKING.unpack(joined, 200_000) == Unpacked(data=beginning + end, dictionary=PACKING.newest)
    assert len(joined) < len(PACKING.pack(beginning + end, PACKING.newest)) + 400


def test_a_joined_message_is_checked_to_its_last_byte() -> None:
    joined = bytearray(PACKING.join(b"first", PACKING.ending(SAID * 40), PACKING.newest))
    joined[-1] ^= 1
    assert PACKING.unpack(bytes(joined), MOST) == Refused(problem="pesan_tidak_terbaca")


@pytest.mark.parametrize("message", [b"", SAID, SAID * 200, bytes(range(256)) * 30])
def test_the_offices_quicker_module_and_zlib_read_each_other(message: bytes) -> None:
    quick = Packing(read_dictionaries(), cast(Codec, zlib_ng))
    for packs, reads in ((quick, PACKING), (PACKING, quick)):
        packed = packs.pack(message, packs.newest)
        assert reads.unpack(packed, 200_000) == Unpacked(data=message, dictionary=packs.newest)
        assert reads.unpack(packed[:-1], 200_000) == Refused(problem="pesan_tidak_terbaca")
    bomb = PACKING.pack(bytes(MOST + 1), PACKING.newest)
    assert quick.unpack(bomb, MOST) == Refused(problem="pesan_terlalu_besar")
    assert quick.unpack(b"\x78\xbb" + bytes(9), MOST) == Refused(problem="kamus_tidak_dikenal")


def test_an_id_takes_half_of_its_digits_in_a_short_message_only() -> None:
    ids = [sha256(bytes([number])).hexdigest()[:32] for number in range(200)]
    few, many = encode(ids[:4]), encode([*ids, "x" * SHORT_BYTES])
    assert len(PACKING.pack(few, PACKING.newest)) < 4 * 18 + 30
    for message in (few, many):
        assert PACKING.unpack(PACKING.pack(message, PACKING.newest), 2 * SHORT_BYTES) == Unpacked(
            data=message, dictionary=PACKING.newest
        )


def test_what_is_folded_must_be_short_and_sound() -> None:
    def packed(data: bytes) -> bytes:
        words = read_dictionaries()[-1]
        deflater = zlib.compressobj(zdict=words)
        return deflater.compress(data) + deflater.flush()

    assert isinstance(PACKING.unpack(packed(b"\xc1" + bytes(SHORT_BYTES)), 2 * SHORT_BYTES), Unpacked)
    for wrong in (b"\xc1\xc1", b"\xc1" + bytes(SHORT_BYTES + 1), b"\xc1" + (b"\xc1\x20" + bytes(16)) * 600):
        found = PACKING.unpack(packed(wrong), 2 * SHORT_BYTES)
        assert found == Refused(problem="pesan_tidak_terbaca")


def test_what_is_often_said_takes_less_than_half() -> None:
    said = encode({"keberadaan_kpm": "ada", "kks_kondisi": "baik", "tempat_belanja": "ewarong"})
    assert len(PACKING.pack(said, PACKING.newest)) < len(zlib.compress(said, 9)) / 2


def test_the_newest_packs_and_every_older_one_is_still_understood() -> None:
    old, new = Packing([b"words of before"]), Packing([b"words of before", b"words of now"])
    assert new.newest == zlib.adler32(b"words of now")
    found = new.unpack(old.pack(SAID, old.newest), MOST)
    assert found == Unpacked(data=SAID, dictionary=old.newest)
    assert old.unpack(new.pack(SAID, old.newest), MOST) == found


def test_other_words_are_refused_by_their_name_and_never_guessed() -> None:
    """The stream would unpack to something else, or not at all."""
    other = Packing([SAID[::2] + SAID])
    packed = other.pack(SAID, other.newest)
    assert PACKING.unpack(packed, MOST) == Refused(problem="kamus_tidak_dikenal")
    renamed = packed[:2] + PACKING.newest.to_bytes(4, "big") + packed[6:]
    assert PACKING.unpack(renamed, MOST) == Refused(problem="pesan_tidak_terbaca")


def test_six_bytes_are_enough_to_name_words_and_another_method_names_none() -> None:
    assert PACKING.unpack(b"\x78\xbb" + bytes(4), MOST) == Refused(problem="kamus_tidak_dikenal")
    assert PACKING.unpack(b"\x77\xbb" + bytes(9), MOST) == Refused(problem="pesan_tidak_terbaca")


def test_dictionaries_are_in_the_order_of_their_numbers_beyond_nine(tmp_path: Path) -> None:
    for number in (10, 9, 2):
        (tmp_path / f"dictionary.{number}.bin").write_bytes(bytes([number]))
    assert read_dictionaries(tmp_path) == [b"\x02", b"\x09", b"\x0a"]


def test_a_bomb_is_not_unpacked() -> None:
    bomb = PACKING.pack(bytes(50_000_000), PACKING.newest)
    tracemalloc.start()
    found = PACKING.unpack(bomb, MOST)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == Refused(problem="pesan_terlalu_besar")
    assert peak_bytes < 1_000_000
    assert isinstance(PACKING.unpack(PACKING.pack(bytes(MOST), PACKING.newest), MOST), Unpacked)
    assert PACKING.unpack(PACKING.pack(bytes(MOST + 1), PACKING.newest), MOST) == Refused(
        problem="pesan_terlalu_besar"
    )


PACKED = PACKING.pack(SAID, PACKING.newest)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        PACKED[:5],
        PACKED[:-1],
        PACKED[:-4] + bytes(4),
        PACKED + b"x",
        zlib.compress(SAID),
        b"\x79" + PACKED[1:],
        SAID,
    ],
    ids=["nothing", "head", "cut", "wrong sum", "tail", "no dictionary", "no deflate", "plain"],
)
def test_what_is_not_packed_is_told_apart(broken: bytes) -> None:
    assert PACKING.unpack(broken, MOST) == Refused(problem="pesan_tidak_terbaca")


def test_a_published_dictionary_never_changes() -> None:
    held = {f"dictionary.{number}": words for number, words in enumerate(read_dictionaries(), start=1)}
    recorded = tomllib.loads(PUBLISHED.read_text("utf-8"))
    assert {name: sha256(words).hexdigest() for name, words in held.items()} == recorded
    assert len({zlib.adler32(words) for words in held.values()}) == len(held), "each has a name of its own"
    assert all(len(words) <= WINDOW_BYTES for words in held.values())


def test_the_newest_is_what_the_recipe_gives() -> None:
    assert read_dictionaries()[-1] == recipe(load_forms())
    assert main([]) == 0


def test_another_recipe_is_noticed_and_published_as_the_next_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = recipe(load_forms())
    assert main(["--publish"], tmp_path) == 0
    monkeypatch.setattr(dictionary, "WARGA", dictionary.WARGA[:-1])
    assert main([], tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["dictionary.1.bin"]
    assert main(["--publish"], tmp_path) == 0 == main([], tmp_path)
    assert read_dictionaries(tmp_path) == [first, recipe(load_forms())]
    said = capsys.readouterr().out
    assert "dictionary.2.bin: is not published" in said and "dictionary.2.bin: written" in said
