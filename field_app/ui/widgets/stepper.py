"""A value with a smaller and a larger one beside it: one step a tap."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from field_app.ui.kv import load_kv
from field_app.ui.widgets import buttons, words  # noqa: F401 - named in the .kv

load_kv(__file__)


class Stepper(BoxLayout):
    """Says `on_step` with -1 or 1; `less` and `more` name the buttons, which are shut at either end."""

    text = StringProperty("")
    less = StringProperty("")
    more = StringProperty("")
    is_least = BooleanProperty(False)
    is_most = BooleanProperty(False)
    __events__ = ("on_step",)

    def on_step(self, by: int):
        """One step smaller or larger was asked for."""


def stepped(steps: tuple[float, ...], value: float, by: int) -> float:
    """Return the step that lies so many from the one nearest to a value."""
    nearest = min(range(len(steps)), key=lambda index: abs(steps[index] - value))
    return steps[max(0, min(len(steps) - 1, nearest + by))]
