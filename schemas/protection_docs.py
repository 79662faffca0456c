"""The part of docs/dpia.md that is drawn from the forms: which fields are how private.

One rule: what stands between the two marks is written by a program; the words around it are people's.
"""

from collections.abc import Iterator
from pathlib import Path

from schemas.form import load_forms
from schemas.form_types import Form, Privacy
from schemas.protection import load_processing

BEGIN, END = "<!-- dari formulir: awal -->", "<!-- dari formulir: akhir -->"
CLASSES: dict[Privacy, str] = {"rahasia": "Tertutup", "spesifik": "Spesifik", "biasa": "Umum"}
PAGE = Path("docs/dpia.md")


def render(page: str) -> str:
    """Return the page with its drawn part as the forms have it now. Raises ValueError without the marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("docs/dpia.md has lost its marks")
    return f"{before}{BEGIN}\n\n{''.join(_lines())}\n{END}{after}"


def _lines() -> Iterator[str]:
    forms = load_forms()
    by_service: dict[str, list[Form]] = {}
    for name in forms.ids():
        by_service.setdefault(forms.get(name).service, []).append(forms.get(name))
    for service, given in load_processing().items():
        yield f"### Layanan {service}: {given.tahun} tahun\n\n"
        yield f"Tujuan: {given.tujuan} Dasar: {given.dasar} Penerima: {given.penerima}\n\n"
        for form in by_service.get(service, []):
            yield f"- **{form.title}** (`{form.id}`, versi {form.version}, {CLASSES[form.privacy].lower()})\n"
            for privacy, word in CLASSES.items():
                fields = [field.short for field in form.fields.values() if field.privacy == privacy]
                if fields:
                    yield f"  - {word}: {'; '.join(fields)}.\n"
        yield "\n"
