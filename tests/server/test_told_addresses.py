"""Where the office says that phones find it: by its signature, and by the code on the page Perangkat."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas.addresses import (
    MOST_ADDRESSES,
    NONCE_BYTES,
    AddressProof,
    AddressQuestion,
    OfficeAddresses,
    address_message,
    signed_address,
)
from schemas.base import decode, encode
from server.commands.run import add_options, told_addresses
from server.keys import default_path
from server.office import verifier
from server.web.qr import qr_svg
from tests.server.test_alarms import Watch
from tests.server.web_office import open_at, serving, shut

TOLD = ("https://10.1.2.3:8314", "https://dinsos.example:8314")


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    office = open_at(tmp_path)
    office.deps = replace(office.deps, address=TOLD[0], addresses=TOLD)
    with serving(office) as address:
        yield Watch(office, address, default_path(tmp_path / "office"))
    shut(office)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--tls", "--name", "10.1.2.3", "--name", "Dinsos.example", "--host-name", "lain.example"], TOLD),
        (["--tls", "--name", "fd00::2"], ("https://[fd00::2]:8314",)),
        (["--proxy", "127.0.0.1", "--host-name", "dinsos.example"], ("https://dinsos.example",)),
        (["--host-name", "dinsos.example"], ()),
        (["--proxy", "127.0.0.1"], ()),
        (["--tls", "--host", "10.1.2.3"], ()),
    ],
)
def test_phones_are_told_addresses_under_tls_and_none_that_nobody_named(
    options: list[str], told: tuple[str, ...]
) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert told_addresses(parser.parse_args(["--data", "x", *options]), 8314) == told


def test_no_more_are_told_than_phones_take() -> None:
    names = [f"k{number}.example" for number in range(MOST_ADDRESSES + 1)]
    args = argparse.Namespace(tls=True, name=names, host_name=[], proxy=[])
    assert len(told_addresses(args, 8314)) == MOST_ADDRESSES


def test_each_is_told_under_the_signature_of_the_offices_chain(watch: Watch) -> None:
    with watch.log_in("admin") as client:
        found = decode(client.get("/api/addresses").content, OfficeAddresses).addresses
    assert tuple(one.address for one in found) == TOLD
    is_signed = verifier(watch.office.deps.office.public_key)
    assert all(is_signed(one.signature, address_message(one.address)) for one in found)
    assert not is_signed(found[0].signature, address_message(TOLD[1]))


def asked(watch: Watch, address: str, **headers: str) -> httpx.Response:
    question = AddressQuestion(address=address, nonce=b"n" * NONCE_BYTES)
    with httpx.Client(base_url=watch.address) as stranger:
        return stranger.post("/api/addresses", content=encode(question), headers=headers)


def test_whoever_asks_is_told_by_a_signature_of_their_own_number_that_an_address_is_the_offices(
    watch: Watch,
) -> None:
    is_signed = verifier(watch.office.deps.office.public_key)
    named = {"host": "Dinas.example"}
    for address, headers in (
        (TOLD[0], {}), (TOLD[1].upper(), {}), (watch.address, {}), ("https://dinas.example:443", named),
    ):  # fmt: skip
        answer = asked(watch, address, **headers)
        assert answer.status_code == 200, address
        proof = decode(answer.content, AddressProof)
        for nonce, is_mine in ((b"n", True), (b"m", False)):
            mine = AddressQuestion(address=address, nonce=nonce * NONCE_BYTES)
            assert is_signed(proof.signature, mine.message()) is is_mine


@pytest.mark.parametrize(
    "address", ["https://lama.example:8314", "https://10.1.2.4", "https://", "", "10.1.2.3"]
)
def test_of_an_address_that_is_not_its_own_now_the_office_says_nothing(watch: Watch, address: str) -> None:
    """Else a stranger who has it could pass the question on."""
    assert asked(watch, address).status_code == 421


def test_a_question_without_a_number_of_its_own_is_refused(watch: Watch) -> None:
    for nonce in (b"", b"n" * (NONCE_BYTES - 1), b"n" * (NONCE_BYTES + 1)):
        said = msgspec.msgpack.encode([TOLD[0], nonce])
        with httpx.Client(base_url=watch.address) as stranger:
            assert stranger.post("/api/addresses", content=said).status_code == 400


def test_who_enrols_phones_shows_them_where_the_office_is(watch: Watch) -> None:
    code = qr_svg(signed_address(TOLD[0], watch.office.deps.office.sign).printed(), scale=4)
    with watch.log_in("admin") as admin, watch.log_in("kabid") as kabid:
        page = admin.get("/perangkat").text
        assert str(code) in page and TOLD[0] in page
        assert str(code) not in kabid.get("/perangkat").text


def test_by_an_address_that_only_this_computer_knows_no_code_is_drawn(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    with serving(office) as address:
        watch = Watch(office, address, default_path(tmp_path / "office"))
        with watch.log_in("admin") as admin:
            page = admin.get("/perangkat").text
        assert f"alamat {address} hanya dikenal di komputer ini" in page
        assert str(qr_svg(signed_address(address, office.deps.office.sign).printed(), scale=4)) not in page
    shut(office)
