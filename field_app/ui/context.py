"""What every screen is given: the phone, the words, the way to other screens, and time.

Rule: this is handed down, never looked up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from field_app.ui.background import Background
from field_app.ui.ports import Phone
from schemas.format import local_date
from schemas.text import Text

if TYPE_CHECKING:
    from field_app.ui.shell import Shell


@dataclass(kw_only=True)
class Context:
    """Handed to each screen when it is built."""

    phone: Phone
    text: Text
    background: Background
    shell: "Shell"
    now_ms: Callable[[], int]
    camera: Any = None
    location: Any = None
    media: Any = None
    documents: Any = None
    system: Any = None
    voice: Any = None
    finder: Any = None
    qr: Any = None

    def today(self) -> date:
        """The local day."""
        return local_date(self.now_ms())
