"""tus 1.0 at /tus/. Rule: an offset that is answered is durable, and what arrived before a cut is kept.

Creation, creation-with-upload, checksum, expiration, termination. PATCHes without a checksum are taken too:
the whole file is verified before it counts. A newer request for an upload ends an older one that still hangs;
so does a newer creation by the same device of the same file, of which nobody knows an address yet.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from litestar import asgi
from litestar.types import Receive, Scope, Send

from schemas.ids import DeviceId
from schemas.problem import MEDIA_TYPE, Problem
from server.api import tus_headers
from server.api.messages import bearer
from server.api.upload_body import UploadBody
from server.api.upload_intake import UploadIntake
from server.deps import Deps
from server.part_file import PartFile
from server.problems import problem_json, status_of
from server.tus import MAX_UPLOAD_BYTES
from server.upload_store import Upload

T = TypeVar("T")
Answer = tuple[int, dict[str, str]]

TAKE_OVER_S = 20.0


class _Hold:
    """One request's hold on an upload; a newer one asks it to let go."""

    def __init__(self, body: UploadBody | None) -> None:
        self._body = body
        self.released = asyncio.Event()

    def give_up(self) -> None:
        """Ask the holder to store what it has and to stop."""
        if self._body is not None:
            self._body.hurry()


class TusApp:
    """The HTTP side of uploads, as an ASGI application."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._holds: dict[object, _Hold] = {}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = headers.get("x-http-method-override", scope["method"]).upper()
        name = scope["path"].removeprefix("/tus").strip("/")
        has_bytes = tus_headers.has_bytes(method, headers)
        # it is read from now on: what is cut while we look who is calling arrived all the same
        body = UploadBody(receive) if has_bytes else None
        what = name or tus_headers.announced_hash(headers.get("upload-metadata"))
        try:
            # in the order in which they came: who asks for the offset may be known before who sends
            async with self._alone((headers.get("authorization"), what), body):
                result = await self._route(method, name, headers, body)
        finally:
            if body is not None:
                await body.close()
        if result is not None:
            where = tus_headers.origin(scope, headers)
            await _send(send, result, self._deps, where, is_head=method == "HEAD")

    async def _route(
        self, method: str, name: str, headers: dict[str, str], body: UploadBody | None
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
        if body is not None and not isinstance(found, Problem):
            body.admit()
        match found:
            case Problem():
                return found
            case Upload():
                async with self._alone(found.id, body) as waited:
                    # who was here before may have finished or ended it
                    now = await self._aside(self._deps.uploads.find, found.device, name) if waited else found
                    return now if isinstance(now, Problem) else await self._do(now, method, headers, body)
            case _:
                if method == "POST" and not name:
                    file = tus_headers.announced_hash(headers.get("upload-metadata"))
                    async with self._alone(f"{found} {file}", body):
                        return await self._create(found, file, headers, body)
                return Problem(code="cara_salah" if name or method != "HEAD" else "unggah_tidak_ada")

    def _of(self, token: str | None, name: str) -> Upload | DeviceId | Problem:
        """Return the caller's upload of that name; without a name, who is calling."""
        device = self._deps.devices.device_of(token) if token else None
        if device is None:
            return Problem(code="perlu_masuk")
        return self._deps.uploads.find(device, name) if name else device

    @asynccontextmanager
    async def _alone(self, what: object, body: UploadBody | None) -> AsyncGenerator[bool]:
        """Let nobody else work on an upload meanwhile; gives whether one did, who was asked to stop."""
        waited = False
        while (other := self._holds.get(what)) is not None:
            waited = True
            other.give_up()
            await asyncio.wait_for(other.released.wait(), TAKE_OVER_S)
        hold = self._holds[what] = _Hold(body)
        try:
            yield waited
        finally:
            del self._holds[what]
            hold.released.set()

    async def _create(
        self, device: DeviceId, file: str | None, headers: dict[str, str], body: UploadBody | None
    ) -> Answer | Problem | None:
        uploads, metadata = self._deps.uploads, headers.get("upload-metadata", "")
        finds = tus_headers.asks_for_begun(metadata)
        make = uploads.plan if body is not None else uploads.begin if finds else uploads.begin_anew
        upload = await self._aside(
            make, device, tus_headers.number(headers.get("upload-length")), file, metadata
        )
        if isinstance(upload, Problem):
            return upload
        if body is not None and not upload.done:
            made = await self._take(upload, None, body, {**headers, "upload-offset": "0"}, is_stored=False)
        else:
            async with self._alone(upload.id, None):
                made = upload, await self._aside(uploads.offset, upload)
        match made:
            case (upload, int(offset)):
                return 201, {"Location": f"/tus/{upload.id}", **tus_headers.about(upload, offset)}
            case (_, refused):
                return refused

    async def _do(
        self, upload: Upload, method: str, headers: dict[str, str], body: UploadBody | None
    ) -> Answer | Problem | None:
        """Do one thing with an upload that is there."""
        uploads = self._deps.uploads
        match method:
            case "HEAD":
                offset = await self._aside(uploads.offset, upload)
                return offset if isinstance(offset, Problem) else (200, tus_headers.about(upload, offset))
            case "DELETE":
                await self._aside(uploads.remove, upload)
                return 204, {}
            case _ if body is None:
                return Problem(code="unggah_jenis_isi")
            case _ if upload.done:
                refused = _misplaced(upload, upload.size_bytes, headers)
                return refused or (204, tus_headers.about(upload, upload.size_bytes))
            case _:
                part = await self._aside(uploads.part, upload)
                upload, offset = await self._take(upload, part, body, headers, is_stored=True)
                return (204, tus_headers.about(upload, offset)) if isinstance(offset, int) else offset

    async def _take(
        self,
        upload: Upload,
        part: PartFile | None,
        body: UploadBody,
        headers: dict[str, str],
        *,
        is_stored: bool,
    ) -> tuple[Upload, int | Problem | None]:
        """Take a body into an upload; see UploadIntake."""
        intake = UploadIntake(self._deps.uploads, self._deps.pool, upload, part, is_stored=is_stored)
        try:
            check = tus_headers.checksum(headers.get("upload-checksum"))
            refused = check if isinstance(check, Problem) else _misplaced(upload, intake.offset, headers)
            if isinstance(check, Problem) or refused is not None:
                return upload, refused
            offset = await intake.run(body, check)
        finally:
            await intake.close()
        return intake.upload, offset

    async def _aside(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._deps.pool, work, *args)


def _misplaced(upload: Upload, offset: int, headers: dict[str, str]) -> Problem | None:
    """Refuse bytes that do not begin where the upload stands, or that would go beyond its end."""
    announced = tus_headers.number(headers.get("content-length"))
    if tus_headers.number(headers.get("upload-offset")) != offset:
        return Problem(code="unggah_posisi_berbeda", values={"posisi": str(offset)})
    if announced is not None and offset + announced > upload.size_bytes:
        return Problem(code="unggah_lebih_panjang")
    return None


async def _send(send: Send, result: Answer | Problem, deps: Deps, where: str, *, is_head: bool) -> None:
    body = b""
    if isinstance(result, Problem):
        status, headers = status_of(result), {"Content-Type": MEDIA_TYPE}
        if "posisi" in result.values:
            headers["Upload-Offset"] = result.values["posisi"]
        body = problem_json(result, deps.text)
    else:
        status, headers = result
        if "Location" in headers:
            headers["Location"] = where + headers["Location"]
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
