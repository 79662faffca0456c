"""Uploads at an office of the simulation: what server/tus.py and server/api/tus.py do, less files and HTTP.

Rule: the offset is what is durable. A phone's side of it is the real one, field_app/tus.py.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace

from field_app.link import Failure, Reply
from schemas.ids import BlobId, DeviceId
from tests.simulation.office import Office, Upload


def handle(
    office: Office,
    device: DeviceId,
    method: str,
    path: str,
    headers: Mapping[str, str],
    data: bytes,
    now_ms: int,
) -> Reply | Failure:
    """Answer one request of an upload. Raises Crash, Full: then what was durable before still is."""
    match method:
        case "POST":
            return _create(office, device, headers, data, now_ms)
        case "HEAD":
            return _offset(office, path, now_ms)
        case _:
            return _append(office, path, int(headers["upload-offset"]), data, now_ms)


def _create(
    office: Office, device: DeviceId, headers: Mapping[str, str], data: bytes, now_ms: int
) -> Reply | Failure:
    named = headers["upload-metadata"].partition(" ")[2]
    blob = BlobId(base64.b64decode(named).decode())
    size = int(headers["upload-length"])
    path = f"/tus/{device}-{blob}"
    if office.is_destroyed(blob):
        return _refused(410)
    if office.holds(blob, device):
        return Reply(status=201, headers={"location": path, "upload-offset": str(size)})
    if data or path not in office.uploads:
        office.uploads[path] = Upload(device=device, blob=blob, size_bytes=size, data=b"")
    found = _append(office, path, 0, data, now_ms) if data else _offset(office, path, now_ms)
    return found if isinstance(found, Failure) else replace_status(found, 201, location=path)


def _offset(office: Office, path: str, now_ms: int) -> Reply | Failure:
    upload = office.uploads.get(path)
    if upload is None:
        return _finished(office, path)
    if len(upload.data) == upload.size_bytes and not office.finish(path, now_ms):
        return _refused(460)
    return _at(upload)


def _append(office: Office, path: str, offset: int, data: bytes, now_ms: int) -> Reply | Failure:
    upload = office.uploads.get(path)
    if upload is None:
        return _finished(office, path)
    if offset != len(upload.data):
        return _refused(409)
    if offset + len(data) > upload.size_bytes:
        return _refused(413)
    upload = office.uploads[path] = replace(upload, data=upload.data + data)
    if len(upload.data) == upload.size_bytes and not office.finish(path, now_ms):
        return _refused(460)
    return _at(upload)


def _finished(office: Office, path: str) -> Reply | Failure:
    """Answer for an upload that is no longer under way: it was finished, or is not known here."""
    device, _, blob = path.removeprefix("/tus/").partition("-")
    if not office.holds(BlobId(blob), DeviceId(device)):
        return _refused(404)
    return Reply(status=200, headers={"upload-offset": str(len(office.files[BlobId(blob)]))})


def _at(upload: Upload) -> Reply:
    return Reply(status=200, headers={"upload-offset": str(len(upload.data))})


def _refused(status: int) -> Failure:
    return Failure(kind="kantor", say="", status=status)


def replace_status(reply: Reply, status: int, **headers: str) -> Reply:
    """Return a reply with another status and further headers."""
    return Reply(status=status, headers={**reply.headers, **headers})
