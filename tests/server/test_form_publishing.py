"""A form that the office publishes: read, looked at, sent to phones, and never changed again."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from schemas.form import FormError, Forms, UnsignedError, load_forms
from schemas.ids import NO_LINK, ChangeId, LinkHash, Part
from schemas.published import KIND, Published, from_fields
from schemas.text import load_text
from schemas.wire import Applied, Cursor, Outcome, Rejected, SyncRequest, SyncResponse
from server import queries, restore_store
from server.compose import Refused, close_office, open_office
from server.deps import Deps
from server.published import is_vouched, published
from server.restore_store import Restore
from server.services.form_publishing import differences, next_text
from server.services.quarantine import Quarantine
from server.store import SqlOfficeStore
from sync.chain import Link
from sync.change import FormAnswers, Patch
from sync.store import Entry
from tests.contract.people import record_id
from tests.server.conftest import Silent
from tests.server.room_office import PHRASES, add_officers, csrf, hold_ceremony, log_in, serving_cheaply
from tests.server.web_office import ANSWERS, Office, open_at, shut

TEXT = load_text()
FORM = "pengaduan"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    try:
        yield made
    finally:
        shut(made)


@pytest.fixture
def desk(office: Office) -> Iterator[httpx.Client]:
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        yield client


def following(form: str, change: tuple[str, str] = ("", "")) -> str:
    """Return the text of the version that follows the one that the program brings."""
    forms = load_forms()
    [*_, newest] = forms.versions(form)
    text = next_text(forms.text_of(form, newest), newest)
    assert change[0] in text
    return text.replace(*change, 1) if change[0] else text


def send(desk: httpx.Client, text: str, step: str = "terbit", **more: str) -> httpx.Response:
    token = csrf(desk.get("/formulir/baru"))
    return desk.post("/formulir/baru", data={"csrf": token, "toml": text, "langkah": step, **more})


def one(form: str, version: int, text: str, signature: bytes = b"") -> Published:
    return Published(form=form, version=version, text=text, made_ms=1, signature=signature)


def test_what_is_published_is_shown_first_and_counts_at_once(office: Office, desk: httpx.Client) -> None:
    title = load_forms().get(FORM).title
    text = following(FORM, (f'title = "{title}"', 'title = "Pengaduan warga"'))
    looked = send(desk, text, "lihat")
    assert looked.status_code == 200 and "Terbitkan versi 2" in looked.text
    assert office.deps.forms.versions(FORM) == (1,)
    answer = send(desk, text)
    assert (
        answer.status_code == 303 and answer.headers["location"] == f"/formulir/{FORM}?versi=2&hasil=terbit"
    )
    assert office.deps.forms.get(FORM).title == "Pengaduan warga"
    assert "diterbitkan kantor" in desk.get(f"/formulir/{FORM}").text
    assert "bawaan aplikasi" in desk.get(f"/formulir/{FORM}?versi=1").text


def test_a_phone_is_given_it_and_a_visit_with_it_is_taken_in(office: Office, desk: httpx.Client) -> None:
    assert send(desk, following("bpnt_kpm")).status_code == 303
    request = SyncRequest(protocol=1, device=office.phone.device, cursor=Cursor())
    given = office.deps.engine.read(lambda tx: office.deps.office.look(tx, request))
    assert isinstance(given, SyncResponse)
    [row] = [row for row in given.rows if row.kind == KIND]
    assert row.part == Part("ref")
    visit, _ = office.add_visit(more={"bpnt_kpm": FormAnswers(version=2, answers=ANSWERS)})
    assert office.fields(visit)["state"] == "diterima"


def outcome_of(office: Office, change: ChangeId) -> Outcome:
    return office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).changes([change]))[change].outcome


def test_a_visit_that_came_before_its_version_counts_as_soon_as_that_is_out(
    office: Office, desk: httpx.Client
) -> None:
    visit, change = office.add_visit(more={"bpnt_kpm": FormAnswers(version=2, answers=ANSWERS)})
    assert outcome_of(office, change) == Rejected(problem="form_tidak_dikenal", field="bpnt_kpm")
    assert send(desk, following("bpnt_kpm")).status_code == 303
    assert isinstance(outcome_of(office, change), Applied) and office.fields(visit)["state"] == "diterima"


def test_what_is_out_is_told_so_though_judging_again_breaks_off(
    desk: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Quarantine) -> int:
        raise ValueError("3314990101800001")

    monkeypatch.setattr(Quarantine, "judge_after_upgrade", broken)
    assert send(desk, following(FORM)).status_code == 303
    assert "ValueError while judging again" in caplog.text and "331499" not in caplog.text


def restore(office: Office) -> None:
    """Note a restore, after which the office's phone has not come back yet."""
    restored = Restore(at_ms=1, medium="0" * 16, number=1, begun_ms=1, last_seq=1, replayed=0)
    office.deps.engine.write(lambda tx: restore_store.add_restore(tx, restored)).result()


