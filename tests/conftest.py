"""What every test stands on.

One rule: a test leaves nothing behind outside its temporary folder, and asks nothing of the display, the
network or the person who runs it.
"""

import gc
import os
import ssl
import sys
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import httpx._transports.default as http
import pytest
from hypothesis import settings

from schemas import form, text, theme, wilayah, workflow

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Keep Kivy offscreen and out of the home folder, and make property tests the same on every run."""
    home = tempfile.TemporaryDirectory(prefix="sambang-kivy-")
    config.add_cleanup(home.cleanup)
    os.environ.update(
        KIVY_HOME=home.name,
        KIVY_NO_ARGS="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_NO_FILELOG="1",
        SDL_AUDIODRIVER="dummy",
    )
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    # a run that depends on luck or on the machine's speed proves nothing about the change at hand
    settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
    settings.load_profile("house")


def _once(load: Callable[..., Any]) -> Callable[..., Any]:
    """Read what ships with the program once, whoever asks for it: nothing changes it."""
    shipped = cache(load)

    @wraps(load)
    def loaded(*where: Any, **named: Any) -> Any:
        return load(*where, **named) if where or named else shipped()

    return loaded


def _forms(load: Callable[..., form.Forms]) -> Callable[..., form.Forms]:
    """Give each office and phone forms of its own, as it takes in more; those that ship are decoded once."""

    @cache
    def shipped() -> dict[tuple[str, int], form.Form]:
        forms = load()
        return {
            (one, version): forms.get(one, version) for one in forms.ids() for version in forms.versions(one)
        }

    @wraps(load)
    def loaded(*where: Any, **named: Any) -> form.Forms:
        forms = load(*where, **named)
        if not where and not named:
            forms._read.update(shipped())
        return forms

    return loaded


# before any module takes these names: a tenth of a second for each office, and as much for each phone
form.load_forms = _forms(form.load_forms)
for module, name in (
    (text, "load_text"), (theme, "load_theme"), (wilayah, "load_wilayah"), (workflow, "load_workflows"),
):  # fmt: skip
    setattr(module, name, _once(getattr(module, name)))


def _trusted(make: Callable[..., ssl.SSLContext]) -> Callable[..., ssl.SSLContext]:
    """Read the certificates that everybody trusts once: every client does, though most speak plain HTTP."""

    @cache
    def usual(trust_env: bool, *_: str | None) -> ssl.SSLContext:
        return make(trust_env=trust_env)

    @wraps(make)
    def made(verify: object = True, cert: object = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return make(verify=verify, cert=cert, trust_env=trust_env)
        return usual(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    return made


http.create_ssl_context = _trusted(http.create_ssl_context)


def pytest_collection_finish() -> None:
    """Compile the pages and pack the files beside them once, not for each office; if any test has pages.

    What is there by now stays to the end, so that no search for garbage need go through it.
    """
    gc.collect()
    gc.freeze()
    for module, name in (("server.web.building", "_templates"), ("server.web.assets", "load_assets")):
        if module in sys.modules:
            setattr(sys.modules[module], name, _alike(getattr(sys.modules[module], name)))
    if signature := sys.modules.get("litestar.utils.signature"):
        signature.ParsedSignature.from_fn = staticmethod(_of_one_code(signature.ParsedSignature.from_fn))


def _alike(make: Callable[..., Any]) -> Callable[..., Any]:
    """Make of the very same things the same once."""
    made: dict[tuple[int, ...], tuple[Any, Any]] = {}

    @wraps(make)
    def once(*given: Any) -> Any:
        key = tuple(map(id, given))
        if key not in made:
            made[key] = given, make(*given)  # what is held keeps its id
        return made[key][1]

    return once


def _of_one_code(read: Callable[..., Any]) -> Callable[..., Any]:
    """Read what a handler is given once, though each office has handlers of its own: they are of one code."""
    known: dict[int, tuple[Any, Any]] = {}

    @wraps(read)
    def once(handler: Any, names: dict[str, Any]) -> Any:
        code = getattr(handler, "__code__", handler)
        if id(code) not in known:
            known[id(code)] = code, read(handler, names)
        return known[id(code)][1]

    return once


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds the whole project."""
    return ROOT
