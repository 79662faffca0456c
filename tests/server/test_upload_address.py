"""Where an upload is said to be: whole where that is sure, else by its path alone."""

import pytest

from server.api.tus_headers import origin
from tests.server.conftest import Running
from tests.server.test_uploads import DATA, offset

PROXIED = {"x-forwarded-for": "10.0.0.9"}
SAID = {**PROXIED, "x-forwarded-proto": "https"}


def test_a_client_that_reads_whole_addresses_only_is_given_one(office: Running) -> None:
    phone = office.phone()
    place = phone.begin_upload(DATA).headers["location"]
    assert place.startswith(f"{office.address}/tus/")
    assert offset(phone, place) == 0


def test_a_proxy_that_is_believed_says_the_scheme(office: Running) -> None:
    """As `run --proxy` believes it; the server of these tests believes whoever comes from this machine."""
    place = office.phone().begin_upload(DATA, **{"x-forwarded-proto": "https"}).headers["location"]
    assert place.startswith(f"{office.address.replace('http:', 'https:')}/tus/")


@pytest.mark.parametrize(
    ("scheme", "arrived", "asked", "said"),
    [
        pytest.param("http", 8314, {"host": "10.1.2.3:8314"}, "http://10.1.2.3:8314", id="by-address"),
        pytest.param("https", 8314, {"host": "[fd00::1]:8314"}, "https://[fd00::1]:8314", id="tls"),
        pytest.param("https", 443, {"host": "dinsos.lokal"}, "https://dinsos.lokal", id="usual-port"),
        pytest.param("http", 8314, {"host": "10.1.2.3:9000"}, "http://10.1.2.3:9000", id="port-passed-on"),
        pytest.param("http", 8314, {"host": "dinsos.lokal"}, "", id="somebody-listens-at-the-usual-port"),
        pytest.param("http", 80, {"host": "[fd00::1"}, "", id="no-name"),
        pytest.param("http", 80, {"host": "dinsos.lokal:x"}, "", id="no-port"),
        pytest.param("http", 80, {}, "", id="nothing-asked"),
        pytest.param("https", 8314, {"host": "dinsos.lokal", **SAID}, "https://dinsos.lokal", id="our-proxy"),
        pytest.param("http", 8314, {"host": "dinsos.lokal", **SAID}, "", id="not-our-proxy"),
        pytest.param("http", 8314, {"host": "10.1.2.3:8314", **PROXIED}, "", id="proxy-without-a-scheme"),
        pytest.param("http", 8314, {"host": "10.1.2.3:8314", "via": "1.1 x"}, "", id="old-proxy"),
    ],
)
def test_only_what_is_sure_is_said_of_scheme_and_name(
    scheme: str, arrived: int, asked: dict[str, str], said: str
) -> None:
    assert origin({"scheme": scheme, "server": ("10.1.2.3", arrived)}, asked) == said
