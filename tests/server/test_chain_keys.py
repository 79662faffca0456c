"""A new key of the office's chain: signed by the one before, and killed at any step nothing is between."""

import dataclasses
import io
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from schemas.ids import LinkHash
from server import page_store
from server.__main__ import main
from server.access import Person
from server.backups.restoring import Restored
from server.backups.streaming import Streamer
from server.commands.rotate_keys import Rotated, rotate
from server.compose import Refused, open_office
from server.deps import Deps
from server.engine import Writer
from server.keys import Keys, change_keys, read_keys
from server.office import verifier
from server.proof import offline
from server.proof.custody_paper import grouped
from server.proof.head import sheet, sheet_paper
from server.services.people import Denied
from server.services.trail import Asked, Lines, Trail
from server.services.trail_export import NotPrinted, TrailExport
from server.store import SqlOfficeStore
from server.trail_store import Place as Placed
from server.turn_store import all_turns
from sync.applying import Job, apply_jobs
from sync.chain import START, Tip, head_message, next_link, seal_link
from sync.change import SALT_BYTES, Body, Clock, Content, Enrolled, Gap, Patch, seal
from sync.office_keys import follow
from sync.rules import DomainRules
from sync.store import Entry, Signed
from tests.contract.people import record_id
from tests.server.backup_office import Quiet, copied, faults, medium_at, opened, restored, source_of
from tests.server.test_rotating import Place, die_at

Line = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def turned(place: Place) -> Keys:
    done = rotate(place.data, place.key, Quiet(), chain=True)
    assert isinstance(done, Rotated) and done.turned
    return read_keys(place.key)


def name_somebody(deps: Deps, number: int) -> None:
    body = Patch(record=record_id(number), kind="warga", base={}, new={"nama": f"Warga {number}"})
    deps.office.act(deps.office.person, body)


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    return verifier(key)(signature, message)


def followed(deps: Deps, key: bytes) -> bytes:
    turns = deps.engine.read(deps.office.turns)
    return follow(key, deps.office.device, turns, is_signed)


def newest_key(deps: Deps, keys: Keys) -> int:
    """Which of the chain's keys signed its newest head, by age."""
    store = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
    row = deps.engine.read(lambda tx: page_store.next_signature(tx, deps.office.device, store[0].counter))
    assert row is not None
    message = head_message(row[0])
    [number] = [n for n, key in enumerate(keys.chain_bytes()) if is_signed(key, row[1], message)]
    return number


def forge(deps: Deps, key: Ed25519PrivateKey, body: Body, at: Tip | None = None) -> None:
    """Write a change into the office's chain as somebody with a key and the database would."""

    def work(writer: Writer) -> None:
        store = SqlOfficeStore.writing(writer)
        tip = at or store.tips(deps.office.device)[0]
        clock = Clock(wall_ms=1, elapsed_ms=1, boot="x", server_ms=1)
        content = Content(salt=bytes(SALT_BYTES), author=deps.office.person, clock=clock, body=body)
        change, raw = seal(content)
        name, raw_link = seal_link(link := next_link(tip, deps.office.device, change, tip.hash))
        store.add_links([Entry(link=link, hash=name, raw_link=raw_link, content=raw)])
        signature = key.sign(head_message(name))
        store.add_signature(
            Signed(device=deps.office.device, counter=link.counter, head=name, signature=signature)
        )
        job = Job(change=change, device=link.device, counter=link.counter, content=raw, late=False)
        rules = DomainRules(deps.forms, deps.workflows)
        apply_jobs(store, [job], deps.office.callers(writer), rules, 1)

    deps.engine.write(work).result()


def test_the_old_key_signs_the_new_one_and_the_new_one_all_after_it(place: Place) -> None:
    old = read_keys(place.key)
    new = turned(place)
    assert new.signed == (old.signing,) and new.signing != old.signing and new.device == old.device
    with opened(place.data, place.key) as deps:
        assert len(deps.engine.read(all_turns)) == 1
        assert followed(deps, old.public_bytes()) == new.public_bytes()
        name_somebody(deps, 50)
        assert newest_key(deps, new) == 1
    place.is_whole()


def test_the_trail_tells_when_the_chain_got_another_key(place: Place) -> None:
    turned(place)
    with opened(place.data, place.key) as deps:
        trail = Trail(deps.engine, deps.office.person, deps.text, deps.workflows, deps.forms)
        page = trail.search(
            Person(id=deps.office.person, nama="Pengawas", roles=("pengawas",)),
            Asked(kind="perangkat"),
            Placed(),
        )
        assert isinstance(page, Lines)
        told = [line.sentence for line in page.lines if "memasang kunci rantai kantor" in line.sentence]
        assert len(told) == 3, "its first one, this by the one before, and this by itself"


