"""A draft that was put away: back for thirty days, then gone for good with all that was only in it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from field_app.erasing import EMPTY_WAL
from field_app.put_away import sweep
from field_app.rehearsal import drawn_photo
from field_app.vault import StorageFullError
from field_app.views import DraftView, PhotoView, Refused
from schemas.wire import Cursor
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.field import PLACE, SMALL, Field, answers
from tests.field_app.sealed_field import SealedField
from tests.field_app.test_forgetting import decided
from tests.field_app.test_phone import PIN, Office, join

DAY_S = 86_400
FULL = Refused(say="lapangan.penyimpanan_penuh")


def hear_office(field: Field) -> None:
    """A sync that brings nothing but the office's time."""
    field.pull({})


def photo(field: Field, draft: str) -> PhotoView:
    taken = field.visits.add_photo(draft, "bpnt_kpm", "foto_kk", drawn_photo(field.rng, SMALL), PLACE)
    assert isinstance(taken, PhotoView), taken
    return taken


def count(field: Field, table: str) -> int:
    with field.vault.read() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_it_is_listed_with_the_days_left_and_comes_back_whole(field: Field) -> None:
    draft = field.start().id
    field.visits.save(draft, "bpnt_kpm", "nama", "Warga")
    taken = photo(field, draft)
    assert field.visits.put_away() == ()
    field.visits.discard(draft)
    put_ms = field.time.now_ms()
    field.time.pass_s(29 * DAY_S + 60)
    hear_office(field)
    sweep(field.bench)
    [shown] = field.visits.put_away()
    assert (shown.card.draft, shown.since_ms, shown.days_left) == (draft, put_ms, 1)
    assert field.visits.restore(draft) is None
    assert field.visits.put_away() == () and field.visits.home().drafts[0].draft == draft
    assert answers(field.visits.draft(draft))["nama"] == "Warga"
    assert field.visits.photo_bytes(taken.blob)


def test_after_thirty_days_all_of_it_is_gone_and_the_wal_is_to_be_emptied(field: Field) -> None:
    draft = field.start().id
    taken = photo(field, draft)
    field.visits.discard(draft)
    field.time.pass_s(30 * DAY_S)
    hear_office(field)
    sweep(field.bench)
    assert field.visits.put_away() == ()
    assert {count(field, table) for table in ("drafts", "answers", "photos", "blobs", "blob_bytes")} == {0}
    assert field.store.get(EMPTY_WAL, bool, False), "what is left of it in the WAL must not stay there"
    with pytest.raises(LookupError):
        field.visits.restore(draft)
    with pytest.raises(LookupError):
        field.visits.photo_bytes(taken.blob)
    again = field.visits.start("bpnt_kpm", None, None)
    assert isinstance(again, DraftView), "her task can be begun anew"


def test_a_draft_that_was_not_put_away_stays_however_old(field: Field) -> None:
    draft = field.start().id
    field.time.pass_s(400 * DAY_S)
    hear_office(field)
    sweep(field.bench)
    assert field.visits.home().drafts[0].draft == draft


def test_a_finished_visit_and_its_photos_stay_when_a_correction_of_it_goes(field: Field) -> None:
    done = field.visit()
    decided(field, done, "dikembalikan")
    before = [count(field, table) for table in ("drafts", "answers", "photos", "blobs")]
    draft = field.visits.start_correction(done.visit)
    assert isinstance(draft, DraftView) and draft.photos
    field.visits.discard(draft.id)
    field.time.pass_s(31 * DAY_S)
    hear_office(field)
    sweep(field.bench)
    assert [count(field, table) for table in ("drafts", "answers", "photos", "blobs")] == before
    assert count(field, "blob_bytes") == before[-1]


@pytest.mark.parametrize("jump_days", [31, 4_000])
def test_a_clock_that_jumps_ahead_takes_nothing_until_the_office_says_the_same(
    field: Field, jump_days: int
) -> None:
    draft = field.start().id
    field.visits.discard(draft)
    field.time.pass_s(jump_days * DAY_S)
    sweep(field.bench)
    [shown] = field.visits.put_away()
    assert shown.days_left == 0 and field.visits.restore(draft) is None


def test_a_draft_put_away_while_the_clock_is_behind_has_its_thirty_days(field: Field) -> None:
    draft = field.start().id
    right_ms = field.time.wall_ms
    field.time.wall_ms = 0  # 1970
    field.visits.discard(draft)
    field.time.wall_ms = right_ms + 20 * DAY_S * 1000
    hear_office(field)
    sweep(field.bench)
    assert [shown.days_left for shown in field.visits.put_away()] == [10]


def test_an_office_that_says_later_than_the_phone_takes_nothing_either(field: Field) -> None:
    draft = field.start().id
    field.visits.discard(draft)
    later: dict[str, Any] = {"server_ms": field.time.now_ms() + 90 * DAY_S * 1000, "cursor": Cursor(seq=9)}
    field.pull({}, **later)
    sweep(field.bench)
    assert len(field.visits.put_away()) == 1


def test_a_sealed_draft_goes_with_its_key_and_needs_no_second_unlock_for_it(
    tmp_path: Path, time: SetTime
) -> None:
    field = SealedField(tmp_path, time)
    field.ready()
    draft = field.begin().id
    field.visits.discard(draft)
    field.sealed.lock()
    [shown] = field.visits.put_away()
    assert shown.card.draft == draft and shown.card.nama.startswith("KS-"), "a code, and nobody's name"
    time.pass_s(30 * DAY_S)
    hear_office(field)
    sweep(field.bench)
    assert field.bench.sealed.erase()
    assert field.visits.put_away() == () and count(field, "sealed_drafts") == 0
    assert list(tmp_path.glob("draf-*.kunci")) == []
    field.vault.close()


def test_opening_the_phone_takes_what_is_over(tmp_path: Path, time: SetTime) -> None:
    phone = make_phone(tmp_path / "hp", time, Office().at)  # type: ignore[arg-type,return-value]
    join(phone)
    draft = phone.visits.start("bpnt_kpm", None, None)
    assert isinstance(draft, DraftView)
    phone.visits.discard(draft.id)
    time.pass_s(30 * DAY_S)
    phone.visits._bench.store.put("server_ms", time.now_ms())
    assert len(phone.visits.put_away()) == 1, "not while she works"
    phone.lock()
    assert phone.unlock(PIN) is None
    assert phone.visits.put_away() == ()
    phone.lock()


def test_a_full_phone_says_so_at_a_page_at_putting_away_at_bringing_back_and_opens_all_the_same(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = field.start().id

    @contextmanager
    def full() -> Generator[None]:
        raise StorageFullError
        yield

    with monkeypatch.context() as no_room:
        no_room.setattr(field.vault, "write", full)
        assert field.visits.remember_page(draft, "bpnt_kpm", 3) == FULL
        assert field.visits.discard(draft) == FULL
        assert field.visits.restore(draft) == FULL
        sweep(field.bench)
    assert field.visits.draft(draft).page == 0
    assert field.visits.remember_page(draft, "bpnt_kpm", 3) is None
    assert field.visits.draft(draft).page == 3
