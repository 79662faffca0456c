"""What to do when Android asks no more for a permission. Rule: the sentence stays until she put it away, and
one tap leads to where the permission is given.
"""

from field_app.ui.context import Context
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.words import Notice


def closed_for_good(trouble: str) -> bool:
    """Say whether a trouble (a text key) is that only the system's settings can give a permission, or a whole
    one.
    """
    return trouble.endswith((".izin_tertutup", ".izin_perkiraan"))


def settings_pill(context: Context) -> Pill:
    """The way to where permissions are given."""
    pill = Pill(kind="soft", icon="settings", text=context.text("aplikasi.android.setelan"))
    pill.bind(on_release=lambda *_: context.system.show_permissions())
    return pill


class PermissionSheet(Sheet):
    """Says which permission is missing, and leads there."""

    def __init__(self, context: Context, trouble: str, **kwargs):
        super().__init__(context.text("aplikasi.android.izin"), **kwargs)
        self.add(Notice(icon="lock", tone="notice", text=context.text(trouble)))
        self.add(settings_pill(context))
