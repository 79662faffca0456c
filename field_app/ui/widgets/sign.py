"""The large sign of something well done."""

from kivy.metrics import dp

from field_app.ui.widgets.painted import Painted


class DoneSign(Painted):
    """A check in a double ring."""

    def paint(self):
        side = min(self.width, self.height)
        x, y = (self.width - side) / 2, (self.height - side) / 2
        self.fill(self.look.good_soft, x, y, side, side, side / 2)
        inner = side * 0.66
        self.fill(
            self.look.good, (self.width - inner) / 2, (self.height - inner) / 2, inner, inner, inner / 2
        )
        if side:
            self.draw_icon(
                "check", self.look.surface, self.width / 2, self.height / 2, min(44, inner / dp(1.8))
            )
