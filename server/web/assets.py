"""Style, scripts, fonts. Rule: a fixed list read at start; no request ever looks anything up on the disk."""

import gzip
import mimetypes
from hashlib import sha256
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from schemas.base import Data
from schemas.folders import below
from schemas.theme import Theme
from server.web.errors import MissingError
from server.web.look import tokens_css

FOLDER = Path(__file__).parent / "static"
SERVED = {".css", ".js", ".svg", ".woff2"}
WORTH_GZIP = {"text/css", "text/javascript", "image/svg+xml", "font/ttf"}
KEEP_SECONDS = 3600


class Asset(Data, frozen=True, kw_only=True):
    """One file: its bytes, and the same as gzip where that is smaller."""

    plain: bytes
    packed: bytes | None
    media_type: str
    etag: str


def load_assets(theme: Theme) -> dict[str, Asset]:
    """Read all assets by their path below /static/; tokens and icons come from the theme."""
    files = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in below(FOLDER)
        if path.suffix in SERVED
    }
    # one file less to wait for, and a layer, so that Pico's selectors never outweigh ours
    pico = (
        files.pop("vendor/pico/pico.min.css")
        .decode()
        .removeprefix("\ufeff")
        .removeprefix('@charset "UTF-8";')
    )
    files["sambang.css"] = f"@layer pico{{{pico}}}\n".encode() + files["sambang.css"]
    files["tokens.css"] = tokens_css(theme).encode()
    files["ikon.ttf"] = theme.font_path("icon").read_bytes()
    return {name: _asset(name, data) for name, data in files.items()}


def asset_routes(theme: Theme) -> list[Any]:
    """Return the handler of /static/."""
    assets = load_assets(theme)

    @get("/static/{name:path}", sync_to_thread=False)
    def static(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        asset = assets.get(name.lstrip("/"))
        if asset is None:
            raise MissingError
        headers = {
            "cache-control": f"public, max-age={KEEP_SECONDS}",
            "etag": asset.etag,
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
        }
        if request.headers.get("if-none-match") == asset.etag:
            return Response(content=b"", status_code=304, headers=headers, media_type=asset.media_type)
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(content=asset.packed, headers=headers, media_type=asset.media_type)
        return Response(content=asset.plain, headers=headers, media_type=asset.media_type)

    return [static]


def _asset(name: str, data: bytes) -> Asset:
    suffix = Path(name).suffix
    given = {".woff2": "font/woff2", ".ttf": "font/ttf", ".js": "text/javascript"}
    media_type = given.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(data, 9, mtime=0) if media_type in WORTH_GZIP else None
    return Asset(plain=data, packed=packed, media_type=media_type, etag=f'"{sha256(data).hexdigest()[:24]}"')
