"""One photo on its way, over a link that answers as it is told: how often it is tried, what is remembered."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import chain, repeat
from typing import Any

import pytest

from field_app.blobs import DITERIMA, LOKAL, TERKIRIM, Stored
from field_app.link import UNAUTHORISED, UNREACHABLE, Failure, Reply, refused_again
from field_app.sending import DAMAGED, IDLE_ATTEMPTS, IDLE_PHOTOS, Sending
from field_app.tus import UNTOLD
from schemas.ids import BlobId

CUT = Failure(kind="jaringan", say="lapangan.sambungan_putus")
AWAY = Failure(kind="jaringan", say=UNREACHABLE)
BUSY = Failure(kind="kantor", say="lapangan.kantor_sibuk", status=429, retry_s=60)
LATER = Failure(kind="jaringan", say="lapangan.kantor_sibuk", status=503, retry_s=60)
REFUSED = Failure(kind="kantor", say="masalah.berkas_besar", status=413)
STRANGER = Failure(kind="kantor", say="lapangan.sesi_habis", status=UNAUTHORISED)
FROZEN = Failure(kind="kantor", say="masalah.perangkat_dicabut", status=403)
SIZE = 1000
URL = "/tus/ini"


class Phone:
    """Photos in memory, their line, and all that was noted of them. `says` answers each request in turn."""

    def __init__(self, *says: Reply | Failure, then: Reply | Failure = CUT) -> None:
        self._says: Iterator[Reply | Failure] = chain(says, repeat(then))
        self.data: dict[BlobId, bytes] = {}
        self.asked: list[tuple[str, str, int]] = []
        self.noted: list[tuple[str, int, str, str]] = []
        self.lost: list[tuple[BlobId, str]] = []
        self.moves: list[tuple[int, int, bool]] = []
        self.logins: list[Failure | None] = []
        self.logged_in = 0
        self.may_go_on: Callable[[], bool] = lambda: True

    def photo(self, number: int = 0, *, sent_bytes: int = 0, url: str = "") -> Stored:
        data = bytes([number]) * SIZE
        blob = BlobId(sha256(data).hexdigest())
        self.data[blob] = data
        return Stored(
            id=blob, size_bytes=SIZE, media_type="image/jpeg", state=LOKAL, sent_bytes=sent_bytes,
            upload_url=url, problem="",
        )  # fmt: skip

    def run(self, *photos: Stored, lacking: bool = True) -> Failure | None:
        sending = Sending(self, self, self._log_in, lambda: self.may_go_on(), self._moved)  # type: ignore[arg-type]
        return sending.run(list(photos), {photo.id for photo in photos} if lacking else set())

    def send(self, method: str, path: str, headers: dict[str, str], content: Any = None) -> Reply | Failure:
        self.asked.append((method, path, sum(map(len, content)) if content else 0))
        return next(self._says)

    def read(self, blob: BlobId) -> bytes:
        return self.data[blob]

    def lose(self, blob: BlobId, problem: str) -> None:
        self.lost.append((blob, problem))

    def progress(
        self, blob: BlobId, *, state: str = LOKAL, sent_bytes: int, upload_url: str, problem: str = ""
    ) -> None:
        self.noted.append((state, sent_bytes, upload_url, problem))

    def _log_in(self) -> Failure | None:
        self.logged_in += 1
        return self.logins.pop(0) if self.logins else None

    def _moved(self, done: int, total: int, further: bool) -> None:
        self.moves.append((done, total, further))


def at(offset: int, **headers: str) -> Reply:
    return Reply(status=204, headers={"upload-offset": str(offset), **headers})


def made(offset: int) -> Reply:
    return at(offset, location=URL)


# how it goes ------------------------------------------------------------------------------------------------


def test_each_step_is_remembered_and_its_end_only_as_received() -> None:
    phone = Phone(made(400), at(700), at(SIZE))
    assert phone.run(phone.photo()) is None
    assert phone.asked == [("POST", UNTOLD, SIZE), ("PATCH", URL, 600), ("PATCH", URL, 300)]
    assert phone.noted == [
        (LOKAL, 0, UNTOLD, ""),
        (LOKAL, 400, URL, ""),
        (LOKAL, 700, URL, ""),
        (DITERIMA, SIZE, "", ""),
    ]
    assert phone.moves == [(0, SIZE, False), (400, SIZE, True), (700, SIZE, True), (SIZE, SIZE, True)]


def test_what_was_told_before_is_no_news_when_it_is_told_again() -> None:
    phone = Phone(at(400), at(SIZE))
    assert phone.run(phone.photo(sent_bytes=400, url=URL)) is None
    assert phone.moves == [(400, SIZE, False), (SIZE, SIZE, True)]


@pytest.mark.parametrize(
    ("url", "lacking", "first"),
    [
        ("", True, ("POST", UNTOLD, SIZE)),
        ("", False, ("POST", UNTOLD, 0)),
        (URL, True, ("HEAD", URL, 0)),
        (URL, False, ("HEAD", URL, 0)),
    ],
)
def test_no_byte_goes_before_it_is_known_that_it_is_lacking(
    url: str, lacking: bool, first: tuple[str, str, int]
) -> None:
    phone = Phone(made(SIZE))
    assert phone.run(phone.photo(url=url), lacking=lacking) is None
    assert phone.asked == [first]


def test_a_photo_whose_bytes_are_not_what_its_name_says_is_lost_and_holds_up_no_other() -> None:
    phone = Phone(then=made(SIZE))
    spoilt, good = phone.photo(1), phone.photo(2)
    phone.data[spoilt.id] = b"?" * SIZE
    failure = phone.run(spoilt, good)
    assert failure == Failure(kind="rusak", say=DAMAGED)
    assert phone.lost == [(spoilt.id, DAMAGED)] and len(phone.asked) == 1
    assert phone.moves[-1] == (2 * SIZE, 2 * SIZE, True)


# how often it is tried --------------------------------------------------------------------------------------


def test_attempts_that_bring_nothing_are_few_and_each_that_brings_something_gives_as_many_again() -> None:
    phone = Phone()
    assert phone.run(phone.photo()) == CUT
    assert len(phone.asked) == IDLE_ATTEMPTS
    assert phone.noted[-1] == (LOKAL, 0, UNTOLD, CUT.say)
    # a cut attempt, one that came further and was cut, then as many as before
    phone = Phone(CUT, made(400), CUT)
    assert phone.run(phone.photo()) == CUT
    assert len(phone.asked) == 3 + IDLE_ATTEMPTS
    assert phone.noted[-1] == (LOKAL, 400, URL, CUT.say)


@pytest.mark.parametrize("failure", [AWAY, BUSY, LATER, REFUSED])
def test_what_another_attempt_would_not_change_is_tried_once(failure: Failure) -> None:
    phone = Phone(then=failure)
    assert phone.run(phone.photo()) == failure
    assert len(phone.asked) == 1 and phone.noted[-1][3] == failure.say


def test_a_sync_that_is_to_end_tries_no_further() -> None:
    phone = Phone()
    phone.may_go_on = lambda: not phone.asked
    assert phone.run(phone.photo(1), phone.photo(2)) == CUT
    assert len(phone.asked) == 1


def test_what_went_wholly_and_got_no_receipt_is_not_called_unsent() -> None:
    phone = Phone()
    assert phone.run(phone.photo(sent_bytes=SIZE, url=URL)) == CUT
    assert phone.noted == [(TERKIRIM, SIZE, URL, CUT.say)]


# who she is -------------------------------------------------------------------------------------------------


def test_a_session_that_ended_is_begun_again_once_and_the_photo_goes_on() -> None:
    phone = Phone(STRANGER, made(SIZE))
    assert phone.run(phone.photo()) is None
    assert phone.logged_in == 1 and len(phone.asked) == 2
    phone = Phone(then=STRANGER)
    assert phone.run(phone.photo()) == refused_again(STRANGER), "the line takes the login off"
    assert phone.logged_in == 1 and len(phone.asked) == 2


def test_why_no_new_session_began_is_what_is_said() -> None:
    phone = Phone(then=STRANGER)
    phone.logins = [FROZEN]
    assert phone.run(phone.photo()) == FROZEN
    assert phone.noted[-1][3] == FROZEN.say


# and the others ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [AWAY, BUSY, LATER])
def test_an_office_that_is_away_or_busy_is_asked_for_no_other_photo(failure: Failure) -> None:
    phone = Phone(then=failure)
    assert phone.run(phone.photo(1), phone.photo(2)) == failure
    assert len(phone.asked) == 1


def test_a_refused_photo_counts_as_no_cut_of_the_line() -> None:
    cut = [CUT] * IDLE_ATTEMPTS
    photos = 2 * IDLE_PHOTOS - 1
    phone = Phone(*cut * (IDLE_PHOTOS - 1), REFUSED, *cut * (IDLE_PHOTOS - 1), then=made(SIZE))
    assert phone.run(*(phone.photo(number) for number in range(photos + 1))) == CUT
    received = [each for each in phone.noted if each[0] == DITERIMA]
    assert len(received) == 1, "the last one still went"


def test_a_photo_that_went_begins_the_count_of_cuts_anew() -> None:
    cut = [CUT] * IDLE_ATTEMPTS
    phone = Phone(*cut * (IDLE_PHOTOS - 1), made(SIZE), then=CUT)
    assert phone.run(*(phone.photo(number) for number in range(20))) == CUT
    assert len(phone.asked) == (2 * IDLE_PHOTOS - 1) * IDLE_ATTEMPTS + 1


def test_what_failed_before_a_sync_was_to_end_is_told() -> None:
    phone = Phone(then=REFUSED)
    phone.may_go_on = lambda: not phone.asked
    assert phone.run(phone.photo(1), phone.photo(2)) == REFUSED
    assert len(phone.asked) == 1