def test_an_exported_trail_holds_under_each_key_that_a_sheet_of_before_names(place: Place) -> None:
    turned(place)
    keys = turned(place)
    with opened(place.data, place.key) as deps:
        office = deps.office
        person = Person(id=office.person, nama="Pengawas", roles=("pengawas",))
        export = TrailExport(
            deps.engine,
            office,
            Trail(deps.engine, office.person, deps.text, deps.workflows, deps.forms),
            "Dinas",
            deps.text,
            typesetter=deps.typesetter,
            scratch=io.BytesIO,
            now_ms=deps.now_ms,
        )
        made = export.make(person, Asked(), "Pemeriksaan", "semua")
        assert not isinstance(made, Denied | NotPrinted)
        with zipfile.ZipFile(made) as bundle:
            lines = bundle.read("jejak.jsonl")
        for number, key in enumerate(keys.chain_bytes()):
            found = offline.check_lines(io.BytesIO(lines), key=key.hex())
            assert found.faults == []
            assert any(f"berganti {2 - number} kali" in line for line in found.good) == (number < 2)
        assert offline.check_lines(io.BytesIO(lines), key="00" * 32).faults != []


def test_a_sheet_names_the_key_that_signed_this_one(place: Place) -> None:
    keys = turned(place)
    with opened(place.data, place.key) as deps:
        made = deps.engine.read(lambda tx: sheet(tx, keys.device, deps.office.public_keys, 1))
        assert made is not None and (made.before, made.key) == keys.chain_bytes()
        facts = [fact.value for part in sheet_paper(made, "Dinas", deps.text).sections for fact in part.facts]
        assert {grouped(key.hex()) for key in keys.chain_bytes()} <= set(facts)


def test_the_key_of_the_chain_stays_where_nothing_else_was_asked(place: Place, capsys: Line) -> None:
    old = read_keys(place.key)
    assert main(["rotate-keys", "--data", str(place.data)]) == 0
    assert read_keys(place.key).signing == old.signing
    assert old.public_bytes().hex() not in capsys.readouterr().out
    assert main(["rotate-keys", "--chain", "--data", str(place.data)]) == 0
    said = capsys.readouterr().out
    assert read_keys(place.key).public_bytes().hex() in said and "cetak lembar harian" in said


def test_one_that_only_finishes_says_that_the_chain_has_no_new_key(place: Place, capsys: Line) -> None:
    old = change_keys(place.key, lambda keys: replace(keys, unfinished=True))
    assert main(["rotate-keys", "--chain", "--data", str(place.data)]) == 1
    assert old.public_bytes().hex() in capsys.readouterr().err
    keys = read_keys(place.key)
    assert keys.signing == old.signing and not keys.unfinished
    assert main(["rotate-keys", "--chain", "--data", str(place.data)]) == 0
    assert read_keys(place.key).signed == (old.signing,)


def test_whoever_knows_the_first_key_follows_through_several(place: Place) -> None:
    first, second, third = read_keys(place.key), turned(place), turned(place)
    assert third.signed == (second.signing, first.signing)
    with opened(place.data, place.key) as deps:
        for keys in (first, second, third):
            assert followed(deps, keys.public_bytes()) == third.public_bytes()
        stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
        assert followed(deps, stranger) == stranger
    place.is_whole()


def test_killed_before_any_step_the_chain_has_the_old_key_or_the_new_one(place: Place) -> None:
    old = read_keys(place.key)
    left, was_killed, ends = 0, True, set[int]()
    while was_killed and left < 400:
        there = place.folder / f"at {left}"
        shutil.copytree(place.data, there / "office")
        shutil.copytree(place.key.parent, there / "keys")
        again = place.at(there)
        was_killed = die_at(again, left, "--chain")
        with opened(again.data, again.key) as deps:
            keys = read_keys(again.key)
            name_somebody(deps, 60)
            ends.add(newest_key(deps, keys))
            assert followed(deps, old.public_bytes()) == keys.public_bytes()
            assert newest_key(deps, keys) == len(keys.signed)
            assert faults(deps, again.data, again.key) == []
        shutil.rmtree(there)
        left += 1
    assert left > 30 and ends == {0, 1}


def test_an_office_of_before_goes_on_under_the_new_key_by_the_word_of_the_old(place: Place) -> None:
    """Two changes of the key since the copy: who has the first or second key of either branch follows."""
    first = read_keys(place.key)
    with opened(place.data, place.key) as deps:
        medium = medium_at(place.folder / "usb1", place.data, deps)
        copied(deps, place.data, medium)
    second, third = turned(place), turned(place)
    back = place.folder / "back"
    assert isinstance(restored(medium, back, place.key), Restored)
    with opened(back, place.key) as deps:
        assert [turn.public_key for turn in deps.engine.read(all_turns)] == [
            second.public_bytes(),
            third.public_bytes(),
        ]
        assert newest_key(deps, third) == 2, "before anything else is done"
        for keys in (first, second):
            assert followed(deps, keys.public_bytes()) == third.public_bytes()
        name_somebody(deps, 70)
        assert newest_key(deps, third) == 2
        assert faults(deps, back, place.key) == []