def name_a_lost_link(office: Office) -> None:
    """Let a phone name a link of the office's chain that is not here."""
    none, head = LinkHash(NO_LINK), LinkHash(b"l" * 32)
    link = Link(device=office.phone.device, counter=1, prev=none, change=ChangeId(none), seen=head)
    named = Entry(link=link, hash=head, raw_link=b"", content=None)
    office.deps.engine.write(lambda tx: restore_store.note_heads(tx, [named], 3)).result()


def test_a_restored_office_may_leave_a_number_to_the_version_that_it_lost(
    office: Office, desk: httpx.Client
) -> None:
    second = following("bpnt_kpm")
    third = second.replace("version = 2", "version = 3", 1)
    wrong = "versi berikutnya harus bernomor 2"
    name_a_lost_link(office)  # which says nothing of an office that was never restored
    assert (
        wrong in send(desk, third, "lihat").text
        and "pernah dipulihkan" not in desk.get("/formulir/baru").text
    )
    restore(office)
    assert "pernah dipulihkan" in desk.get("/formulir/baru").text
    for number in (1, 12):
        assert wrong in send(desk, second.replace("version = 2", f"version = {number}", 1), "lihat").text
    assert send(desk, third).status_code == 303
    assert send(desk, second).status_code == 303, "its text was found"
    assert office.deps.forms.versions("bpnt_kpm") == (1, 2, 3)
    assert office.deps.verify(Silent()).faults == []


def test_once_nothing_that_was_lost_is_missing_the_next_number_alone_is_right(
    office: Office, desk: httpx.Client
) -> None:
    restore(office)
    ahead = following(FORM).replace("version = 2", "version = 4", 1)
    told = "mungkin masih ada di HP"
    assert told in desk.get("/formulir/baru").text and send(desk, ahead, "lihat").status_code == 200
    office.deps.engine.write(lambda tx: restore_store.note_return(tx, office.phone.device, 2)).result()
    assert told not in desk.get("/formulir/baru").text and send(desk, ahead, "lihat").status_code == 422
    name_a_lost_link(office)
    assert told in desk.get("/formulir/baru").text and send(desk, ahead, "lihat").status_code == 200


def test_it_is_said_beforehand_that_a_newer_version_stays_in_use(office: Office, desk: httpx.Client) -> None:
    restore(office)
    stays = "HP tetap memakai versi 3"
    third = send(desk, following(FORM).replace("version = 2", "version = 3", 1), "lihat")
    assert third.status_code == 200 and stays not in third.text
    assert send(desk, following(FORM).replace("version = 2", "version = 3", 1)).status_code == 303
    assert stays in send(desk, following(FORM), "lihat").text
    answer = send(desk, following(FORM))
    assert answer.headers["location"] == f"/formulir/{FORM}?versi=2&hasil=terbit"
    shown = desk.get(answer.headers["location"]).text
    assert "· Versi 2</p>" in shown and "Formulir sudah terbit" in shown and stays in shown
    assert stays not in desk.get(f"/formulir/{FORM}?versi=3&hasil=terbit").text


@contextmanager
def opened_again(office: Office, folder: Path) -> Generator[Deps]:
    data = next(path for path in folder.rglob("office.db")).parent
    close_office(office.deps)
    again = open_office(data, None)
    assert not isinstance(again, Refused)
    try:
        yield again
    finally:
        close_office(again)


