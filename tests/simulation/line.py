"""The line of one sync between a phone and an office, with what goes wrong on it. Rule: only bytes pass.

Every message is a step; the troubles of a sync name the steps that they meet. What fails looks to the phone
as it does in real life: no answer.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Protocol

import msgspec

from field_app.link import Failure, Reply
from schemas.base import decode, encode
from schemas.handover import OfficeKey, OfficeKeyRequest
from schemas.ids import DeviceId
from schemas.office_keys import OfficeKeys
from schemas.wire import SyncRequest, SyncResponse
from tests.simulation import uploads
from tests.simulation.faults import Crash, Full, Fuse, Violation
from tests.simulation.office import Answer, Fsync, Office
from tests.simulation.story import Trouble

MOST_WRITES = 9
"""A push writes about so often; a fuse that is longer blows at the commit."""
MOST_TURNS = 60
"""The longest that a message is under way, in events."""
NO_ANSWER = Failure(kind="jaringan", say="")
Message = tuple[DeviceId, bytes]


class Post(Protocol):
    """What the world does for a line."""

    now_ms: int

    def office_at(self, place: int) -> Office:
        """Return the office that answers at an address now."""
        ...

    def late(self, message: Message) -> None:
        """Deliver a request later, when its sender has given up."""
        ...

    def due(self) -> list[Message]:
        """Return the late requests that arrive just now."""
        ...

    def count(self, kind: str) -> None:
        """Count one thing that went wrong."""
        ...


class Line:
    """One sync's line."""

    def __init__(
        self, post: Post, place: int, device: DeviceId, phone: Fuse, troubles: Sequence[Trouble]
    ) -> None:
        self._post, self._place, self._device, self._phone = post, place, device, phone
        self._troubles = {trouble.step: trouble for trouble in troubles}
        self._step = 0

    @property
    def office(self) -> Office:
        """The office that answers at this address now."""
        return self._post.office_at(self._place)

    @property
    def logged_in(self) -> bool:
        """Whether there is a token: logging in is not part of the simulation."""
        return True

    def exchange(self, request: SyncRequest) -> Generator[int, None, SyncResponse | None]:
        """Send one message. Yields for how many events its answer is under way; returns None without one."""
        body = encode(request)
        trouble = self._next()
        kind, at = (trouble.kind, trouble.at) if trouble else ("", 0)
        match kind:
            case "lose_request":
                self._post.count(kind)
                return None
            case "late":
                self._post.count(kind)
                self._post.late((self._device, body))
                return None
            case "cut_request":
                self._post.count(kind)
                self._refuses(body[: at % len(body)])
                return None
            case "office_crash" | "office_full":
                self.office.fuse.light(Crash if kind == "office_crash" else Full, at % MOST_WRITES)
                answer = self._ask([body])
                self.office.fuse.out()
                return answer
            case "office_fsync":
                return self._ask([body], fails=True)
            case "phone_crash" | "phone_full":
                self._phone.light(Crash if kind == "phone_crash" else Full, at % 2)
                return self._ask([body])
            case "twice":
                self._post.count(kind)
                return self._ask([body, body])
            case _:
                answer = self._ask([body])
        if answer is None:
            return None
        if kind:
            self._post.count(kind)
        match kind:
            case "lose_answer":
                return None
            case "cut_answer":
                self._is_broken(encode(answer), at)
                return None
            case "repeat":
                self._ask([body])
            case "pause":
                yield 1 + at % MOST_TURNS
        return answer

    def send(
        self, method: str, path: str, headers: dict[str, str], content: Iterable[bytes] | None = None
    ) -> Reply | Failure:
        """Send one request of an upload: see field_app/link.py."""
        data = b"".join(content) if content is not None else b""
        trouble = self._next()
        kind, at = (trouble.kind, trouble.at) if trouble else ("", 0)

        def ask(sent: bytes) -> Reply | Failure:
            return uploads.handle(self.office, self._device, method, path, headers, sent, self._post.now_ms)

        match kind:
            case "lose_request" | "late" | "office_fsync":
                self._post.count("lose_request" if kind == "late" else kind)
                return NO_ANSWER
            case "cut_request" if data:
                self._post.count("cut_upload")
                ask(data[: at % len(data)])
                return NO_ANSWER
            case "office_crash" | "office_full":
                return self._breaks(ask, data, Crash if kind == "office_crash" else Full, at)
            case "lose_answer" | "cut_answer":
                self._post.count(kind)
                ask(data)
                return NO_ANSWER
            case "repeat" | "twice":
                self._post.count(kind)
                reply = ask(data)
                ask(data)
                return reply
            case "phone_crash":
                self._post.count(kind)
                ask(data)
                raise Crash
            case _:
                return ask(data)

    def office_keys(self) -> OfficeKeys | Failure:
        """Ask what leads to the office's present key: see field_app/link.py."""
        return NO_ANSWER if self._fails() else decode(encode(self.office.office_keys()), OfficeKeys)

    def office_key(self, asked: OfficeKeyRequest) -> OfficeKey | Failure:
        """Ask for the office's key of hand-over files."""
        return NO_ANSWER if self._fails() else self.office.office_key()

    def addresses(self) -> Failure:
        """Where the office may be is not part of the simulation."""
        return NO_ANSWER

    def _fails(self) -> bool:
        """Say whether a question that changes nothing gets no answer. Raises Crash where the phone stops."""
        trouble = self._next()
        if trouble is None:
            return False
        self._post.count(trouble.kind)
        if trouble.kind == "phone_crash":
            raise Crash
        return trouble.kind not in ("repeat", "twice", "pause", "phone_full")

    def _breaks(
        self, ask: Callable[[bytes], Reply | Failure], data: bytes, kind: type[Exception], at: int
    ) -> Failure:
        """Let the office stop or run full in the middle of an upload, or when it would note its end."""
        sent = data[: at % (len(data) + 1)]
        self.office.fuse.light(kind, 0)
        try:
            ask(sent)
            self._post.count("cut_upload")
        except (Crash, Full):
            pass
        finally:
            self.office.fuse.out()
        return NO_ANSWER

    def _next(self) -> Trouble | None:
        self._step += 1
        return self._troubles.get(self._step - 1)

    def _ask(self, bodies: Sequence[bytes], *, fails: bool = False) -> SyncResponse | None:
        """Deliver a request, so often, together with those that are late; return the answer, if any."""
        messages = [*self._post.due(), *((self._device, body) for body in bodies)]
        try:
            answers: list[Answer] = self.office.receive(messages, self._post.now_ms, fails=fails)
        except (Crash, Fsync):
            return None
        mine = answers[-1]
        if isinstance(mine, str):
            if mine != "penyimpanan_penuh":
                raise Violation("an honest message was refused", mine)
            return None
        return mine

    def _refuses(self, cut: bytes) -> None:
        [answer] = self.office.receive([(self._device, cut)], self._post.now_ms)
        if not isinstance(answer, str):
            raise Violation("a message that was cut was answered")

    def _is_broken(self, data: bytes, at: int) -> None:
        try:
            decode(data[: at % len(data)], SyncResponse)
        except msgspec.DecodeError:
            return
        raise Violation("an answer that was cut was read")
