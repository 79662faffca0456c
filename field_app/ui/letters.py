"""Letters, measured as they are drawn. Rule: whatever measures or draws words does it by this label.

Kivy keeps one open font of each size for everybody. How it shapes letters is set only when something is drawn
with it, and the widths that were asked for before are remembered as they were shaped then: which words were
measured first decided where lines broke. So each font draws once, to nowhere, before it measures.
"""

from kivy.core.text import Label as CoreLabel


def steady(label: CoreLabel) -> CoreLabel:
    """Have a label's font shape letters as the label will draw them, from now on. Costs two microseconds:
    cheap enough to ask each time, for Kivy closes fonts that were not used for long and opens them anew.
    """
    label._size = (1, 1)
    label._render_begin()
    label._render_text(" ", 0, 0)
    return label


class Letters(CoreLabel):
    """A label of Kivy's core, without hinting: letters stand where the font has them."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "font_hinting": None})

    def render(self, real=False):
        """Measure, or draw."""
        if not real:
            steady(self)
        return super().render(real)

    def extent(self, text: str) -> float:
        """How far these words reach on one line, in pixels."""
        return steady(self).get_extents(text)[0]
