"""The search index beside the rows: written a page at a time, and right after each whatever was in it."""

import random

import pytest
from msgspec.structs import replace

from field_app.search import known_desa, search_subjects
from field_app.store import Store
from field_app.vault import Vault
from schemas.base import encode
from schemas.ids import Part, RecordId
from schemas.wire import Removed, Row
from tests.contract.device_contract import PAGE
from tests.contract.people import Writer, record_id
from tests.contract.rows_contract import KEDEN, MINE
from tests.field_app.test_device_store import VaultStores, empty_vault  # noqa: F401 - the vaults' fixture


def person(number: int, name: str, part: Part = KEDEN, seq: int = 1, **fields: object) -> Row:
    body = encode({"nama": name, "kode_desa": "33.14.01.2001", **fields})
    return Row(part=part, id=record_id(number), seq=seq, kind="warga", body=body)


def gone(number: int, part: Part = KEDEN) -> Removed:
    return Removed(part=part, id=record_id(number), seq=9)


def found(vault: Vault, text: str) -> list[RecordId]:
    with vault.read() as connection:
        return sorted(hit.id for hit in search_subjects(connection, text, 1000, None))


def check(vault: Vault) -> None:
    """Have SQLite compare the words with the names: a word too many or too few is an error."""
    with vault.write() as connection:
        connection.execute("INSERT INTO subject_words (subject_words, rank) VALUES ('integrity-check', 1)")


