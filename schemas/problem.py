"""A coded problem, for people and programs alike. Rule: the code names it, the texts say it in Indonesian.

The sentence of code `x` is the text `masalah.x`: what happened and what to do next, without personal data.
HTTP statuses are in server/problems.py.
"""

from schemas.base import Data

TEXTS = "masalah"


class Problem(Data, frozen=True, kw_only=True):
    """An expected refusal. `values` fill the fields of its sentence."""

    code: str
    values: dict[str, str] = {}


class ProblemDetails(Data, frozen=True, kw_only=True, omit_defaults=True):
    """How a problem travels over HTTP (RFC 9457, `application/problem+json`).

    `member`: which member of a message cannot be read, such as `links[2]`; for whoever writes a client.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    member: str = ""


MEDIA_TYPE = "application/problem+json"
