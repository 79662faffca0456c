"""An office's own authority: phones take what it signed for that name, at any date, and nothing else."""

import asyncio
import errno
import socket
import ssl
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from field_app.pinning import pinned
from server import certificates
from server.certificates import (
    LEAF_DAYS,
    Authority,
    AuthorityError,
    Certificates,
    authority_path,
    issue,
    load,
    make_authority,
    read_authority,
    write_authority,
)
from server.commands import run as running

NOW = 1_790_000_000_000
DAY = 86_400_000
OFFICE = make_authority("Dinas Sosial", NOW)
OTHER = make_authority("Dinas Sosial", NOW)


def context_of(leaf: certificates.Leaf) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, leaf)
    return context


def shake_hands(server: ssl.SSLContext, name: str, client: ssl.SSLContext | None = None) -> str:
    """Let a phone that pins OFFICE meet this server; returns "" or why it went away."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as line:
                line.recv(1)
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with (client or pinned(OFFICE.certificate)).wrap_socket(ours, server_hostname=name) as line:
            line.send(b".")
        return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        ours.close()
        thread.join()


def served(
    names: tuple[str, ...] = ("kantor.example", "192.168.1.5"), now: int = NOW, by: Authority = OFFICE
) -> ssl.SSLContext:
    return context_of(issue(by, names, now))


@pytest.mark.parametrize("name", ["kantor.example", "192.168.1.5"])
def test_a_phone_takes_its_office_under_each_of_its_names(name: str) -> None:
    assert shake_hands(served(), name) == ""


@pytest.mark.parametrize(
    "now", [0, NOW - 20 * 365 * DAY, NOW + 20 * 365 * DAY], ids=["1970", "ended", "not yet"]
)
def test_a_phone_does_not_look_at_the_days(now: int) -> None:
    assert shake_hands(served(now=now), "kantor.example") == ""


def test_a_phone_goes_away_from_another_name() -> None:
    assert "Hostname mismatch" in shake_hands(served(), "lain.example")
    assert "IP address mismatch" in shake_hands(served(), "192.168.1.6")


def test_a_phone_goes_away_from_another_authority_of_the_same_name() -> None:
    assert shake_hands(served(by=OTHER), "kantor.example") != ""


def test_a_phone_goes_away_from_a_server_that_signed_for_itself() -> None:
    pem = ssl.DER_cert_to_PEM_cert(OTHER.certificate).encode()
    own = certificates.Leaf(certificate=pem, private_key=OTHER.private_key, until_ms=0)
    assert shake_hands(context_of(own), "Dinas Sosial") != ""


def test_a_certificate_of_the_office_may_not_sign_others() -> None:
    leaf = issue(OFFICE, ("kantor.example",), NOW)
    der = ssl.PEM_cert_to_DER_cert(leaf.certificate.decode())
    below = issue(Authority(certificate=der, private_key=leaf.private_key), ("kantor.example",), NOW)
    both = certificates.Leaf(
        certificate=below.certificate + leaf.certificate,
        private_key=below.private_key,
        until_ms=below.until_ms,
    )
    assert shake_hands(context_of(both), "kantor.example") != ""


def test_a_browser_that_looks_at_the_days_takes_it_too() -> None:
    now = time.time_ns() // 1_000_000
    office = make_authority("Dinas Sosial", now)
    strict = ssl.create_default_context(cadata=office.certificate)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    assert shake_hands(served(now=now, by=office), "kantor.example", strict) == ""
    assert "expired" in shake_hands(served(now=now - 200 * DAY, by=office), "kantor.example", strict)


def test_a_certificate_is_renewed_in_place_before_it_ends() -> None:
    tls = Certificates(OFFICE, ("kantor.example",), NOW)
    assert tls.renew(NOW + (LEAF_DAYS - 31) * DAY) is False
    assert tls.renew(NOW + (LEAF_DAYS - 29) * DAY) is True
    assert tls.renew(NOW + (LEAF_DAYS - 29) * DAY) is False
    assert shake_hands(tls.context, "kantor.example") == ""


def test_a_certificate_of_a_clock_that_was_ahead_is_renewed_when_it_is_right_again() -> None:
    """Browsers would take it for one that is not valid yet, and phones and people share the office."""
    tls = Certificates(OFFICE, ("kantor.example",), NOW + 365 * DAY)
    assert tls.renew(NOW + 364 * DAY) is True
    assert tls.renew(NOW + 364 * DAY) is False
    assert tls.renew(NOW) is True
    assert tls.renew(NOW) is False


def test_an_authority_is_kept_beside_the_key_and_read_back(tmp_path: Path) -> None:
    path = authority_path(tmp_path / "kantor.key")
    write_authority(path, OFFICE)
    assert read_authority(path) == OFFICE
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        write_authority(path, OTHER)


def test_an_authority_that_was_tampered_with_is_told(tmp_path: Path) -> None:
    path = tmp_path / "kantor.key.ca"
    with pytest.raises(AuthorityError):
        read_authority(path)
    for bad in (b"", b"{}", b"\xff"):
        path.write_bytes(bad)
        with pytest.raises(AuthorityError):
            read_authority(path)
    path.unlink()
    write_authority(path, Authority(certificate=OFFICE.certificate, private_key=OTHER.private_key))
    with pytest.raises(AuthorityError, match="together"):
        read_authority(path)


def test_no_key_of_a_server_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.memfd_create")  # as where the system has no files in memory
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Certificates(OFFICE, ("kantor.example",), NOW)
    assert list(tmp_path.rglob("*")) == []


def test_no_key_of_a_server_was_ever_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was on it for a moment only is found there later all the same."""
    monkeypatch.setattr(certificates.tempfile, "TemporaryDirectory", None)
    assert shake_hands(context_of(issue(OFFICE, ("10.0.0.1",), NOW)), "10.0.0.1") == ""


def test_a_server_without_a_name_gets_none() -> None:
    with pytest.raises(ValueError, match="name"):
        issue(OFFICE, (), NOW)
    assert timedelta(days=LEAF_DAYS) < timedelta(days=398)  # what browsers take at most


def test_a_renewal_that_failed_once_is_tried_again_the_next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    tls, tried = Certificates(OFFICE, ("kantor.example",), NOW), list[int]()

    def renew(now_ms: int) -> bool:
        tried.append(now_ms)
        if len(tried) == 1:
            raise OSError(errno.EMFILE, "too many open files")
        raise asyncio.CancelledError  # it was tried again, and that is enough

    monkeypatch.setattr(tls, "renew", renew)
    monkeypatch.setattr(running, "RENEW_EVERY_S", 0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(running.renew_in_time(tls, lambda: NOW))
    assert len(tried) == 2
