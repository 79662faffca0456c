"""Photos of a visit. Rule: bytes are reached only through a visit that the reader may see."""

import re
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import BlobId, RecordId
from server.services.answers import place_words
from server.services.people import Denied
from server.services.proofs import distance_m
from server.services.review import NotThere, Shown
from server.thumbnails import whole
from server.web.errors import ForbiddenError, MissingError
from server.web.site import SECURITY_HEADERS, Asking, Site, Visitor

KEEP_SECONDS = 600


class Fact(Data, frozen=True, kw_only=True):
    """One thing known of a photo."""

    label: str
    value: str
    mono: bool = False


def photo_routes(site: Site) -> list[Any]:
    """Return the handlers of photos: the page, the picture, and its thumbnail."""

    async def shown(request: Asking, visit: str, blob: str) -> tuple[Visitor, Shown]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: site.reviews.photo(visitor.person, RecordId(visit), BlobId(blob)))
        match found:
            case Shown(held=True):
                return visitor, found
            case Denied():
                raise ForbiddenError
            case Shown() | NotThere():
                raise MissingError

    @get("/kunjungan/{visit:str}/foto/{blob:str}")
    async def photo_page(request: Asking, visit: FromPath[str], blob: FromPath[str]) -> Response[str]:
        visitor, found = await shown(request, visit, blob)
        data = await site.work(lambda: whole(site.deps.blobs, BlobId(blob)))
        facts = await site.work(lambda: _facts(site, found, data))
        photo = {"label": found.label, "blob": blob}
        values = {"visit_id": visit, "name": found.name, "photo": photo, "facts": facts}
        return await site.page("photo/photo.html", visitor, "antrean", values)

    @get("/kunjungan/{visit:str}/foto/{blob:str}/isi")
    async def photo_bytes(request: Asking, visit: FromPath[str], blob: FromPath[str]) -> Response[bytes]:
        _, found = await shown(request, visit, blob)
        data = await site.work(lambda: whole(site.deps.blobs, BlobId(blob)))
        media_type = found.evidence.media_type
        known = media_type if media_type in ("image/jpeg", "image/png") else "application/octet-stream"
        return _picture(data, known, "no-store")

    @get("/kunjungan/{visit:str}/foto/{blob:str}/kecil")
    async def thumbnail(request: Asking, visit: FromPath[str], blob: FromPath[str]) -> Response[bytes]:
        await shown(request, visit, blob)
        small = await site.work(lambda: site.thumbnails.get(BlobId(blob)))
        if small is None:
            raise MissingError
        return _picture(small, "image/jpeg", f"private, max-age={KEEP_SECONDS}")

    return [photo_page, photo_bytes, thumbnail]


def _picture(data: bytes, media_type: str, keep: str) -> Response[bytes]:
    headers = {**SECURITY_HEADERS, "cache-control": keep, "content-disposition": "inline"}
    return Response(content=data, media_type=media_type, headers=headers)


def _facts(site: Site, found: Shown, data: bytes) -> list[Fact]:
    text, item = site.text, found.evidence
    none = text("kantor.foto.lokasi_hilang")
    place = item.place
    said = place_words(place.lat, place.lng, place.accuracy_m, text) if place else none
    if place and found.visit_place:
        apart = written.distance(distance_m((place.lat, place.lng), found.visit_place))
        said = f"{said} · {text('kantor.tinjau.foto_jauh', jarak=apart)}"
    facts = [
        ("diambil", written.date_and_clock(item.taken_ms), False),
        ("tempat", said, False),
        *((("sumber", place.source.upper(), False),) if place else ()),
        *_from_picture(site, data),
        ("ukuran", f"{written.number(item.size_bytes / 1024)} KB", False),
        ("sidik", item.blob, True),
        ("sidik_kamera", item.camera_sha256, True),
    ]
    return [
        Fact(label=text(f"kantor.foto.{key}"), value=value, mono=mono) for key, value, mono in facts if value
    ]


def _from_picture(site: Site, data: bytes) -> list[tuple[str, str, bool]]:
    """Read the allow-list of EXIF back from the evidence itself."""
    seen = site.deps.parsers.look(data)
    if seen is None:
        return []
    facts = [
        ("piksel", f"{seen.width} × {seen.height}", False),
        ("kamera", seen.camera, False),
        ("exif_waktu", _moment(seen.taken), False),
    ]
    if seen.place is not None:
        lat, lng = (written.number(part, 5) for part in seen.place)
        facts.append(("exif_tempat", f"{lat}; {lng}", False))
    return facts


def _moment(taken: str) -> str:
    """Write EXIF's `2026:11:22 08:51:36` as people do; anything else as it came."""
    found = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)", taken)
    if found is None:
        return taken
    year, month, day, hour, minute, second = found.groups()
    return f"{day}-{month}-{year}, {hour}.{minute}.{second}"
