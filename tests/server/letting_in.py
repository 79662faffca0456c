"""How tests let a phone in: the words on both sides are compared, as an officer would."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from field_app.enrol import Enrolled
from field_app.phone import Phone
from field_app.views import Waiting, Welcomed
from schemas.ids import DeviceId
from server.compose import Refused, close_office, open_office
from server.deps import Deps


def compare(deps: Deps, words: tuple[str, ...]) -> DeviceId:
    """Confirm the phone that shows these words."""
    [waiting] = [phone for phone in deps.joinings.waiting() if phone.words == words]
    device = deps.joinings.confirm(waiting.id, deps.office.person)
    assert isinstance(device, str), device
    return device


def let_in(phone: Phone, deps: Deps, address: str, code: str, pin: str) -> Enrolled:
    """Join a whole phone to an office: code, words, PIN."""
    waiting = phone.join(address, code)
    assert isinstance(waiting, Waiting), waiting
    assert phone.ask_joined() == waiting, "nobody compared the words yet"
    compare(deps, waiting.words)
    assert isinstance(phone.ask_joined(), Welcomed)
    done = phone.finish(pin)
    assert isinstance(done, Enrolled), done
    return done


def as_of_before(deps: Deps, device: DeviceId) -> None:
    """Make a phone one that joined when phones said no key for answers yet."""
    old = "UPDATE devices SET handover_key = NULL WHERE kabupaten = :kabupaten AND device = :device"
    deps.engine.write(lambda writer: writer.execute(old, {"device": device})).result()


@contextmanager
def beside(data: Path) -> Iterator[Deps]:
    """Open an office beside the process that serves it, as the command `device` does."""
    deps = open_office(data, None)
    assert not isinstance(deps, Refused)
    try:
        yield deps
    finally:
        close_office(deps)