def test_a_log_over_a_change_of_keys_is_taken_in_and_what_the_ended_key_signed_after_it_is_not(
    place: Place,
) -> None:
    with opened(place.data, place.key) as deps:
        medium = medium_at(place.folder / "usb1", place.data, deps)
        copied(deps, place.data, medium)
    old = read_keys(place.key)
    keys = turned(place)
    with opened(place.data, place.key) as deps:
        name_somebody(deps, 50)
        streamer = Streamer(source_of(deps, place.data))
        streamer.step(str(medium.path))
        name_somebody(deps, 51)
        streamer.step(str(medium.path))
        streamer.close()
        turn = deps.engine.read(all_turns)
    back = place.folder / "back"
    done = restored(medium, back, place.key)
    assert isinstance(done, Restored) and done.refused == 0
    with opened(back, place.key) as deps:
        assert deps.engine.read(all_turns) == turn and newest_key(deps, keys) == 1
        assert faults(deps, back, place.key) == []
    with opened(place.data, place.key) as deps:
        forge(deps, old.private_key(), Patch(record=record_id(52), kind="warga", base={}, new={"nama": "X"}))
        streamer = Streamer(source_of(deps, place.data))
        streamer.step(str(medium.path))
        streamer.close()
    done = restored(medium, place.folder / "again", place.key)
    assert isinstance(done, Restored) and done.refused == 1


