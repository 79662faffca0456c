"""A phone joins: one code, one phone, four words on both sides, and not a name before they were compared."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.base import decode, encode
from schemas.ids import RecordId
from schemas.joining import commitment, read_invitation
from schemas.problem import Problem
from schemas.wire import EnrolRequest, JoinedAnswer
from server import joining
from server.__main__ import main
from server.joining import NewCode
from sync.change import Patch
from sync.scope import UNIT_KEYS
from tests.server.conftest import Running
from tests.server.letting_in import compare
from tests.server.phones import OPENING, Phone
from tests.server.test_refusals import refused

JOIN, JOINED = "/api/enrol", "/api/enrol/joined"


def joined(phone: Phone, code: str) -> JoinedAnswer:
    return phone.call(JOINED, phone.question(code, phone.join(code)), JoinedAnswer)


def devices(office: Running) -> int:
    return office.deps.engine.read(lambda reader: reader.query("SELECT count(*) FROM devices"))[0][0]


def refused_again(office: Running, name: str) -> bool:
    """Whether nobody can decide on a phone any more."""
    by = office.deps.office.person
    gone = Problem(code="pendaftaran_tidak_menunggu")
    return office.deps.joinings.confirm(name, by) == office.deps.joinings.refuse(name, by) == gone


def test_nothing_is_told_and_no_device_is_there_before_the_words_were_compared(office: Running) -> None:
    phone = Phone(office.client())
    code = office.code(office.person())
    first = phone.post(JOIN, encode(phone.request(code)))
    parties = phone.join(code)
    waits = phone.post(JOINED, encode(phone.question(code, parties)))
    assert decode(waits.content, JoinedAnswer).enrolment is None and devices(office) == 0
    for answer in (first, waits):
        assert (
            b"Petugas" not in answer.content
            and b"Dinas" not in answer.content
            and b"P900" not in answer.content
        )
    [waiting] = office.deps.joinings.waiting()
    assert waiting.words == parties.words() and len(waiting.words) == 4
    compare(office.deps, waiting.words)
    assert refused_again(office, waiting.id), "it is in, and in once"
    welcome = joined(phone, code).enrolment
    assert welcome is not None and welcome.person_name == "Petugas 900" and devices(office) == 1
    assert office.deps.joinings.waiting() == [] and office.faults() == []


def test_an_answer_that_was_lost_is_the_same_when_it_is_asked_for_again(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone(office.client())
    code = office.code(office.person())
    assert phone.join(code) == phone.join(code.lower().replace("-", " "))
    enrolment = phone.enrol(code, office.deps)
    again = joined(phone, code).enrolment
    assert again == msgspec.structs.replace(enrolment, server_ms=again.server_ms if again else 0)
    monkeypatch.setattr(joining, "CONFIRM_MS", 0)
    assert phone.join(code) and joined(phone, code).enrolment is not None, "nor does it matter how late"
    assert devices(office) == 1


def test_a_code_is_good_for_one_phone(office: Running) -> None:
    first, second = Phone(office.client()), Phone(office.client())
    code = office.code(office.person())
    parties = first.join(code)
    assert refused(second.post(JOIN, encode(second.request(code)))) == (409, "kode_terpakai")
    other = msgspec.structs.replace(first.request(code), commitment=commitment(bytes(32)))
    assert refused(first.post(JOIN, encode(other))) == (409, "kode_terpakai"), "the secret is settled"
    other = msgspec.structs.replace(first.request(code), handover_key=bytes(32))
    assert refused(first.post(JOIN, encode(other))) == (409, "kode_terpakai")
    stranger = msgspec.structs.replace(first.question(code, parties), opening=bytes(32))
    assert refused(first.post(JOINED, encode(stranger))) == (409, "kode_terpakai")
    forged = msgspec.structs.replace(
        first.question(code, parties), signature=second.key.sign(parties.signed())
    )
    assert refused(first.post(JOINED, encode(forged))) == (403, "tanda_tangan_salah")
    elsewhere = msgspec.structs.replace(parties, office_key=bytes(32))
    assert refused(first.post(JOINED, encode(first.question(code, elsewhere)))) == (403, "tanda_tangan_salah")
    first.enrol(code, office.deps)
    assert refused(second.post(JOIN, encode(second.request(code)))) == (409, "kode_terpakai")


def test_a_code_is_good_for_ten_minutes_and_a_phone_waits_as_long(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone(office.client())
    unknown = phone.request("AAAA-BBBB")
    assert refused(phone.post(JOIN, encode(unknown))) == (403, "kode_salah")
    monkeypatch.setattr(joining, "CODE_MS", 0)
    late = office.code(office.person())
    assert refused(phone.post(JOIN, encode(phone.request(late)))) == (410, "kode_kedaluwarsa")
    monkeypatch.undo()
    code = office.code(office.person())
    parties = phone.join(code)
    phone.call(JOINED, phone.question(code, parties), JoinedAnswer)
    [waiting] = office.deps.joinings.waiting()
    assert 0 < waiting.until_ms - office.deps.now_ms() <= joining.CONFIRM_MS
    monkeypatch.setattr(joining, "CONFIRM_MS", 0)
    assert refused(phone.post(JOINED, encode(phone.question(code, parties)))) == (410, "pendaftaran_lewat")
    assert refused(phone.post(JOIN, encode(phone.request(code)))) == (410, "pendaftaran_lewat")
    assert office.deps.joinings.waiting() == [] and not office.deps.joinings.expects()
    done = office.deps.joinings.confirm(waiting.id, office.deps.office.person)
    assert done == Problem(code="pendaftaran_tidak_menunggu") and devices(office) == 0


def test_nobody_asks_with_a_code_that_no_phone_took(office: Running) -> None:
    phone = Phone(office.client())
    parties = phone.join(office.code(office.person()))
    for code in ("AAAA-BBBB", office.code(office.person())):
        asked = phone.question(code, parties)
        assert refused(phone.post(JOINED, encode(asked))) == (403, "kode_salah")


def test_a_phone_whose_words_differ_is_sent_away_for_good(office: Running) -> None:
    phone = Phone(office.client())
    code = office.code(office.person())
    joined(phone, code)
    [waiting] = office.deps.joinings.waiting()
    assert office.deps.joinings.refuse(waiting.id, office.deps.office.person) is None
    assert refused(phone.post(JOIN, encode(phone.request(code)))) == (403, "pendaftaran_ditolak")
    done = office.deps.joinings.confirm(waiting.id, office.deps.office.person)
    assert done == Problem(code="pendaftaran_tidak_menunggu") and devices(office) == 0


def test_a_phone_that_has_not_opened_its_secret_cannot_be_let_in(office: Running) -> None:
    phone = Phone(office.client())
    phone.join(office.code(office.person()))
    [waiting] = office.deps.joinings.waiting()
    assert waiting.words == ()
    for name in (waiting.id, "00", "zz", ""):
        done = office.deps.joinings.confirm(name, office.deps.office.person)
        assert done == Problem(code="pendaftaran_tidak_menunggu")


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": b"short"}, {"handover_key": b""}, {"handover_key": bytes(31)}, {"commitment": b"x"},
        {"public_key": b""},
    ],
)  # fmt: skip
def test_keys_of_another_length_are_refused(office: Running, change: dict[str, bytes]) -> None:
    phone = Phone(office.client())
    request = msgspec.structs.replace(phone.request(office.code(office.person())), **change)
    assert refused(phone.post(JOIN, encode(request))) == (400, "kunci_perangkat_salah")


def test_a_phone_that_trusts_another_authority_is_refused(office: Running) -> None:
    phone = Phone(office.client())
    request = msgspec.structs.replace(phone.request(office.code(office.person())), authority=bytes(32))
    assert refused(phone.post(JOIN, encode(request))) == (403, "sertifikat_lain")


def test_a_phone_of_before_that_would_show_no_words_is_told_to_update(office: Running) -> None:
    phone = Phone(office.client())
    code = office.code(office.person())
    public = phone.key.public_key().public_bytes_raw()
    for early in ([code, public, "HP lama"], [code, public, "HP lama", bytes(32)]):
        assert refused(phone.post(JOIN, msgspec.msgpack.encode(early))) == (400, "versi_protokol")
    assert EnrolRequest(code="x", public_key=b"", model="").commitment == b""


def test_a_person_who_left_meanwhile_is_not_let_in(office: Running) -> None:
    phone = Phone(office.client())
    person = office.person()
    code = office.code(person)
    parties = phone.join(code)
    phone.call(JOINED, phone.question(code, parties), JoinedAnswer)
    gone = Patch(record=RecordId(person), kind="petugas", base={"aktif": True}, new={"aktif": False})
    office.deps.office.act(office.deps.office.person, gone)
    [waiting] = office.deps.joinings.waiting()
    done = office.deps.joinings.confirm(waiting.id, office.deps.office.person)
    assert done == Problem(code="orang_tidak_aktif") and devices(office) == 0


def test_nobody_who_left_is_given_a_code_and_one_given_before_takes_no_phone(office: Running) -> None:
    person, phone = office.person(), Phone(office.client())
    code = office.code(person)
    gone = Patch(record=RecordId(person), kind="petugas", base={"aktif": True}, new={"aktif": False})
    office.deps.office.act(office.deps.office.person, gone)
    left = Problem(code="orang_tidak_aktif")
    assert office.deps.joinings.new_code(person) == left
    assert refused(phone.post(JOIN, encode(phone.request(code))))[1] == left.code
    assert office.deps.joinings.waiting() == [] and devices(office) == 0


def test_of_another_phone_not_even_one_key_may_differ_when_it_asks_again(office: Running) -> None:
    phone = Phone(office.client())
    code = office.code(office.person())
    phone.join(code)
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    for change in ({"public_key": key}, {"authority": bytes(32)}):
        other = msgspec.structs.replace(phone.request(code), **change)
        assert refused(phone.post(JOIN, encode(other))) == (409, "kode_terpakai")


def test_a_revoked_phone_is_told_no_name_by_its_old_code(office: Running) -> None:
    phone = Phone(office.client())
    code = office.code(office.person())
    phone.enrol(code, office.deps)
    office.deps.devices.revoke(phone.device)
    question = phone.question(code, phone.join(code))
    assert refused(phone.post(JOINED, encode(question))) == (409, "kode_terpakai")


def test_the_unit_that_reads_sealed_cases_is_named_once_there_is_one(office: Running) -> None:
    identity = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    before = Phone(office.client()).enrol(office.code(office.person(901)), office.deps)
    office.deps.office.act(
        office.deps.office.person,
        Patch(record=UNIT_KEYS, kind="referensi", base={}, new={"identity": identity, "keys": []}),
    )
    after = Phone(office.client()).enrol(office.code(office.person(902)), office.deps)
    assert (before.unit_identity, after.unit_identity) == (b"", identity)


def test_the_authority_is_public_and_fits_the_code_that_names_it(office: Running) -> None:
    answer = office.client().get("/api/authority")
    assert answer.headers["content-type"] == "application/pkix-cert"
    made = office.deps.joinings.new_code(office.person(), pinned=True)
    assert isinstance(made, NewCode)
    read = read_invitation(made.code)
    assert read is not None and len(made.code.replace("-", "")) == 24
    assert read.fits(answer.content) and not read.fits(answer.content + b"\0")
    plain = read_invitation(office.code(office.person()))
    assert plain is not None and plain.pin == b"" and not plain.fits(answer.content)
    assert OPENING not in answer.content


def test_the_command_lets_a_phone_in_by_its_words_and_sends_another_away(
    office: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["device", "--data", str(office.data)]
    phones = [Phone(office.client()), Phone(office.client())]
    assert main([*where, "--waiting"]) == 0 and "Tidak ada HP" in capsys.readouterr().out
    codes = [office.code(office.person()) for _ in phones]
    parties = [phone.join(code) for phone, code in zip(phones, codes, strict=True)]
    for phone, code, party in zip(phones, codes, parties, strict=True):
        phone.call(JOINED, phone.question(code, party), JoinedAnswer)
    first, second = (" ".join(party.words()) for party in parties)
    assert main([*where, "--waiting"]) == 0
    said = capsys.readouterr().out
    assert first in said and second in said and "Petugas 900" in said
    assert main([*where, "--confirm", "satu dua"]) == 1 and main([*where, "--confirm", "a b c d"]) == 1
    assert devices(office) == 0
    assert main([*where, "--confirm", first.upper().replace(" ", ", ")]) == 0
    assert main([*where, "--refuse", second]) == 0
    assert main([*where, "--confirm", second]) == 1
    assert joined(phones[0], codes[0]).enrolment is not None and devices(office) == 1
    assert refused(phones[1].post(JOIN, encode(phones[1].request(codes[1])))) == (403, "pendaftaran_ditolak")
