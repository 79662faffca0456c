"""Forms that came from the office: used at once, kept for the drafts begun with them, or told of."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_app.unit import PINNED
from field_app.views import DraftView
from schemas.ids import RecordId, Regency
from schemas.published import KIND, Published
from tests.field_app.conftest import FORMS, SetTime
from tests.field_app.field import FIELDS, TASK, TUGAS, WARGA, Field

REGENCY = Regency("33.14")


@pytest.fixture
def field(tmp_path: Path, time: SetTime) -> Iterator[Field]:
    made = Field(tmp_path, time)
    yield made
    made.vault.close()
    FORMS.forget_taken()


def following(form: str, change: tuple[str, str], key: Ed25519PrivateKey | None = None) -> Published:
    """Return the version that follows the one that the app brings, with one thing changed."""
    [*_, newest] = FORMS.versions(form)
    text = FORMS.text_of(form, newest).replace(f"version = {newest}", f"version = {newest + 1}", 1)
    assert change[0] in text
    made = Published(form=form, version=newest + 1, text=text.replace(*change, 1), made_ms=1)
    if key is None:
        return made
    return Published(
        form=form, version=made.version, text=made.text, made_ms=1, signature=key.sign(made.message(REGENCY))
    )


def record_of(one: Published) -> RecordId:
    return RecordId(sha256(one.name.encode()).hexdigest()[:32])


def take(field: Field, *forms: Published) -> None:
    field.pull({record_of(one): (KIND, one.fields()) for one in forms})
    field.bench.published.take(field.store)


NEW_TITLE = ('title = "Kunjungan KPM BPNT"', 'title = "Kunjungan keluarga"')


def test_a_new_version_is_what_the_next_visit_begins_with(field: Field) -> None:
    take(field, following("bpnt_kpm", NEW_TITLE))
    assert {one.form: one.title for one in field.visits.startable()}["bpnt_kpm"] == "Kunjungan keluarga"
    draft = field.start()
    assert draft.forms["bpnt_kpm"].version == 2


GONE = ('edc_atm = "Transaksi EDC/ATM"\n', "")
ANOTHER_KIND = (
    'type = "teks"\nprivacy = "biasa"\nlabel = "Periode penyaluran"\nhint = "Misalnya Jan–Mar 2026."\n'
    "max_length = 40",
    'type = "tanggal"\nprivacy = "biasa"\nlabel = "Periode penyaluran"',
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "lost"),
    [(GONE, {"cara_terima"}), (ANOTHER_KIND, {"periode"}), (NEW_TITLE, set())],
    ids=["choice gone", "another kind", "as before"],
)
def test_of_the_last_visit_only_what_the_new_version_takes_is_offered(
    field: Field, change: tuple[str, str], lost: set[str]
) -> None:
    said = {"hasil_kunjungan": "terisi_sebagian", "cara_terima": "edc_atm", "periode": "Okt 2026"}
    draft = field.start()
    for name, value in said.items():
        field.visits.save(draft.id, "bpnt_kpm", name, value)
    field.finish(draft.id)
    take(field, following("bpnt_kpm", change))
    again = field.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(again, DraftView) and again.forms["bpnt_kpm"].version == 2
    offered = again.last["bpnt_kpm"]
    assert {"cara_terima", "periode"} - offered.keys() == lost and "alamat" in offered


def test_a_draft_keeps_the_version_it_was_begun_with(field: Field) -> None:
    draft = field.start()
    take(field, following("bpnt_kpm", NEW_TITLE))
    assert field.visits.draft(draft.id).forms["bpnt_kpm"].version == 1


def test_a_draft_outlives_the_office_forgetting_its_version(field: Field) -> None:
    made = following("bpnt_kpm", NEW_TITLE)
    take(field, made)
    draft = field.start()
    with field.vault.write() as connection:
        connection.execute("DELETE FROM rows WHERE id = ?", (record_of(made),))
    FORMS.forget_taken()
    field.die()
    again = field.visits.draft(draft.id)
    assert isinstance(again, DraftView) and again.forms["bpnt_kpm"].version == 2
    field.visits.save(draft.id, "bpnt_kpm", "hasil_kunjungan", "terisi_lengkap")


@pytest.mark.parametrize("lost_first", [True, False])
def test_a_version_that_a_restore_lost_and_the_one_given_out_instead_go_together(
    field: Field, lost_first: bool
) -> None:
    """Some phones have the lost one, more private than what came after it; others meet it later."""
    lost = following("ewarong", ('privacy = "biasa"', 'privacy = "spesifik"'))
    text = lost.text.replace('privacy = "spesifik"', 'privacy = "biasa"', 1)
    text = text.replace(f"version = {lost.version}", f"version = {lost.version + 1}", 1)
    instead = Published(form="ewarong", version=lost.version + 1, text=text, made_ms=2)
    again = msgspec.structs.replace(lost, made_ms=3)
    for one in (lost, instead) if lost_first else (instead, again):
        take(field, one)
    draft = field.visits.start("ewarong", None, None)
    assert isinstance(draft, DraftView) and draft.forms["ewarong"].version == instead.version
    FORMS.forget_taken()
    field.die()
    assert field.visits.draft(draft.id).forms["ewarong"].version == instead.version
    assert {lost.version, instead.version} < set(FORMS.versions("ewarong"))
    assert field.bench.published.beyond == ()


@pytest.mark.parametrize(("opened_ms", "known"), [(2, (1, 2)), (0, (1, 2, 3))], ids=["after it", "before it"])
def test_a_sealed_form_is_not_opened_by_the_office_alone(
    field: Field, opened_ms: int, known: tuple[int, ...]
) -> None:
    """One that was out already when a restored office found the sealed one again stays."""
    identity = Ed25519PrivateKey.generate()
    field.store.put(PINNED, identity.public_key().public_bytes_raw())
    sealed = following("skm", ('privacy = "biasa"', 'privacy = "rahasia"'), identity)
    text = sealed.text.replace('"rahasia"', '"biasa"', 1).replace("version = 2", "version = 3", 1)
    take(field, sealed, Published(form="skm", version=3, text=text, made_ms=opened_ms))
    assert FORMS.versions("skm") == known


def test_another_vault_knows_nothing_of_it(field: Field, tmp_path: Path, time: SetTime) -> None:
    take(field, following("bpnt_kpm", NEW_TITLE))
    (tmp_path / "lain").mkdir()
    other = Field(tmp_path / "lain", time)
    assert FORMS.versions("bpnt_kpm") == (1,)
    other.vault.close()


def test_a_version_that_this_app_is_too_old_for_is_told_and_the_older_one_still_works(field: Field) -> None:
    newer = following("bpnt_kpm", ("[[pages]]", '[[pages]]\nwarna = "merah"'))
    wholly = Published(
        form="sumur", version=1, text='id = "sumur"\ntitle = "Sumur warga"\nmacam = 1', made_ms=1
    )
    field.pull({WARGA: ("warga", FIELDS), TUGAS: ("tugas", TASK)})
    take(field, newer, wholly)
    shown = {one.form: one for one in field.visits.startable()}
    assert shown["bpnt_kpm"].startable and shown["bpnt_kpm"].note == "lapangan.formulir_lebih_baru"
    assert not shown["sumur"].startable and shown["sumur"].title == "Sumur warga"
    assert shown["ewarong"].note == ""
    started = field.visits.start("bpnt_kpm", None, TUGAS)
    assert isinstance(started, DraftView) and started.forms["bpnt_kpm"].version == 1


def test_a_sealed_form_counts_with_the_word_of_the_pinned_identity_only(field: Field) -> None:
    identity, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    change = ('title = "Verifikasi KTK"', 'title = "Verifikasi"')
    brought = FORMS.versions("ktk")
    take(field, following("ktk", change, identity))
    assert FORMS.versions("ktk") == brought  # nothing is pinned
    field.store.put(PINNED, other.public_key().public_bytes_raw())
    field.bench.published.take(field.store)
    assert FORMS.versions("ktk") == brought and field.bench.published.beyond == ()
    field.store.put(PINNED, identity.public_key().public_bytes_raw())
    field.bench.published.take(field.store)
    assert FORMS.versions("ktk") == (*brought, brought[-1] + 1)


@pytest.mark.parametrize(
    "text",
    [
        'privacy = "biasa"',  # below the floor of its service
        'privacy = "rahasia"\nx = 1',
    ],
)
def test_a_form_for_sealed_cases_that_is_not_sealed_is_none(field: Field, text: str) -> None:
    brought = FORMS.versions("ktk")
    take(field, following("ktk", ('privacy = "rahasia"', text)))
    assert FORMS.versions("ktk") == brought


def test_a_row_of_another_shape_is_passed_over(field: Field) -> None:
    field.pull({RecordId("ab" * 16): (KIND, {"form": "bpnt_kpm", "version": "dua"})})
    field.bench.published.take(field.store)
    assert FORMS.versions("bpnt_kpm") == (1,)
