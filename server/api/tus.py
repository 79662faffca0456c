"""tus 1.0 at /tus/. Rule: an offset that is answered is durable, and what arrived before a cut is kept.

Creation, creation-with-upload, checksum, expiration, termination. PATCHes without a checksum are taken too:
the whole file is verified before it counts. A newer request for an upload ends an older one that still hangs.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from litestar import asgi
from litestar.types import Receive, Scope, Send

from schemas.ids import DeviceId
from schemas.problem import MEDIA_TYPE, Problem
from server.api import tus_headers
from server.api.messages import bearer
from server.api.upload_body import MOST_WAITING, UploadBody
from server.deps import Deps
from server.part_file import PartFile
from server.problems import problem_json, status_of
from server.tus import MAX_UPLOAD_BYTES
from server.upload_store import Upload

T = TypeVar("T")
Answer = tuple[int, dict[str, str]]

LEAST_BYTES = 16 * 1024
PATIENCE_S = 60.0
TAKE_OVER_S = 20.0


class _Hold:
    """One request's hold on an upload; a newer one asks it to let go."""

    def __init__(self) -> None:
        self.body: UploadBody | None = None
        self.is_wanted_elsewhere = False
        self.released = asyncio.Event()

    def give_up(self) -> None:
        """Ask the holder to store what it has and to stop."""
        self.is_wanted_elsewhere = True
        if self.body is not None:
            self.body.hurry()


