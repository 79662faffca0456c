"""An office behind a public certificate, and a phone whose clock stands before or after the days of it.

Rule: she is told of the day, and not that a stranger answers; here the days of the certificate are moved.
"""

import ssl
from typing import Any

import httpx._transports.default as http
import pytest

from server.certificates import authority_path, read_authority
from server.keys import default_path
from tests.faults.conftest import Make
from tests.faults.test_moved_offices import TLS
from tests.faults.test_office_clock import YEAR_MS
from tests.faults.world import pending, sync, visit, words

DAYS = {"a phone at 1970": YEAR_MS, "a certificate that ended": -YEAR_MS}


@pytest.mark.parametrize("off_ms", DAYS.values(), ids=DAYS.keys())
def test_a_certificate_whose_days_do_not_fit_the_phones_clock_is_not_called_a_strangers(
    regency: Make, monkeypatch: pytest.MonkeyPatch, off_ms: int
) -> None:
    """Row 91. A phone that trusts what its system trusts looks at the days, other than one with a pin."""
    world = regency(served=False)
    own = read_authority(authority_path(default_path(world.office))).certificate
    make = http.create_ssl_context

    def trusting(verify: Any = True, **others: Any) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=own) if verify is True else make(verify=verify, **others)

    monkeypatch.setattr(http, "create_ssl_context", trusting)
    world.serve(options=TLS)
    phone = world.phone()
    assert phone.owner.authority == b""
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    for ahead_ms in (off_ms, 0):
        world.kill()
        world.set_clock(ahead_ms)
        world.serve(options=TLS)
        if ahead_ms:
            failure = phone.worker.run_once()
            assert failure is not None and failure.say == "lapangan.tanggal_sertifikat"
            assert failure.say in phone.text and pending(phone) == (1, 1)
    sync(phone)
    assert (words(phone), world.versions(done.visit)) == (["diterima"], [done.change.hex()])
