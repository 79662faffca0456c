"""What tests of the audit trail share: a visit with a story, a login, and what the trail tells."""

import httpx

from schemas.ids import RecordId
from server.services.trail import Asked, Line, Lines, Trail
from server.trail_store import Place
from sync.change import Accessed, Decide
from tests.server.room_office import csrf
from tests.server.web_office import PASSWORD, Office


def sent_back_visit(office: Office) -> RecordId:
    """Let somebody visit, and kabid look at it and send it back."""
    made, change = office.add_visit()
    kabid = office.people["kabid"]
    office.deps.office.act(kabid, Accessed(subject=made, purpose="Memeriksa aduan 12"))
    reasons = {"bpnt_kpm.nama": "Nama Sutarmi salah tulis"}
    decide = Decide(visit=made, follows=change, decision="kembalikan", reasons=reasons, note="")
    office.deps.office.act(kabid, decide)
    return made


def login(http: httpx.Client, username: str) -> None:
    form = {"csrf": csrf(http.get("/masuk")), "nama": username, "sandi": PASSWORD}
    assert http.post("/masuk", data=form).status_code in (200, 303)


def trail_of(office: Office) -> Trail:
    deps = office.deps
    return Trail(deps.engine, deps.office.person, deps.text, deps.workflows, deps.forms)


def found(office: Office, role: str = "pengawas", **asked: object) -> list[Line]:
    page = trail_of(office).search(office.person(role), Asked(**asked), Place())
    assert isinstance(page, Lines)
    return list(page.lines)
