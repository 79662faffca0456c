"""Two records that are merged, and parted again, while phones are out and others work on them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.queries import records_of_kind
from server.services.profile import Profile
from server.services.review import Decided, Stale
from sync.change import Patch
from sync.store import Record
from tests.server.room_office import csrf, log_in
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import Desk
from tests.server.test_same_thing_at_once import given, merged
from tests.server.web_office import Phone, open_at, serving, shut


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    office = open_at(tmp_path)
    yield Town(office)
    shut(office)


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town.office)


def wrote(town: Town, record: RecordId, was: dict[str, str], now: dict[str, str]) -> None:
    """Let a phone that knows of no merge write something else of somebody."""
    town.office.phone.push(Patch(record=record, kind="warga", base=dict(was), new=dict(now)))


def conflicts(town: Town) -> list[Record]:
    return town.office.deps.engine.read(lambda tx: records_of_kind(tx, "konflik"))


@pytest.mark.parametrize("own", ["081111111111", None], ids=["has a number", "gained one"])
def test_what_was_written_of_one_of_two_who_are_parted_again_is_taken_in_there(
    town: Town, desk: Desk, own: str | None
) -> None:
    keep, gone, _ = town.warga
    if own:
        town.change(keep, "warga", no_hp=own)
    town.change(gone, "warga", no_hp="082222222222")
    merged(town, desk, keep, gone)
    wrote(town, gone, {"no_hp": "082222222222"}, {"no_hp": "083333333333"})
    assert desk.site.matching.split(town.person("kabid"), keep, gone) == Decided()
    assert (town.fields(keep)["no_hp"], town.fields(gone)["no_hp"]) == (own, "083333333333")
    [conflict] = conflicts(town)
    assert conflict.fields["state"] == "selesai" and conflict.fields["values"] == {}, (
        "nobody chose for the one"
    )
    assert not any(value == "083333333333" for value in town.fields(keep).values())


def test_what_was_written_of_the_one_that_stayed_still_waits_when_they_are_parted(
    town: Town, desk: Desk
) -> None:
    keep, gone, _ = town.warga
    merged(town, desk, keep, gone)
    wrote(town, keep, {"nama": "Dulu"}, {"nama": "Warga Alfa"})
    assert desk.site.matching.split(town.person("kabid"), keep, gone) == Decided()
    [conflict] = conflicts(town)
    assert conflict.fields["state"] == "menunggu" and town.fields(keep)["nama"] == "Warga A"


KEPT, GONE = "085555555555", "083333333333"


@pytest.mark.parametrize("first", ["keep", "gone"])
def test_what_one_phone_wrote_of_both_who_are_parted_is_lost_of_neither(
    town: Town, desk: Desk, first: str
) -> None:
    keep, gone, _ = town.warga
    town.change(keep, "warga", no_hp="081111111111")
    town.change(gone, "warga", no_hp="082222222222")
    merged(town, desk, keep, gone)
    writes = [
        (keep, "089999999999", KEPT),
        (gone, "082222222222", "084444444444"),
        (gone, "084444444444", GONE),
    ]
    for name, was, now in writes if first == "keep" else [*writes[1:], writes[0]]:
        wrote(town, name, {"no_hp": was}, {"no_hp": now})
    assert desk.site.matching.split(town.person("kabid"), keep, gone) == Decided()
    assert (town.fields(keep)["no_hp"], town.fields(gone)["no_hp"]) == ("081111111111", GONE)
    [again] = [each for each in conflicts(town) if each.fields["state"] == "menunggu"]
    assert again.fields["record"] == keep and again.fields["petugas"] == town.first
    assert again.fields["fields"]["no_hp"] == {
        "base": "089999999999", "theirs": "081111111111", "mine": KEPT
    }  # fmt: skip


def test_what_waits_again_where_it_was_meant_is_still_its_writers(town: Town, desk: Desk) -> None:
    keep, gone, _ = town.warga
    town.change(gone, "warga", no_hp="082222222222")
    merged(town, desk, keep, gone)
    wrote(town, gone, {"no_hp": "089999999999"}, {"no_hp": GONE})
    assert desk.site.matching.split(town.person("kabid"), keep, gone) == Decided()
    [again] = [each for each in conflicts(town) if each.fields["state"] == "menunggu"]
    assert again.fields["record"] == gone and again.fields["petugas"] == town.first


def test_two_are_not_parted_while_one_writing_would_take_the_place_of_another(town: Town, desk: Desk) -> None:
    keep, gone, _ = town.warga
    town.change(gone, "warga", no_hp="082222222222")
    merged(town, desk, keep, gone)
    for number in ("083333333333", "084444444444"):
        phone = Phone(town.office.deps, town.first)
        phone.push(Patch(record=gone, kind="warga", base={"no_hp": "089999999999"}, new={"no_hp": number}))
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        given = {"csrf": csrf(client.get(f"/warga/{keep}")), "orang": gone}
        told = client.post(f"/warga/{keep}/pisah", data=given, follow_redirects=True).text
    assert "belum dipisahkan" in told and town.fields(gone)["digabung_ke"] == keep
    assert [each.fields["state"] for each in conflicts(town)] == ["menunggu", "menunggu"]


def test_of_three_who_were_merged_in_turn_the_last_is_parted_first(town: Town, desk: Desk) -> None:
    first, second, third = town.warga
    tugas = given(town)
    merged(town, desk, second, first)
    merged(town, desk, third, second)
    kabid = town.person("kabid")

    def offered(name: RecordId) -> frozenset[RecordId]:
        profile = desk.site.profiles.open(kabid, name)
        assert isinstance(profile, Profile)
        return profile.undoable

    assert (offered(second), offered(third)) == (frozenset(), {second})
    assert desk.site.matching.split(kabid, second, first) == Stale(), (
        "it would leave to the third what it gained"
    )
    assert desk.site.matching.split(kabid, third, second) == Decided() and offered(second) == {first}
    assert desk.site.matching.split(kabid, second, first) == Decided()
    assert town.fields(tugas)["sasaran"] == first


def test_whoever_merges_two_that_both_have_a_tugas_is_told_of_both(town: Town) -> None:
    keep, gone, _ = town.warga
    given(town)
    says = "Keduanya punya tugas terbuka"
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        one = client.get(f"/kemungkinan-ganda/{keep}/{gone}").text
        assert "Pendamping Uji" in one and says not in one
        town.work.give(town.officer, town.order(town.second), [gone])
        both = client.get(f"/kemungkinan-ganda/{keep}/{gone}").text
        assert "Pendamping Uji" in both and "Pendamping Dua" in both and says in both