class TusApp:
    """The HTTP side of uploads, as an ASGI application."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._holds: dict[str, _Hold] = {}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = headers.get("x-http-method-override", scope["method"]).upper()
        name = scope["path"].removeprefix("/tus").strip("/")
        result = await self._route(method, name, headers, receive)
        if result is not None:
            await _send(send, result, self._deps, is_head=method == "HEAD")

    async def _route(
        self, method: str, name: str, headers: dict[str, str], receive: Receive
    ) -> Answer | Problem | None:
        if method == "OPTIONS":
            return 204, {
                "Tus-Version": tus_headers.VERSION,
                "Tus-Extension": tus_headers.EXTENSIONS,
                "Tus-Max-Size": str(MAX_UPLOAD_BYTES),
                "Tus-Checksum-Algorithm": ",".join(tus_headers.ALGORITHMS),
            }
        if headers.get("tus-resumable") != tus_headers.VERSION:
            return Problem(code="unggah_versi")
        token = bearer(headers.get("authorization"))
        about_one = bool(name) and method in ("HEAD", "PATCH", "DELETE")
        found = await self._aside(self._of, token, name if about_one else "")
        match found:
            case Problem():
                return found
            case Upload():
                return await self._held(found, method, headers, receive)
            case _:
                if method == "POST" and not name:
                    return await self._create(found, headers, receive)
                return Problem(code="cara_salah" if name or method != "HEAD" else "unggah_tidak_ada")

    def _of(self, token: str | None, name: str) -> Upload | DeviceId | Problem:
        """Return the caller's upload of that name; without a name, who is calling."""
        device = self._deps.devices.device_of(token) if token else None
        if device is None:
            return Problem(code="perlu_masuk")
        return self._deps.uploads.find(device, name) if name else device

    async def _create(
        self, device: DeviceId, headers: dict[str, str], receive: Receive
    ) -> Answer | Problem | None:
        has_body = headers.get("content-type") == tus_headers.CHUNK_TYPE
        metadata = headers.get("upload-metadata", "")
        begun = await self._aside(
            lambda: self._deps.uploads.begin(
                device,
                tus_headers.number(headers.get("upload-length")),
                tus_headers.announced_hash(metadata),
                metadata,
                fresh=has_body,
            )
        )
        if isinstance(begun, Problem):
            return begun
        place = {"Location": f"/tus/{begun.upload.id}"}
        if not has_body or begun.upload.done:
            return 201, {**place, **tus_headers.about(begun.upload, begun.offset)}
        result = await self._held(begun.upload, "PATCH", {**headers, "upload-offset": "0"}, receive)
        if isinstance(result, tuple):
            return 201, {**place, **result[1]}
        return result

    async def _held(
        self, upload: Upload, method: str, headers: dict[str, str], receive: Receive
    ) -> Answer | Problem | None:
        """Do one thing with an upload while nobody else does."""
        while (other := self._holds.get(upload.id)) is not None:
            other.give_up()
            await asyncio.wait_for(other.released.wait(), TAKE_OVER_S)
        hold = self._holds[upload.id] = _Hold()
        try:
            match method:
                case "HEAD":
                    offset = await self._aside(self._deps.uploads.offset, upload)
                    if isinstance(offset, Problem):
                        return offset
                    return 200, tus_headers.about(upload, offset)
                case "DELETE":
                    await self._aside(self._deps.uploads.remove, upload)
                    return 204, {}
                case _:
                    return await self._patch(upload, hold, headers, receive)
        finally:
            del self._holds[upload.id]
            hold.released.set()

    async def _patch(
        self, upload: Upload, hold: _Hold, headers: dict[str, str], receive: Receive
    ) -> Answer | Problem | None:
        if headers.get("content-type") != tus_headers.CHUNK_TYPE:
            return Problem(code="unggah_jenis_isi")
        check = tus_headers.checksum(headers.get("upload-checksum"))
        if isinstance(check, Problem):
            return check
        if upload.done:
            return self._at(upload, upload.size_bytes, headers)
        part = await self._aside(self._deps.uploads.open, upload)
        hold.body = body = UploadBody(receive)
        if hold.is_wanted_elsewhere:
            body.hurry()
        try:
            refused = self._at(upload, part.offset, headers)
            if isinstance(refused, Problem):
                return refused
            result = await self._store(upload, part, body, check)
            offset = part.offset
            if not isinstance(result, Problem) and offset == upload.size_bytes:
                unfit = await self._aside(self._deps.uploads.finish, upload, part)
                if unfit is not None:
                    return unfit
        finally:
            await body.close()
            await self._aside(part.close)
        if isinstance(result, Problem):
            return result
        return (204, tus_headers.about(upload, offset)) if result else None

    def _at(self, upload: Upload, offset: int, headers: dict[str, str]) -> Answer | Problem:
        """Refuse a PATCH that does not begin where the upload stands, or that would go beyond its end."""
        announced = tus_headers.number(headers.get("content-length"))
        if tus_headers.number(headers.get("upload-offset")) != offset:
            return Problem(code="unggah_posisi_berbeda", values={"posisi": str(offset)})
        if announced is not None and offset + announced > upload.size_bytes:
            return Problem(code="unggah_lebih_panjang")
        return 204, tus_headers.about(upload, offset)

    async def _store(
        self, upload: Upload, part: PartFile, body: UploadBody, check: tuple[Any, bytes] | None
    ) -> bool | Problem:
        """Store what comes, durably. Returns whether the body came whole."""
        start = part.mark()
        while True:
            data = await body.take(LEAST_BYTES, MOST_WAITING, PATIENCE_S)
            if part.offset + len(data) > upload.size_bytes:
                await self._aside(part.back_to, start)
                return Problem(code="unggah_lebih_panjang")
            if check is not None:
                check[0].update(data)
            await self._aside(part.append, data)
            if body.is_empty and (body.is_whole or body.is_cut):
                break
        is_whole = body.is_whole
        if check is not None and (not is_whole or check[0].digest() != check[1]):
            await self._aside(part.back_to, start)
            return Problem(code="unggah_checksum_salah")
        return is_whole

    async def _aside(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._deps.pool, work, *args)


async def _send(send: Send, result: Answer | Problem, deps: Deps, *, is_head: bool) -> None:
    body = b""
    if isinstance(result, Problem):
        status, headers = status_of(result), {"Content-Type": MEDIA_TYPE}
        if "posisi" in result.values:
            headers["Upload-Offset"] = result.values["posisi"]
        body = problem_json(result, deps.text)
    else:
        status, headers = result
    headers = {"Tus-Resumable": tus_headers.VERSION, "Cache-Control": "no-store", **headers}
    if status != 204:
        headers["Content-Length"] = str(len(body))
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if is_head else body, "more_body": False})


def tus_routes(deps: Deps) -> list[Any]:
    """Return the handler of uploads."""
    app = TusApp(deps)

    @asgi("/tus", is_mount=True, copy_scope=True)
    async def tus(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return [tus]