class TestSearchIndex(VaultStores):
    @pytest.fixture
    def store(self) -> Store:
        return self.make_device(Writer(7))

    def test_a_page_is_found_by_every_word_and_by_the_last_digits(self, store: Store) -> None:
        store.put_rows([person(1, "Sutarmi Utami", nik_akhir="4321"), person(2, "Sri Sutarmi")], [])
        assert found(store.vault, "sutarmi") == [record_id(1), record_id(2)]
        assert found(store.vault, "utami") == found(store.vault, "321") == [record_id(1)]
        check(store.vault)

    def test_a_new_name_is_found_and_the_old_one_is_not(self, store: Store) -> None:
        store.put_rows([person(1, "Sutarmi"), person(2, "Paimin")], [])
        store.put_rows([person(1, "Sumarni", seq=2)], [])
        assert found(store.vault, "sumarni") == [record_id(1)]
        assert found(store.vault, "sutarmi") == []
        assert found(store.vault, "paimin") == [record_id(2)]
        check(store.vault)

    def test_a_row_that_changes_nothing_that_is_shown_leaves_the_index_alone(self, store: Store) -> None:
        store.put_rows([person(1, "Sutarmi")], [])
        with store.vault.read() as connection:
            before = connection.execute("SELECT total_changes(), * FROM subjects").fetchall()
            store.put_rows([person(1, "Sutarmi", seq=2, pekerjaan="tani")], [])
            after = connection.execute("SELECT total_changes(), * FROM subjects").fetchall()
        assert before[0][1:] == after[0][1:]
        assert after[0][0] - before[0][0] == 2, "the row and its part's digest"

    def test_what_left_every_part_is_found_no_more(self, store: Store) -> None:
        full = person(1, "Sutarmi Utami", MINE, nik="3314994107900001")
        store.put_rows([person(1, "Sutarmi Utami", nik_akhir="0001"), full], [])
        store.put_rows([], [gone(1, MINE)])
        assert found(store.vault, "utami") == [record_id(1)], "it still stands in the desa's list"
        store.put_rows([], [gone(1)])
        assert found(store.vault, "utami") == found(store.vault, "0001") == []
        check(store.vault)

    @pytest.mark.parametrize("taken", [{"parts": [KEDEN]}, {"cleared": [MINE]}], ids=["not held", "cleared"])
    def test_what_left_with_the_own_part_is_found_by_what_the_desa_shows(
        self, store: Store, taken: dict[str, list[Part]]
    ) -> None:
        full = person(1, "Sutarmi Utami", MINE, nik="3314994107900001")
        rows = [full, person(1, "Sutarmi", nik_akhir="0001"), person(2, "Paimin", MINE)]
        store.store_page(replace(PAGE, rows=rows, parts=[KEDEN, MINE]))
        store.store_page(replace(PAGE, **taken))
        assert found(store.vault, "sutarmi") == found(store.vault, "0001") == [record_id(1)]
        assert found(store.vault, "utami") == found(store.vault, "paimin") == []
        check(store.vault)

    def test_what_left_with_the_desa_is_found_as_the_own_part_shows_it(self, store: Store) -> None:
        rows = [person(1, "Sutarmi Utami", MINE), person(1, "Sutarmi"), person(2, "Paimin")]
        store.store_page(replace(PAGE, rows=rows, parts=[KEDEN, MINE]))
        store.store_page(replace(PAGE, parts=[MINE]))
        assert found(store.vault, "utami") == found(store.vault, "sutarmi") == [record_id(1)]
        assert found(store.vault, "paimin") == []
        check(store.vault)

    def test_what_is_no_map_of_fields_is_only_not_found(self, store: Store) -> None:
        bad = Row(part=KEDEN, id=record_id(1), seq=1, kind="warga", body=b"\xc1")
        store.put_rows([bad, person(2, "Paimin"), person(3, "", nama_ewarong=5)], [])
        assert found(store.vault, "paimin") == [record_id(2)]
        check(store.vault)

    @pytest.mark.parametrize("seed", range(4))
    def test_many_pages_in_any_order_leave_what_the_rows_say(self, store: Store, seed: int) -> None:
        rng = random.Random(seed)
        names: dict[int, str] = {}
        for page in range(12):
            rows, removed = list[Row](), list[Removed]()
            for number in rng.sample(range(1, 40), 15):
                if rng.random() < 0.3:
                    removed.append(gone(number))
                    names.pop(number, None)
                else:
                    names[number] = rng.choice(["Sutarmi", "Sumarni", "Paimin", "Sri"])
                    rows.append(person(number, names[number], seq=page))
            store.put_rows(rows, removed)
            check(store.vault)
        for name in ("Sutarmi", "Sumarni", "Paimin", "Sri"):
            assert found(store.vault, name) == sorted(record_id(n) for n, is_ in names.items() if is_ == name)

    def test_a_thing_is_looked_for_by_its_fullest_row_alone(self, store: Store) -> None:
        full = person(1, "Sutarmi Utami", MINE, nik="3314994107900001", alamat="Dukuh Lor")
        store.put_rows([person(1, "Sutarmi", nik_akhir="0001")], [])
        store.put_rows([full], [])
        with store.vault.read() as connection:
            [hit] = search_subjects(connection, "sutarmi", 9)
        assert (hit.nama, hit.alamat, hit.nik_akhir) == ("Sutarmi Utami", "Dukuh Lor", "0001")
        check(store.vault)
        store.put_rows([person(1, "Sutarmi Tua", seq=5)], [gone(1, MINE)])
        with store.vault.read() as connection:
            assert [hit.nama for hit in search_subjects(connection, "sutarmi", 9)] == ["Sutarmi Tua"]
        assert found(store.vault, "utami") == []
        check(store.vault)

    @pytest.mark.parametrize("typed", ["sutar", "321"])
    def test_no_search_reads_every_row(self, store: Store, typed: str) -> None:
        asked: list[str] = []
        with store.vault.read() as connection:
            connection.set_trace_callback(asked.append)
            search_subjects(connection, typed, 10, "33.14.02.2001")
            connection.set_trace_callback(None)
            plans = [
                step
                for sql in asked
                if sql.startswith("SELECT id")
                for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}")
            ]
        assert plans and not [step for step in plans if step.startswith("SCAN rows")]

    def test_names_that_begin_so_come_first_from_all_desa_in_one_order(self, store: Store) -> None:
        places = {1: "33.14.02.2001", 2: "33.14.01.2001", 3: "", 4: "33.14.03.2001", 5: "33.14.02.2001"}
        names = {1: "Sutarmi", 2: "Sutini", 3: "Sutarno", 4: "Sutanto", 5: "Bu Wati Sutarti"}
        store.put_rows([person(n, names[n], kode_desa=places[n]) for n in names], [])
        with store.vault.read() as connection:
            hits = [hit.id for hit in search_subjects(connection, "sut", 10)]
            first = [hit.id for hit in search_subjects(connection, "sut", 2)]
            one = [hit.id for hit in search_subjects(connection, "sut", 10, "33.14.02.2001")]
            desa = known_desa(connection)
        assert hits == [record_id(4), record_id(1), record_id(3), record_id(2), record_id(5)]
        assert first == hits[:2]
        assert one == [record_id(1), record_id(5)]
        assert desa == sorted(set(places.values()) - {""}), "no desa is none to choose"
