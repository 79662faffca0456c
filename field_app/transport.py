"""HTTP to the office. Rule: whatever comes back, the caller gets a message or a `Failure` with a sentence.

Bodies are MessagePack: those of a sync packed with words that both ends know, others deflated when that pays.
An answer is read up to a limit and decoded strictly, once. `Failure.kind` tells apart the network's trouble
(try again), the office's word (its own sentence) and garbage.
"""

import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar

import httpx
import msgspec

from field_app.link import OUT_OF_DATE, STRANGER, UNREACHABLE, Door, Failure, Reply
from field_app.pinning import pinned
from field_app.prepared import Prepared, prepare
from field_app.wires import Wires
from schemas.addresses import AddressProof, AddressQuestion, OfficeAddresses
from schemas.base import UNREADABLE, Message, decode, encode
from schemas.device_word import DeviceOrders, DeviceReport, WipeHeard, WipeWord
from schemas.handover import OfficeKey, OfficeKeyRequest
from schemas.ids import DeviceId
from schemas.office_keys import OfficeKeys
from schemas.packing import PACKED_TYPE, Packing, Refused, load_packing
from schemas.problem import MEDIA_TYPE as PROBLEM_TYPE
from schemas.problem import TEXTS
from schemas.wire import (
    MAX_BODY_BYTES,
    MEDIA_TYPE,
    EnrolRequest,
    JoinedAnswer,
    JoinedRequest,
    Joining,
    Login,
    LoginRequest,
    Nonce,
    NonceRequest,
    SignedAuthority,
    SyncRequest,
    SyncResponse,
)
from sync.chain import login_message
from sync.thin_links import fill_results, thin_request

T = TypeVar("T", bound=Message)
WORTH_DEFLATING, MAX_PROBLEM_BYTES = 200, 16 * 1024
MOST_RETRY_S = 60 * 60
"""An office that asks for more than an hour is tried after an hour."""
TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=10.0)
WINDOW_S, LEAST_BYTES = 120.0, 4 * 1024
"""So many bytes of an answer come within each so many seconds, or its rest does, as the office asks of us."""
CODE = re.compile(r"[a-z0-9_]{1,64}")
OK, TOO_MANY, UNAVAILABLE = 200, 429, 503
UNASKED_HEADERS = ("accept", "accept-encoding", "connection", "user-agent")
"""What httpx would say with each request and nobody here reads: a hundred bytes each time."""
TROUBLE = (httpx.TransportError, httpx.StreamError, httpx.InvalidURL, UnicodeError)
"""What httpx raises where nothing comes of a request."""
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""How OpenSSL says that whoever answered is not the one that was asked for."""
UNTIMELY = ("certificate has expired", "certificate is not yet valid")
"""How it says so where only the days do not fit. An office's own authority is trusted on any day."""
PLAIN = "identity"
INFLATES = {"deflate": zlib.MAX_WBITS, "gzip": 16 + zlib.MAX_WBITS}
"""How zlib reads each content coding. Nobody asks for gzip: proxies pack what passes all the same."""
NOT_UNPACKED = (f"{TEXTS}.kamus_tidak_dikenal", f"{TEXTS}.pesan_tidak_terbaca")
"""What an office says that lacks the newest dictionary, or is of a time before there was any."""


def open_link(door: Door, knows: Callable[[str], bool]) -> "HttpLink":
    """Make a link to an office: its own authority is trusted where it has one, else those of the system.

    Raises ssl.SSLError for an authority that is no certificate.
    """
    verify = pinned(door.authority) if door.authority else door.checked
    client = httpx.Client(timeout=TIMEOUT, trust_env=False, verify=verify)
    return HttpLink(door.address, knows, client, office=door.office)


class Written(NamedTuple):
    """A message as it travels."""

    body: bytes
    headers: dict[str, str]


