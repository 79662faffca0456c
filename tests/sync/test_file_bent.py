"""A hand-over file as nobody of ours writes it: cut, changed, or with the right key and odd contents."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from schemas.base import encode
from schemas.handover import (
    CHUNK_BYTES,
    MAGIC,
    MAX_HEADER_BYTES,
    MAX_RECORD_BYTES,
    Asked,
    BlobHead,
    BlobPiece,
    Header,
    Received,
    Record,
    Sent,
)
from schemas.ids import BlobId, DeviceId
from schemas.wire import PROTOCOL, Cursor, SyncRequest, WireTip
from server.sealing import Gcm
from sync.answering import Photo, incoming, question
from sync.chunks import AlteredError, from_bytes, read_chunks, write_chunks
from sync.sealed_file import (
    SEAL_DOMAIN,
    SIGN_DOMAIN,
    UnfitFileError,
    key_name,
    read_header,
    read_records,
    seal_info,
    write_file,
)

CIPHER = Gcm(bytes(range(32)))
HEADER = Header(
    direction="to_office", office=DeviceId("a" * 32), key=bytes(16), device=DeviceId("d" * 32),
    file=bytes(16), number=77, made_ms=5, sealed=bytes(80),
)  # fmt: skip
RECORDS: list[Record] = [
    Received(blobs=[]),
    BlobPiece(data=b"a" * 60_000),
    BlobPiece(data=b"b" * 150_000),
    Received(blobs=[b"c" * 32]),
]


def sign(message: bytes) -> bytes:
    return sha256(message).digest() * 2


def verify(signature: bytes, message: bytes) -> bool:
    return signature == sign(message)


def opening(raw: bytes, version: int = 1) -> bytes:
    return MAGIC + version.to_bytes(2, "big") + len(raw).to_bytes(2, "big") + raw


def signed(*plain: bytes) -> bytes:
    """Seal these bytes in place of records, and sign them rightly."""
    body = opening(encode(HEADER)) + b"".join(write_chunks(CIPHER, plain))
    return body + sign(SIGN_DOMAIN + sha256(body).digest())


def framed(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw


def read(data: bytes) -> list[Record]:
    source = from_bytes(data)
    return list(read_records(source, read_header(source), CIPHER, verify))


def why(data: bytes) -> str:
    with pytest.raises(UnfitFileError) as caught:
        read(data)
    return caught.value.problem


def whole() -> bytes:
    return b"".join(write_file(HEADER, CIPHER, RECORDS, sign))


def test_records_of_any_size_come_back_in_order() -> None:
    assert read(whole()) == RECORDS
    assert read(signed()) == []
    assert read(signed(*(framed(encode(record)) for record in RECORDS))) == RECORDS


def test_a_record_is_given_before_the_file_is_read_on() -> None:
    asked = 0
    source = from_bytes(whole())

    def counted(size: int) -> bytes:
        nonlocal asked
        asked += size
        return source(size)

    records: Iterator[Record] = read_records(counted, read_header(counted), CIPHER, verify)
    assert next(records) == RECORDS[0]
    assert asked < 2 * CHUNK_BYTES


def test_a_file_that_ends_early_is_cut_wherever_it_ends() -> None:
    data = whole()
    start = len(opening(encode(HEADER)))
    for kept in (9, 11, start - 1, start, start + 3, start + 5, CHUNK_BYTES, len(data) - 65, len(data) - 1):
        assert why(data[:kept]) == "serah_terpotong", kept


def test_a_file_is_changed_wherever_a_byte_is() -> None:
    data = whole()
    start = len(opening(encode(HEADER)))
    for place in (start + 10, CHUNK_BYTES, len(data) - 70, len(data) - 1):
        bent = bytearray(data)
        bent[place] ^= 1
        assert why(bytes(bent)) == "serah_berubah", place
    assert why(data + b"\0") == "serah_berubah"
    other = whole().replace(encode(HEADER), encode(replace(HEADER, made_ms=6)))
    assert why(other) == "serah_berubah", "its signature is over the opening too"


def test_what_is_no_file_of_ours_or_of_another_format_is_told_apart() -> None:
    assert why(b"") == why(b"PK" + whole()[2:]) == why(MAGIC[:-1]) == "serah_bukan_berkas"
    assert why(opening(encode(HEADER), 2)) == why(opening(encode(HEADER), 257)) == "serah_versi"


def test_an_opening_is_as_long_as_it_may_be_and_no_longer() -> None:
    size = MAX_HEADER_BYTES - len(encode(replace(HEADER, sealed=bytes(300)))) + 300
    for more, problem in ((0, ""), (1, "serah_berubah")):
        header = replace(HEADER, sealed=bytes(size + more))
        raw = encode(header)
        assert len(raw) == MAX_HEADER_BYTES + more
        if problem:
            assert why(opening(raw)) == problem
        else:
            assert read_header(from_bytes(opening(raw))) == header


def test_an_opening_that_says_the_same_in_other_bytes_is_refused() -> None:
    raw = encode(HEADER)
    assert raw.count(b"\x4d") == 1
    assert why(opening(raw.replace(b"\x4d", b"\xcc\x4d"))) == "serah_berubah"
    assert why(opening(b"\xc1")) == "serah_berubah"


@pytest.mark.parametrize("rest", [b"\0", bytes(3), framed(b"abc")[:-1]])
def test_a_record_that_its_writer_did_not_end_is_refused(rest: bytes) -> None:
    good = framed(encode(RECORDS[0]))
    assert read(signed(good)) == RECORDS[:1]
    assert why(signed(good, rest)) == "serah_berubah"


def test_a_record_of_a_newer_language_asks_for_a_newer_program() -> None:
    assert why(signed(framed(encode(["kelak", 1])))) == "serah_versi"
    assert why(signed(framed(b"\xc1"))) == "serah_versi"
    assert why(signed(framed(b""))) == "serah_versi"


def test_a_record_is_as_large_as_it_may_be_and_no_larger() -> None:
    around = len(encode(BlobPiece(data=bytes(100_000)))) - 100_000
    largest = BlobPiece(data=bytes(MAX_RECORD_BYTES - around))
    assert read(signed(framed(encode(largest)))) == [largest]
    assert why(signed((MAX_RECORD_BYTES + 1).to_bytes(4, "big"))) == "serah_versi"


# in an odd order --------------------------------------------------------------------------------------------

OWN, OTHER = (
    Sent(request=SyncRequest(protocol=PROTOCOL, device=DeviceId(name * 32), cursor=Cursor())) for name in "de"
)
HEAD = BlobHead(blob=BlobId("b" * 64), size_bytes=6)


def asking(acknowledged: int, head: int) -> Asked:
    first, last = (WireTip(counter=counter, hash=bytes(32)) for counter in (acknowledged, head))
    return Asked(acknowledged=first, head=last, parts=[], answer_key=bytes(32))


def pieces(*said: bytes) -> list[Record]:
    return [BlobPiece(data=data) for data in said]


def taken(*records: Record) -> list[SyncRequest | bytes]:
    """Return the messages, and the first piece of each photo: what is not read of it is passed over."""
    items = incoming(iter(records), HEADER.device)
    return [next(item.pieces) if isinstance(item, Photo) else item for item in items]


def test_messages_and_photos_are_taken_in_whatever_order_they_follow_the_first_message() -> None:
    photo = [HEAD, *pieces(b"abc", b"def")]
    assert taken(OWN, *photo, *photo, OWN) == [OWN.request, b"abc", b"abc", OWN.request]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [HEAD, *pieces(b"abcdef")],
        [OTHER],
        [OWN, OTHER],
        [OWN, Received(blobs=[])],
        [OWN, *pieces(b"abcdef")],
        [OWN, HEAD],
        [OWN, HEAD, *pieces(b"abc"), OWN],
        [OWN, HEAD, *pieces(b"abc", b"", b"def")],
        [OWN, HEAD, *pieces(b"abc", b"defg")],
        [OWN, HEAD, *pieces(b"abcdef", b"g")],
    ],
    ids=[
        "nothing", "a photo first", "another phone's", "another phone's later", "what offices write",
        "a piece of nothing", "no piece", "a piece too few", "an empty piece", "a piece too long",
        "a piece too many",
    ],
)  # fmt: skip
def test_records_that_no_phone_writes_so_are_refused(records: list[Record]) -> None:
    with pytest.raises(UnfitFileError, match="serah_berubah"):
        taken(*records)


@pytest.mark.parametrize(("acknowledged", "head"), [(2**63, 0), (0, 2**63)])
def test_a_file_begins_with_a_place_that_a_chain_can_have(acknowledged: int, head: int) -> None:
    good = asking(2**63 - 1, 2**63 - 1)
    assert question(iter([good, OWN])) == good
    for records in ([], [OWN], [asking(acknowledged, head)]):
        with pytest.raises(UnfitFileError, match="serah_berubah"):
            question(iter(records))


# sealed -----------------------------------------------------------------------------------------------------


def test_the_sealed_key_is_bound_to_format_and_opening_but_not_to_itself() -> None:
    bare = replace(HEADER, sealed=b"")
    assert seal_info(HEADER) == seal_info(bare) == SEAL_DOMAIN + b"\0\1" + encode(bare)
    assert seal_info(HEADER) != seal_info(replace(HEADER, number=78))
    assert key_name(b"kunci") == sha256(b"kunci").digest()[:16]


def test_a_chunk_is_sealed_under_its_number_and_as_the_last_or_not() -> None:
    first, last = write_chunks(CIPHER, [bytes(CHUNK_BYTES), b"akhir"])
    plain = AESGCM(bytes(range(32)))
    assert plain.decrypt(bytes(12), first[4:], b"more") == bytes(CHUNK_BYTES)
    assert plain.decrypt(bytes(11) + b"\1", last[4:], b"last") == b"akhir"
    assert (first[0], last[0]) == (0, 0x80)


def test_a_chunk_that_is_made_the_last_is_no_end() -> None:
    first, last = write_chunks(CIPHER, [bytes(CHUNK_BYTES), b"akhir"])
    for bent in (b"\x80" + first[1:], b"\0" + last[1:], first + b"\0" + last[1:], last + first):
        with pytest.raises(AlteredError):
            list(read_chunks(from_bytes(bent), CIPHER))
