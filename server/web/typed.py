"""What somebody typed, given back when the office could not take it: on which page, and on which answers.

A session that ended, a form of an earlier session, an office that failed: in each case the words are kept for
their writer (server/services/unsent.py) and stand in the same form when its page is opened again.

Rule: nothing of the sealed room leaves the room, and no password or code is kept: those forms are never kept.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment
from litestar import Request, Response

from schemas import format as written
from schemas.ids import PersonId
from server.accounts import is_same_writer
from server.services.unsent import Unsent, UnsentForms
from server.web.errors import ExpiredError, UnreadableError
from server.web.refill import put_back

Asking = Request[Any, Any, Any]

NEVER = ("ruang", "masuk", "akun", "keluar", "tampilan", "tulisan")
"""Where an address begins whose forms are kept nowhere: they hold a secret, or say nothing."""
ACTIONS = frozenset({
    "alarm", "batal", "berkas", "buka", "cari", "ekspor", "keputusan", "laporan", "masalah.xlsx", "periksa",
    "peta", "pisah", "salinan", "serahkan", "surat", "tarik", "usul",
})  # fmt: skip
"""How an address ends that only receives a form: it stands on the page above."""
ELSEWHERE = {
    "/surat": ("/surat/baru", ("jenis", "kasus", "kunjungan", "wilayah")),
    "/ekspor": ("/ekspor", ("data",)),
    "/hari-libur": ("/hari-libur", ("tahun",)),
}
"""Forms whose page has an address of its own, and the fields that stand in it."""
SECRET = re.compile(r"csrf|tulisan|sandi|frasa.*|lama|baru")
PLAIN = re.compile(r"[a-z0-9_.-]*")
"""What no person wrote: a code, a number, a choice."""
WRITTEN_UNDER = "tulis."
WRITER = "writer"
"""Where a request keeps who wrote its form, once that is known."""
FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS, NAME_BYTES = 600, 8
LONGEST = 200_000
"""Of each field so many letters are kept."""
MAIN = '<main id="isi" tabindex="-1">'


def page_of(path: str) -> str:
    """Return the page that a form of this address stands on; empty where it is kept nowhere."""
    if path.split("/")[1] in NEVER:
        return ""
    if path in ELSEWHERE:
        return ELSEWHERE[path][0]
    above, _, last = path.rpartition("/")
    return above if above and last in ACTIONS else path


def is_worded(given: Mapping[str, str]) -> bool:
    """Say whether a form holds anything that a person wrote, and not choices alone."""
    return any(
        PLAIN.fullmatch(value.strip()) is None or (name.startswith(WRITTEN_UNDER) and value.strip())
        for name, value in given.items()
        if SECRET.fullmatch(name) is None
    )


class Typing:
    """Keeps what was typed, and puts it back. `unsent` holds it, `templates` say so."""

    def __init__(
        self,
        unsent: UnsentForms,
        templates: Environment,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self.unsent = unsent
        self._templates, self._now_ms, self._randomness = templates, now_ms, randomness

    async def read(self, request: Asking, csrf: str) -> dict[str, str]:
        """Read a posted form that carries this token. Raises ExpiredError, UnreadableError.

        Of somebody who is known it is kept if its token is of an earlier session of theirs: logged in again
        beside an old page, they find what stands on it on a new one, and nothing is done with it. What was
        written by another who was here before them is not theirs.
        """
        fields = await fields_of(request)
        request.state.given = fields
        said = fields.get("csrf", "")
        if not hmac.compare_digest(said.encode(), csrf.encode()):
            raise ExpiredError(self.keep(request) if is_same_writer(said, csrf) else "")
        if WRITER in request.state:
            self.unsent.drop(request.state[WRITER], fields.get("tulisan", ""))
        return fields

    async def read_stopped(self, request: Asking, csrf: str, writer: PersonId) -> str:
        """Keep what somebody typed whose session ended meanwhile, or who must set up the second step of the
        login first, if the form is that session's own.

        Returns the address of the page to go back to, empty where there is none.
        Raises ExpiredError and UnreadableError for a form that is not its own.
        """
        if request.method != "POST" or not page_of(request.url.path) or not _is_form(request):
            return ""
        await self.read(request, csrf)
        request.state[WRITER] = writer
        return self.keep(request)

    def keep(self, request: Asking) -> str:
        """Keep the form that was read, for its writer.

        Returns the address of its page; empty where nobody is known, nothing was written, or such a form is
        not kept.
        """
        if WRITER not in request.state or "given" not in request.state:
            return ""
        given: dict[str, str] = request.state.given
        action = request.url.path
        page = page_of(action)
        if not page or not is_worded(given):
            return ""
        kept = {key: value[:LONGEST] for key, value in given.items() if SECRET.fullmatch(key) is None}
        fields = ELSEWHERE[action][1] if action in ELSEWHERE else ()
        query = urlencode({key: kept[key] for key in fields if kept.get(key)}) or request.url.query
        form = Unsent(
            id=given.get("tulisan") or self._randomness(NAME_BYTES).hex(),
            action=action,
            page=page,
            target=f"{page}?{query}" if query else page,
            given=kept,
            at_ms=self._now_ms(),
        )
        self.unsent.keep(request.state[WRITER], form)
        return form.target

    def give_back(self, request: Asking, person: PersonId, csrf: str, drawn: Response[str]) -> Response[str]:
        """Put what its reader typed into a page: just now, where it was not taken, or earlier."""
        if request.method == "GET":
            self._opened(request, person, csrf, drawn)
        elif drawn.status_code and drawn.status_code >= HTTPStatus.BAD_REQUEST and "given" in request.state:
            self._answered(request, request.state.given, drawn)
        return drawn

    def _answered(self, request: Asking, given: Mapping[str, str], drawn: Response[str]) -> None:
        path = request.url.path
        if not page_of(path):
            return
        if given.get("tulisan"):
            self.keep(request)
        meant = partial(_is, path=path, request=request)
        filled = put_back(drawn.content, meant, given, given.get("tulisan", ""))
        if filled is not None:
            drawn.content = filled

    def _opened(self, request: Asking, person: PersonId, csrf: str, drawn: Response[str]) -> None:
        html, said = drawn.content, ""
        for each in self.unsent.on(person, request.url.path):
            meant = partial(_is, path=each.action, request=request)
            filled = put_back(html, meant, each.given, each.id)
            html = html if filled is None else filled
            said += self._said(each, csrf, is_back=filled is not None)
        if said:
            drawn.content = html.replace(MAIN, f"{MAIN}\n{said}", 1)

    def _said(self, each: Unsent, csrf: str, *, is_back: bool) -> str:
        """Say that something came back; the words stand there too, should the form look otherwise by now."""
        values = [value.strip() for name, value in each.given.items() if is_worded({name: value})]
        return self._templates.get_template("_put_back.html").render(
            words=values, name=each.id, csrf=csrf, clock=written.clock(each.at_ms), is_back=is_back
        )


async def fields_of(request: Asking) -> dict[str, str]:
    """Read a posted form, whoever wrote it: nothing may be done with it. Raises UnreadableError."""
    if not _is_form(request):
        raise UnreadableError
    try:
        body = (await request.body()).decode()
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise UnreadableError from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def _is_form(request: Asking) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip() == FORM_TYPE


def _is(action: str, path: str, request: Asking) -> bool:
    """Say whether a form's action is this address; a form without one is sent to its own page."""
    return (urlsplit(action).path or request.url.path) == path
