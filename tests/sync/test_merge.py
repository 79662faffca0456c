"""Every case of the three-way merge, by name."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import ChangeId, DeviceId, RecordId
from sync.merge import (
    Kept,
    Parked,
    Replaced,
    Set,
    SetMerged,
    branch_key,
    conflict_seed,
    merge_field,
    merge_patch,
    merge_sets,
    parked_groups,
    with_partners,
)
from sync.places import place_at

DEVICE = DeviceId("d" * 32)
WAITING = RecordId("c" * 32)


def field(base: object, mine: object, now: object, *, is_set: bool = False, parked: RecordId | None = None):
    return merge_field(base=base, mine=mine, now=now, is_set=is_set, conflict=parked)


def patch(base: dict, new: dict, now: dict, parked: dict | None = None, kind: str = "warga"):
    return merge_patch(kind=kind, base=base, new=new, now=now, device=DEVICE, conflicts=parked or {})


def test_a_field_nobody_touched_takes_mine() -> None:
    assert field("a", "b", "a") == Set(value="b")


def test_a_new_field_takes_mine() -> None:
    assert field(None, "b", None) == Set(value="b")


def test_the_same_value_from_both_needs_nothing() -> None:
    assert field("a", "b", "b") == Kept()


def test_a_third_value_is_parked_with_all_three() -> None:
    assert field("a", "b", "c") == Parked(base="a", theirs="c", mine="b")


def test_a_set_takes_what_both_wanted() -> None:
    assert field(["bpnt"], ["bpnt", "kis"], ["bpnt", "ktkpm"], is_set=True) == SetMerged(
        value=["bpnt", "ktkpm", "kis"]
    )


def test_a_set_loses_what_either_took_away() -> None:
    assert merge_sets(["a", "b", "c"], ["b", "c"], ["a", "b"]) == ["b"]


def test_a_further_value_of_the_same_branch_replaces_the_parked_one() -> None:
    assert field("b", "d", "c", parked=WAITING) == Replaced(conflict=WAITING, mine="d")


def test_a_parked_field_stays_parked_even_if_the_author_saw_the_offices_value() -> None:
    merge = patch({"nama": "c"}, {"nama": "d"}, {"nama": "c"}, {branch_key(DEVICE, "nama"): WAITING})
    assert merge.values == {}
    assert merge.replaced == {"nama": Replaced(conflict=WAITING, mine="d")}


def test_a_conflict_of_another_device_does_not_hinder_mine() -> None:
    other = branch_key(DeviceId("e" * 32), "nama")
    assert patch({"nama": "c"}, {"nama": "d"}, {"nama": "c"}, {other: WAITING}).values == {"nama": "d"}


def test_fields_set_meanwhile_are_listed_as_merged() -> None:
    merge = patch({"nama": "a", "rt": "001"}, {"nama": "b"}, {"nama": "a", "rt": "002"})
    assert (merge.values, merge.merged, merge.parked) == ({"nama": "b"}, ["rt"], {})


def test_one_parked_field_does_not_stop_the_others() -> None:
    merge = patch({"nama": "a", "rt": "1"}, {"nama": "b", "rt": "2"}, {"nama": "c", "rt": "1"})
    assert merge.parked.keys() == {"nama"}
    assert merge.values == {"rt": "2"}


def test_fields_that_belong_together_park_together() -> None:
    base = {"penyalur": "bni", "no_kks": "1"}
    merge = patch(base, {"penyalur": "pos", "no_kks": "2"}, {"penyalur": "bni", "no_kks": "3"})
    assert merge.values == {}
    assert merge.parked == {
        "no_kks": Parked(base="1", theirs="3", mine="2"),
        "penyalur": Parked(base="bni", theirs="bni", mine="pos"),
    }
    assert parked_groups("warga", merge.parked) == [
        {"no_kks": merge.parked["no_kks"], "penyalur": merge.parked["penyalur"]}
    ]


def test_a_partner_that_both_changed_alike_holds_up_nothing() -> None:
    base = {"penyalur": "bni", "no_kks": "1"}
    merge = patch(base, {"penyalur": "pos", "no_kks": "2"}, {"penyalur": "pos", "no_kks": "1"})
    assert (merge.values, merge.parked) == ({"no_kks": "2"}, {})


def test_fields_that_do_not_belong_together_are_conflicts_of_their_own() -> None:
    parked = {name: Parked(base=1, theirs=2, mine=3) for name in ("nama", "pekerjaan")}
    assert parked_groups("warga", parked) == [{name: parked[name]} for name in ("nama", "pekerjaan")]


def test_a_conflict_has_the_id_by_which_phones_and_backups_know_it_already() -> None:
    """Worked out by hand: an office that is restored by a newer program has to come to the very same."""
    known = sha256(b"a" * 32 + b"nama").hexdigest()[:32]
    assert known == "cc0a47b211d7a0186028ead2aeb7aa54" == place_at(conflict_seed(ChangeId(b"a" * 32), "nama"))
    assert place_at(conflict_seed(ChangeId(b"a" * 32), "nik")) != known
    assert place_at(conflict_seed(ChangeId(b"b" * 32), "nama")) != known


values = st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"])
names = st.sampled_from(["nama", "rt", "penyalur", "no_kks", "pekerjaan"])
fields = st.dictionaries(names, values, max_size=4)


@given(base=fields, new=fields, now=fields)
def test_a_value_is_set_kept_or_parked_and_never_dropped(base: dict, new: dict, now: dict) -> None:
    merge = patch(base, new, now)
    for name, mine in new.items():
        places = [name in merge.values, name in merge.parked, now.get(name) == mine]
        assert any(places)
        assert not (places[0] and places[1])
        if name in merge.parked:
            assert merge.parked[name].mine == mine


@given(base=fields, new=fields, now=fields)
def test_what_is_parked_leaves_the_offices_value_alone(base: dict, new: dict, now: dict) -> None:
    merge = patch(base, new, now)
    assert merge.values.keys().isdisjoint(merge.parked)
    assert merge.values.keys() <= new.keys()


@given(st.lists(st.integers(0, 5), unique=True), st.lists(st.integers(0, 5), unique=True))
def test_a_set_merge_with_an_untouched_side_is_the_other_side(base: list[int], mine: list[int]) -> None:
    assert set(merge_sets(base, mine, base)) == set(mine)
    assert merge_sets(base, base, mine) == mine


def test_only_what_was_seen_and_not_written_is_said_to_have_changed_beside() -> None:
    base, now = {"nama": "a", "pekerjaan": "a", "rt": "1", "rw": "1"}, {"nama": "b", "rt": "2", "rw": "1"}
    assert patch(base, {"nama": "c", "pekerjaan": "d"}, now | {"pekerjaan": "e"}).merged == ["rt"]
    assert patch(base, {"nama": "b"}, now | {"pekerjaan": "a"}).merged == ["rt"], "both wrote the same"
    sets = patch({"layanan": ["a"]}, {"layanan": ["a", "b"]}, {"layanan": ["a", "c"]})
    assert sets.merged == ["layanan"]


def test_what_parks_together_stands_in_one_order_on_every_replay() -> None:
    """The order of a set of words is another in each process; what is stored is compared byte by byte."""
    new = {"rw": "2", "rt": "2", "kode_desa": "2"}
    merge = patch(dict.fromkeys([*new, "alamat"], "1"), new, dict.fromkeys(new, "1") | {"alamat": "3"})
    assert list(merge.parked) == ["kode_desa", "rt", "rw"] and not merge.values
    backwards = {name: merge.parked[name] for name in ("rw", "rt", "kode_desa")}
    assert [list(group) for group in parked_groups("warga", backwards)] == [["kode_desa", "rt", "rw"]]


def test_partners_are_those_of_the_groups_that_are_touched() -> None:
    assert with_partners("warga", ["bank", "nama"]) == {"nama", "bank", "no_rekening"}
    assert with_partners("ewarong", ["bank"]) == {"bank"}