class HttpLink:
    """See field_app.link.Link: one office at one address. `knows(key)` says whether a text exists for an
    office's problem; `office` is the id of the one to log in to, empty before it is known.
    """

    def __init__(
        self,
        address: str,
        knows: Callable[[str], bool],
        client: httpx.Client | None = None,
        packing: Packing | None = None,
        *,
        office: str = "",
    ) -> None:
        self._office = office
        self._address = address.rstrip("/")
        self._knows = knows
        self._client = client or httpx.Client(timeout=TIMEOUT, trust_env=False)
        for name in UNASKED_HEADERS:
            self._client.headers.pop(name, None)
        self._packing = packing or load_packing()
        self._wires = Wires(self._client)
        self._packs, self._closed, self._token, self._logins = True, False, "", 0
        self._prepared: Prepared | None = None

    def close(self) -> None:
        """Close all connections; what still runs on them ends at once, as a network's trouble."""
        self._closed = True
        self._wires.close()

    def authority(self) -> bytes | Failure:
        """Ask for the certificate (DER) of the office's authority. Whoever asks checks it."""
        return self._get("/api/authority")

    def signed_authority(self) -> SignedAuthority | Failure:
        """Ask for it with the office's signature, which whoever asks checks."""
        return self._read("/api/authority/signed", SignedAuthority)

    def office_keys(self) -> OfficeKeys | Failure:
        """Ask what leads from one key of the office's chain to the next. Whoever asks checks it."""
        return self._read("/api/authority/keys", OfficeKeys)

    def addresses(self) -> OfficeAddresses | Failure:
        """Ask where the office is, or will be. Whoever asks checks it."""
        return self._read("/api/addresses", OfficeAddresses)

    def prove(self, question: AddressQuestion) -> AddressProof | Failure:
        """Ask whoever answers whether it is the office, at this address. Whoever asks checks it."""
        return self._call("/api/addresses", question, AddressProof)

    def _read(self, path: str, kind: type[T]) -> T | Failure:
        found = self._get(path)
        if isinstance(found, Failure):
            return found
        try:
            return decode(found, kind)
        except UNREADABLE:
            return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=OK)

    def _get(self, path: str) -> bytes | Failure:
        headers = {"accept-encoding": "deflate"}
        try:
            with self._client.stream("GET", self._address + path, headers=headers) as answer:
                if answer.status_code != OK:
                    return self._refusal(answer)
                data = _body(answer, MAX_PROBLEM_BYTES)
        except TROUBLE as error:
            return _network(error)
        return data or Failure(kind="rusak", say="lapangan.jawaban_rusak", status=OK)

    def enrol(self, request: EnrolRequest) -> Joining | Failure:
        """Begin to join the office with a one-use code."""
        return self._call("/api/enrol", request, Joining)

    def joined(self, request: JoinedRequest) -> JoinedAnswer | Failure:
        """Ask whether an officer has let this phone in."""
        return self._call("/api/enrol/joined", request, JoinedAnswer)

    def login(self, device: DeviceId, sign: Callable[[bytes], bytes]) -> Failure | None:
        """Get a token by signing the office's nonce; one of another office is not signed."""
        nonce = self._call("/api/login/nonce", NonceRequest(device=device), Nonce)
        if isinstance(nonce, Failure):
            return nonce
        if self._office not in ("", nonce.server):
            return Failure(kind="rusak", say=STRANGER, status=OK)
        signature = sign(login_message(nonce.nonce, device, nonce.server))
        answer = self._call(
            "/api/login", LoginRequest(device=device, nonce=nonce.nonce, signature=signature), Login
        )
        if isinstance(answer, Failure):
            return answer
        self._token = answer.token
        self._logins += 1
        return None

    @property
    def logged_in(self) -> bool:
        """Whether there is a token; whether it is still good shows when it is used."""
        return bool(self._token)

    @property
    def logins(self) -> int:
        """How often it was logged in."""
        return self._logins

    def forget_token(self) -> None:
        """Log in anew before the next call."""
        self._token = ""

    def office_key(self, request: OfficeKeyRequest) -> OfficeKey | Failure:
        """Ask for the office's key for hand-over files."""
        return self._call("/api/handover/key", request, OfficeKey)

    def report(self, report: DeviceReport) -> DeviceOrders | Failure:
        """Say what there is to say of this phone, and hear what the office has for it. An office of before
        `closed` refuses a report with it, so it is left away where there is nothing to say.
        """
        said = report if report.closed else msgspec.structs.astuple(report)[:-1]
        return self._call("/api/device", said, DeviceOrders)

    def tell_wipe(self, word: WipeWord) -> Failure | None:
        """Bring a word on wiping; the office must answer for this very order."""
        answer = self._call("/api/device/wipe", word, WipeHeard)
        if isinstance(answer, Failure):
            return answer
        wrong = answer.order != word.order
        return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=OK) if wrong else None

    def prepare(self, request: SyncRequest) -> None:
        """See field_app.link.Link."""
        self._prepared = prepare(request, self._packing) if self._packs else None

    def sync(self, request: SyncRequest) -> SyncResponse | Failure:
        """Exchange one message. An office that cannot unpack it gets it again plain, and all after it."""
        answer = self._call("/api/sync", self._written(request), SyncResponse)
        if self._packs and isinstance(answer, Failure) and answer.say in NOT_UNPACKED:
            self._packs = False
            answer = self._call("/api/sync", self._written(request), SyncResponse)
        if isinstance(answer, Failure):
            return answer
        return fill_results(answer, request) or Failure(kind="rusak", say="lapangan.jawaban_rusak", status=OK)

    def send(
        self, method: str, path: str, headers: dict[str, str], content: Iterable[bytes] | None = None
    ) -> Reply | Failure:
        """Send a bare request, for uploads; `path` is relative to the address or a whole one of the same
        office.
        """
        url = self._url(path)
        if url is None:
            return Failure(kind="rusak", say="lapangan.jawaban_rusak")
        if self._closed:
            return Failure(kind="jaringan", say="lapangan.sambungan_putus")
        try:
            with self._client.stream(
                method, url, headers={**headers, **self._authorisation()}, content=content
            ) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    return self._refusal(answer)
                _body(answer, MAX_PROBLEM_BYTES)  # read to its end, so that the connection can be used again
                return Reply(status=answer.status_code, headers=dict(answer.headers))
        except TROUBLE as error:
            return _network(error)

    def _url(self, path: str) -> str | None:
        """Return the whole address; another office's address never gets the token."""
        if path.startswith("/") and not path.startswith("//"):
            return self._address + path
        return path if path.startswith(self._address + "/") else None

    def _call(self, path: str, message: Message | tuple[Any, ...] | Written, kind: type[T]) -> T | Failure:
        if self._closed:
            return Failure(kind="jaringan", say="lapangan.sambungan_putus")
        body, headers = message if isinstance(message, Written) else _deflated(encode(message))
        try:
            with self._client.stream(
                "POST", self._address + path, content=body, headers={**headers, **self._authorisation()}
            ) as answer:
                if answer.status_code != OK:
                    return self._refusal(answer)
                data = (
                    self._unpacked(answer)
                    if _media_type(answer) == PACKED_TYPE
                    else _body(answer, MAX_BODY_BYTES)
                )
        except TROUBLE as error:
            return _network(error)
        if data is None:
            return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=OK)
        try:
            return decode(data, kind)
        except UNREADABLE:
            return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=OK)

    def _refusal(self, answer: httpx.Response) -> Failure:
        """Read a problem (RFC 9457); anything else is named by its status alone."""
        status, retry_s = answer.status_code, _retry_s(answer.headers)
        if _media_type(answer) == PROBLEM_TYPE:
            data = _body(answer, MAX_PROBLEM_BYTES)
            code = _code(data) if data is not None else ""
            if CODE.fullmatch(code) and self._knows(f"{TEXTS}.{code}"):
                return Failure(kind="kantor", say=f"{TEXTS}.{code}", status=status, retry_s=retry_s)
        if status in (TOO_MANY, UNAVAILABLE) and (retry_s or status == TOO_MANY):
            return Failure(kind="jaringan", say="lapangan.kantor_sibuk", status=status, retry_s=retry_s)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Failure(kind="jaringan", say="lapangan.kantor_bermasalah", status=status, retry_s=retry_s)
        return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=status)

    def _written(self, request: SyncRequest) -> Written:
        """Return a sync message as it travels, as it was prepared if it was."""
        prepared, packing = self._prepared, self._packing
        if not self._packs:
            return _deflated(encode(thin_request(request)))
        if prepared is not None and prepared.fits(request):
            body = prepared.packed(request, packing)
        else:
            body = packing.pack(encode(thin_request(request)), packing.newest)
        return Written(body, {"content-type": PACKED_TYPE})

    def _unpacked(self, answer: httpx.Response) -> bytes | None:
        data = _body(answer, MAX_BODY_BYTES)
        found = self._packing.unpack(data, MAX_BODY_BYTES) if data is not None else None
        return None if found is None or isinstance(found, Refused) else found.data

    def _authorisation(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"} if self._token else {}


def _deflated(data: bytes) -> Written:
    headers = {"content-type": MEDIA_TYPE, "accept-encoding": "deflate"}
    if len(data) <= WORTH_DEFLATING:
        return Written(data, headers)
    return Written(zlib.compress(data), {**headers, "content-encoding": "deflate"})


def _media_type(answer: httpx.Response) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip()


def _body(answer: httpx.Response, limit: int) -> bytes | None:
    """Read a body up to `limit` bytes after inflating; None when it is longer or not what it says."""
    encoding = answer.headers.get("content-encoding", PLAIN).strip().lower()
    if encoding not in (PLAIN, *INFLATES):
        return None
    inflater = zlib.decompressobj(INFLATES[encoding]) if encoding in INFLATES else None
    data = bytearray()
    try:
        for chunk in _flowing(answer):
            data += inflater.decompress(chunk, limit + 1 - len(data)) if inflater else chunk
            if len(data) > limit:
                return None
    except zlib.error:
        return None
    if inflater and (not inflater.eof or inflater.unconsumed_tail or inflater.unused_data):
        return None
    return bytes(data)


def _flowing(answer: httpx.Response) -> Iterator[bytes]:
    """Give what comes of a body. Raises ReadTimeout once it only trickles: another line may be there by then,
    and nobody looks for it while this one is waited for.
    """
    since_s, came = time.monotonic(), 0
    for chunk in answer.iter_raw():
        yield chunk
        came += len(chunk)
        now_s = time.monotonic()
        if came >= LEAST_BYTES:
            since_s, came = now_s, 0
        elif now_s - since_s > WINDOW_S:
            raise httpx.ReadTimeout("it trickles", request=answer.request)


def _retry_s(headers: httpx.Headers) -> int:
    """Read Retry-After (RFC 9110 §10.2.3): seconds, or a time, compared with the office's own clock."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:9]), MOST_RETRY_S)
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
        return min(max(0, int(wait.total_seconds())), MOST_RETRY_S)
    except (TypeError, ValueError, OverflowError):
        return 0


def _code(data: bytes) -> str:
    try:
        found = msgspec.json.decode(data, type=dict[str, object]).get("code")
    except UNREADABLE:
        return ""
    return found if isinstance(found, str) else ""


def _network(error: Exception) -> Failure:
    match error:
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():
            return Failure(kind="rusak", say="lapangan.alamat_salah")
        case httpx.ConnectTimeout():
            return Failure(kind="jaringan", say=UNREACHABLE)
        case httpx.TimeoutException():
            return Failure(kind="jaringan", say="lapangan.kantor_lambat")
        case httpx.ConnectError() if any(word in str(error) for word in UNTIMELY):
            return Failure(kind="jaringan", say=OUT_OF_DATE)
        case httpx.ConnectError() if UNTRUSTED in str(error):
            return Failure(kind="jaringan", say=STRANGER)
        case httpx.ConnectError():
            return Failure(kind="jaringan", say=UNREACHABLE)
        case httpx.RemoteProtocolError():
            return Failure(kind="jaringan", say="lapangan.jawaban_rusak")
        case _:
            return Failure(kind="jaringan", say="lapangan.sambungan_putus")
