"""What all editors share, and what they may ask of the screen that holds them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

from kivy.metrics import dp
from kivy.properties import ObjectProperty

from field_app.ui.kv import load_kv
from field_app.ui.widgets.words import Column
from schemas.form_types import Field

load_kv(__file__)

Commit = Callable[[Any], None]


class Host(Protocol):
    """What an editor may ask for. A reference is (id, name, second line)."""

    def today(self) -> date: ...
    def is_private(self) -> bool: ...
    def regions(self) -> Any: ...
    def references(self, to: str, text: str) -> list[tuple[str, str, str]]: ...
    def reference_name(self, to: str, key: str) -> str: ...
    def photos(self, field: str) -> tuple[Any, ...]: ...
    def photo_bytes(self, blob: str) -> bytes | None: ...
    def take_photo(self, field: str) -> None: ...
    def view_photo(self, field: str, blob: str) -> None: ...
    def sign(self, field: str, png: bytes) -> None: ...
    def read_statement(self) -> None: ...
    def locate(self, field: str) -> None: ...
    def fix_time(self, value: Any) -> str: ...
    def ground(self, value: Any) -> str: ...
    def overflowed(self, most: int) -> None: ...
    def recordings(self) -> Mapping[str, Any]: ...
    def listen(self, language: str, ended: Callable[[], None]) -> bool: ...
    def be_quiet(self) -> None: ...
    def present(self, sheet: Any) -> None: ...
    def bring_new(self, widget: Any) -> None: ...


class Editor(Column):
    """Shows one answer; `commit(value)` hands over a new one, None when it was cleared."""

    look = ObjectProperty(None)
    say = ObjectProperty(None)

    def __init__(
        self, field: Field, value: Any, commit: Commit, host: Host, earlier: Any = None, **kwargs: Any
    ):
        self.field = field
        self.value = value
        self.commit = commit
        self.host = host
        self.earlier = earlier
        kwargs.setdefault("spacing", dp(8))
        super().__init__(**kwargs)
        self.build()

    def build(self) -> None:
        """Make the widgets, once."""

    def show(self, value: Any) -> None:
        """Show another value; saves nothing."""

    def flush(self) -> None:
        """Hand over what is typed and not yet handed over."""

    def offer(self, value: Any) -> None:
        """Keep and hand over a new value."""
        self.value = value
        self.commit(value)