def test_a_log_under_keys_of_before_the_copys_brings_nothing_and_is_named(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has the old key file and the disk may write one, with a branch of before the change of keys."""
    old = read_keys(place.key)
    with opened(place.data, place.key) as deps:
        [tip] = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
    turned(place)
    with opened(place.data, place.key) as deps:
        medium = medium_at(place.folder / "usb1", place.data, deps)
        copied(deps, place.data, medium)
        body = Patch(record=record_id(52), kind="warga", base={}, new={"nama": "X"})
        forge(deps, old.private_key(), body, tip)
        streamer = Streamer(dataclasses.replace(source_of(deps, place.data), keys=old))
        streamer.step(str(medium.path))
        streamer.close()
    back = place.folder / "back"
    done = restored(medium, back, place.key)
    assert isinstance(done, Restored) and (done.changes, done.refused, done.damaged_logs) == (0, 0, 0)
    assert [(log.folder, log.number, log.is_old) for log in done.passed_logs] == [(str(medium.path), 1, True)]
    with opened(back, place.key) as deps:
        assert not deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([record_id(52)]))
    where = ["--data", str(place.folder / "again"), "--key", str(place.key)]
    assert main(["restore", "--from", str(medium.path), *where]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"Aliran 1 di {medium.path}" in said and "kuncinya sudah diganti" in said


def test_verify_finds_what_an_ended_key_signed_after_its_end(place: Place) -> None:
    old = read_keys(place.key)
    turned(place)
    body = Patch(record=record_id(50), kind="warga", base={}, new={"nama": "X"})
    with opened(place.data, place.key) as deps:
        forge(deps, old.private_key(), body)
        assert any("sudah tidak berlaku" in fault for fault in faults(deps, place.data, place.key))


def test_verify_finds_what_a_key_signed_before_its_beginning(place: Place) -> None:
    """Whoever has the present key signs nothing of the past anew."""
    with opened(place.data, place.key) as deps:
        [tip] = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
    keys = turned(place)
    signature = keys.private_key().sign(head_message(tip.hash))
    with opened(place.data, place.key) as deps:
        deps.engine.write(
            lambda tx: tx.execute(
                "UPDATE signatures SET signature = :signature WHERE kabupaten = :kabupaten AND head = :head",
                {"signature": signature, "head": tip.hash},
            )
        ).result()
        assert any("tanda tangan" in fault.lower() for fault in faults(deps, place.data, place.key))


def test_verify_finds_that_the_old_keys_word_for_the_new_one_is_gone(place: Place) -> None:
    """What came after covers the link, but nobody who knows the old key could follow any more."""
    turned(place)
    with opened(place.data, place.key) as deps:
        name_somebody(deps, 50)
        (turn,) = deps.engine.read(all_turns)
        deps.engine.write(
            lambda tx: tx.execute(
                "DELETE FROM signatures WHERE kabupaten = :kabupaten AND head = :head", {"head": turn.link}
            )
        ).result()
        assert any("tanda tangan" in fault.lower() for fault in faults(deps, place.data, place.key))


def test_verify_finds_what_an_ended_key_signed_behind_a_gap_that_it_declares_itself(place: Place) -> None:
    old = read_keys(place.key)
    turned(place)
    with opened(place.data, place.key) as deps:
        nowhere = Tip(counter=99, hash=LinkHash(bytes(32 * [9])))
        forge(deps, old.private_key(), Gap(first=1, last=99), nowhere)
        assert any("sudah tidak berlaku" in fault for fault in faults(deps, place.data, place.key))


@pytest.mark.parametrize("turns", [0, 1])
def test_a_link_that_was_damaged_accuses_nobody_of_having_a_key(place: Place, turns: int) -> None:
    for _ in range(turns):
        turned(place)
    with opened(place.data, place.key) as deps:
        for number in (50, 51, 52):
            name_somebody(deps, number)
        [tip] = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
        deps.engine.write(
            lambda tx: tx.execute(
                "UPDATE links SET raw = CAST(raw || x'00' AS BLOB) WHERE kabupaten = :kabupaten"
                " AND device = :office AND counter = :counter",
                {"office": deps.office.device, "counter": tip.counter - 1},
            )
        ).result()
        told = faults(deps, place.data, place.key)
        assert any("berubah" in fault for fault in told) and any("menyambung" in fault for fault in told)
        assert not any("tanda tangan" in fault for fault in told)


def test_verify_finds_a_key_that_is_not_the_offices(place: Place) -> None:
    old = read_keys(place.key)
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    with opened(place.data, place.key) as deps:
        person = deps.office.person
        forge(deps, old.private_key(), Enrolled(device=old.device, person=person, public_key=stranger))
        assert any("bukan kunci kantor ini" in fault for fault in faults(deps, place.data, place.key))


def test_verify_finds_a_table_of_keys_that_is_not_what_the_chain_says(place: Place) -> None:
    turned(place)
    with opened(place.data, place.key) as deps:
        deps.engine.write(
            lambda tx: tx.execute("DELETE FROM office_keys WHERE kabupaten = :kabupaten")
        ).result()
        assert any("Daftar kunci" in fault for fault in faults(deps, place.data, place.key))


def test_of_branches_only_what_a_place_rests_on_tells_its_key(place: Place) -> None:
    first = read_keys(place.key)
    with opened(place.data, place.key) as deps:
        [tip] = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
    keys = turned(place)
    with opened(place.data, place.key) as deps:
        beside = Patch(record=record_id(80), kind="warga", base={}, new={"nama": "Y"})
        forge(deps, first.private_key(), beside, tip)
        tips = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
        other = next(each for each in tips if each.counter == tip.counter + 1)
        for at, key in ((START, 0), (tip, 0), (other, 0), (Tip(counter=0, hash=tip.hash), 0)):
            verify = deps.engine.read(lambda tx, at=at: deps.office.verifier_at(tx, at))
            assert verify(keys.chain_keys()[key].sign(b"x"), b"x"), at
        turn = deps.engine.read(all_turns)[0]
        after = Tip(counter=turn.counter, hash=turn.link)
        verify = deps.engine.read(lambda tx: deps.office.verifier_at(tx, after))
        assert verify(keys.chain_keys()[1].sign(b"x"), b"x")


def has_keys(deps: Deps, keys: Sequence[Ed25519PrivateKey], expected: dict[Tip, int]) -> None:
    """Check with which key what follows each of these places has to be signed."""
    for at, number in expected.items():
        verify = deps.engine.read(lambda tx, at=at: deps.office.verifier_at(tx, at))
        assert verify(keys[number].sign(b"x"), b"x"), at


def test_of_two_changes_of_keys_each_branch_has_those_that_it_rests_on(place: Place) -> None:
    turned(place)
    with opened(place.data, place.key) as deps:
        name_somebody(deps, 70)
        [between] = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
    keys = turned(place).chain_keys()
    with opened(place.data, place.key) as deps:
        name_somebody(deps, 71)
        [after] = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
        has_keys(deps, keys, {between: 1, after: 2})
        branch = between
        for number in (80, 81, 82):
            beside = Patch(record=record_id(number), kind="warga", base={}, new={"nama": "Y"})
            forge(deps, keys[1], beside, branch)
            tips = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))
            branch = next(each for each in tips if each != after)
        first, second = (Tip(counter=turn.counter, hash=turn.link) for turn in deps.engine.read(all_turns))
        assert branch.counter > second.counter
        has_keys(deps, keys, {first: 1, between: 1, second: 2, after: 2, branch: 1})


def test_a_key_file_without_a_key_that_the_chain_names_opens_nothing(place: Place) -> None:
    second = turned(place)
    turned(place)
    change_keys(place.key, lambda keys: replace(keys, signing=second.signing, signed=second.signed))
    refused = open_office(place.data, place.key)
    assert isinstance(refused, Refused) and refused.say == "kunci_salah"
