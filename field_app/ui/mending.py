"""A returned visit while it is mended: what each reason is about, in which order, and what comes next.

Rule: pure.
"""

from collections.abc import Iterator

from field_app.views import DraftView, PhotoView
from schemas.form import Forms
from schemas.form_cells import field_at, table_of


def place_of(view: DraftView, key: str) -> tuple[str, str, PhotoView | None]:
    """Return form, field and photo that a reason is about; its key is a photo's name, "form.field", or a
    field of the main form.
    """
    for photo in view.photos:
        if photo.blob == key:
            return photo.form, photo.field, photo
    form, dot, name = key.partition(".")
    return (form, name, None) if dot else (view.form, key, None)


def ordered(view: DraftView, forms: Forms) -> list[str]:
    """Return the keys of the reasons as one meets them: of the whole visit first, then page by page."""
    pages = [
        (name, field)
        for name, filled in view.forms.items()
        for page in forms.get(name, filled.version).pages
        for field in page.fields
    ]
    spots = {spot: place for place, spot in enumerate(pages)}

    def place(key: str) -> int:
        form, name, _ = place_of(view, key)
        return spots.get((form, table_of(name)), -1)

    return sorted(view.returned, key=place)


def stands_for(view: DraftView, photo: PhotoView) -> PhotoView:
    """Return the shot that counts in the place of one that was replaced, the photo itself where none does."""
    if not photo.superseded:
        return photo
    spot = (photo.form, photo.field)
    later = [one for one in view.photos if (one.form, one.field) == spot and not one.superseded]
    return later[-1] if later else photo


def unmended(view: DraftView, forms: Forms) -> Iterator[tuple[str, str, str]]:
    """Give form, field and reason of each field or photo that still stands as it came back."""
    for key in ordered(view, forms):
        form, name, _ = place_of(view, key)
        if key in view.mended or form not in view.forms:
            continue
        if field_at(forms.get(form, view.forms[form].version).fields, name) is not None:
            yield form, name, view.returned[key]


def next_step(view: DraftView) -> str:
    """Return what comes next: mulai, lanjut, or tinjau once every reason was met."""
    if set(view.returned) <= set(view.mended) and view.returned:
        return "tinjau"
    return "lanjut" if view.mended or view.at else "mulai"
