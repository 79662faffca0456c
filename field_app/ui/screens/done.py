"""The visit is sealed: its number, and what happens next."""

from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import containers  # noqa: F401 - named in the .kv
from field_app.ui.widgets.sign import DoneSign  # noqa: F401 - named in the .kv

load_kv(__file__)


class DoneScreen(BaseScreen):
    """Nothing is asked here: send now, or back to the tasks."""

    def build(self, number: str = "", name: str = ""):
        self.ids.number.text = self.say("aplikasi.selesai.nomor", nomor=number)
        self.ids.name.text = name

    def send(self):
        """Wake the worker, and show what it does."""
        self.context.phone.worker.sync_now()
        self.context.shell.replace("sync")