def test_a_version_is_there_after_a_restart_and_the_office_verifies(
    office: Office, desk: httpx.Client, tmp_path: Path
) -> None:
    assert send(desk, following("bpnt_kpm")).status_code == 303
    office.add_visit(more={"bpnt_kpm": FormAnswers(version=2, answers=ANSWERS)})
    assert office.deps.verify(Silent()).faults == []
    with opened_again(office, tmp_path) as again:
        assert again.forms.versions("bpnt_kpm") == (1, 2)
        assert again.verify(Silent()).faults == []


def test_a_lost_version_that_was_more_private_takes_the_one_after_it_from_nobody(
    office: Office, desk: httpx.Client, tmp_path: Path
) -> None:
    restore(office)
    more_private = following("skm", ('privacy = "biasa"', 'privacy = "spesifik"'))
    for number, text in ((3, following("skm")), (2, more_private)):
        assert send(desk, text.replace("version = 2", f"version = {number}", 1)).status_code == 303
    fourth = following("skm").replace("version = 2", "version = 4", 1)
    assert "lebih terbuka daripada versi sebelumnya" in send(desk, fourth, "lihat").text
    with opened_again(office, tmp_path) as again:
        assert again.forms.versions("skm") == (1, 2, 3)


def test_a_version_that_is_out_never_changes(office: Office, desk: httpx.Client) -> None:
    text = following(FORM)
    assert send(desk, text).status_code == 303
    again = send(desk, text)
    assert again.status_code == 422 and "harus bernomor 3, bukan 2" in again.text
    [made] = office.deps.engine.read(published)
    [record] = office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    body = Patch(record=record.id, kind=KIND, base={"text": made.text}, new={"text": "id = 1"})
    outcome = office.deps.office.act(office.deps.office.person, body)
    assert outcome == Rejected(problem="sudah_terbit")


