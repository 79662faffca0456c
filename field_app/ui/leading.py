"""Where a card of the lists leads to. Rule: what is to be known before going on is read first."""

from typing import Any

from schemas.sealed import SEALED_FORM


def lead(shell: Any, card: Any) -> None:
    """A draft goes on, a returned visit shows its reasons, a task its details, and so does a draft that the
    office asks for no more.
    """
    is_back = card.status == "dikembalikan" and card.visit
    if card.form == SEALED_FORM and (is_back or (card.status == "tugas" and not card.draft)):
        shell.go("closed", card=card)
    elif is_back:
        shell.go("repair", card=card)
    elif card.draft and not card.hint:
        shell.go("form", draft=card.draft)
    else:
        shell.go("task", card=card)