def test_two_who_publish_at_once_make_one_version(office: Office, desk: httpx.Client) -> None:
    text = following(FORM)
    theirs = one(FORM, 2, following(FORM, ('privacy = "spesifik"', 'privacy = "spesifik" # lain')))
    patch = Patch(record=record_id(77), kind=KIND, base={}, new=theirs.fields())
    assert isinstance(office.deps.office.act(office.deps.office.person, patch), Applied)
    assert send(desk, text).status_code == 422
    assert office.deps.engine.read(published) == [theirs]
    assert office.deps.forms.text_of(FORM, 2) == theirs.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "tulis id dari huruf kecil"),
        ("id = [", "Naskahnya berakhir sebelum selesai"),
        ('id = "../ktk"\nversion = 2', "tulis id dari huruf kecil"),
        ('id = "pengaduan"\nversion = 9', "harus bernomor 2"),
        ('id = "pengaduan"\nversion = 2', "pages belum ada. Tambahkan"),
        (following(FORM, ("[[pages]]", '[[pages]]\nwarna = "merah"')), "pages nomor 1: warna tidak"),
        (following(FORM, ('privacy = "spesifik"', 'privacy = "biasa"')), "privacy: biasa terlalu"),
        (following("ktk", ('privacy = "rahasia"', 'privacy = "spesifik"')), "privacy: spesifik terlalu"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_is_told_by_its_place_and_kept(
    desk: httpx.Client, office: Office, text: str, told: str
) -> None:
    answer = send(desk, text)
    assert answer.status_code == 422 and told in answer.text
    assert "Terbitkan versi" not in answer.text
    if text:
        assert text.splitlines()[-1].replace('"', "&#34;") in answer.text
    assert office.deps.engine.read(published) == []


def test_a_block_is_looked_for_among_blocks_only() -> None:
    text = 'include = [{ block = "../forms/ktk", version = 1 }]\n' + following(FORM)
    text = re.sub(r"(?m)^include = \[\{ (?!block = \"\.\.).*$", "", text)
    with pytest.raises(FormError, match="no such block"):
        load_forms().examine(one(FORM, 2, text), TEXT)


def test_a_sentence_that_no_phone_knows_is_refused() -> None:
    text = following("bpnt_kpm", ("aturan.saldo_nol", "aturan.tidak_ada"))
    with pytest.raises(FormError, match=r"say aturan\.tidak_ada"):
        load_forms().examine(one("bpnt_kpm", 2, text), TEXT)


def test_a_service_whose_cases_are_sealed_has_no_open_form() -> None:
    text = following(FORM, ('id = "pengaduan"', 'id = "aduan_ktk"')).replace("version = 2", "version = 1", 1)
    text = re.sub(r'(?m)^service = ".*"$', 'service = "ktkpm"', text)
    with pytest.raises(FormError, match="below the floor of this service"):
        load_forms().examine(one("aduan_ktk", 1, text), TEXT)


def test_no_version_is_less_private_than_one_before() -> None:
    forms = load_forms()
    assert forms.get("ewarong").privacy == "biasa"
    number = forms.get("ewarong").version + 1
    closer = following("ewarong", ('privacy = "biasa"', 'privacy = "spesifik"'))
    forms.accept(one("ewarong", number, closer), TEXT, vouched=False)
    open_again = next_text(following("ewarong"), number)
    with pytest.raises(FormError, match="below an earlier version"):
        forms.examine(one("ewarong", number + 1, open_again), TEXT)


def test_only_the_kabid_publishes_and_whoever_works_here_looks(office: Office) -> None:
    with serving_cheaply(office) as address:
        for name, looks in (("petugas", 200), ("verifikator", 403), ("admin", 200)):
            with httpx.Client(base_url=address, timeout=20) as client:
                log_in(client, name)
                assert client.get("/formulir").status_code == looks, name
                assert client.get("/formulir/baru").status_code == 403, name
                token = csrf(client.get("/akun"))
                form = {"csrf": token, "toml": following(FORM), "langkah": "terbit"}
                assert client.post("/formulir/baru", data=form).status_code == 403, name
    assert office.deps.engine.read(published) == []


def test_a_sealed_form_is_published_with_an_officers_passphrase_only(office: Office) -> None:
    add_officers(office)
    text = following("ktk")
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "budi")
        assert send(client, text, frasa=PHRASES["budi"]).status_code in (403, 409)  # nobody held the ceremony
        hold_ceremony(client)
        log_in(client, "budi")
        wrong = send(client, text, frasa="bukan frasa yang benar")
        assert wrong.status_code == 403 or "frasa" in wrong.text.lower()
        assert office.deps.engine.read(published) == []
        assert send(client, text, frasa=PHRASES["budi"]).status_code == 303
    [made] = office.deps.engine.read(published)
    assert office.deps.engine.read(lambda tx: is_vouched(tx, made))
    forged = one(made.form, made.version, made.text + "\n# lagi", made.signature)
    assert not office.deps.engine.read(lambda tx: is_vouched(tx, forged))
    forms = load_forms()
    with pytest.raises(UnsignedError):
        forms.accept(made, TEXT, vouched=False)
    assert forms.versions("ktk") == (1, 2, 3)
    forms.accept(made, TEXT, vouched=True)
    assert forms.versions("ktk") == (1, 2, 3, 4)
    forms.forget_taken()
    assert forms.versions("ktk") == (1, 2, 3)


def test_what_another_program_wrote_is_passed_over() -> None:
    good = one(FORM, 2, following(FORM))
    assert from_fields(good.fields()) == good
    assert from_fields({**good.fields(), "warna": 1}) is None
    assert from_fields({**good.fields(), "version": "2"}) is None


def test_differences_name_what_is_new_changed_and_gone() -> None:
    forms = load_forms()
    before = forms.get(FORM)
    [*_, name] = before.fields
    label = before.fields[name].label
    text = following(FORM, (f'label = "{label}"', 'label = "Pertanyaan lain?"'))
    after = forms.examine(one(FORM, 2, text), TEXT)
    assert [(each.how, each.field.label) for each in differences(before, after)] == [
        ("berubah", "Pertanyaan lain?")
    ]
    assert {each.how for each in differences(None, after)} == {"baru"}


def test_forms_taken_in_never_hide_those_that_the_program_brings() -> None:
    forms: Forms = load_forms()
    shipped = forms.get(FORM, 1)
    forms.accept(one(FORM, 1, following(FORM)), TEXT, vouched=True)
    assert forms.get(FORM, 1) is shipped and forms.text_of(FORM, 1).startswith(
        load_forms().text_of(FORM, 1)[:40]
    )
