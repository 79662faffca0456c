"""Which pictures are of papers. Rule: papers of one kind look alike, whosever they are."""

from schemas.form_types import Berkas, Field, Foto

PHOTOS_OF_PAPERS = frozenset({"foto_kk", "foto_dasar"})
"""Photos, by their field, that are of a paper; scans (Berkas) always are."""
PHOTOS_OF_PROOFS = frozenset({"bukti", "potongan_bukti"})
"""Photos of what may be one: a receipt, a screen, an invitation."""


def is_paper(field: Field) -> bool:
    """Say whether pictures of this field are of a paper."""
    return isinstance(field, Berkas) or (isinstance(field, Foto) and field.name in PHOTOS_OF_PAPERS)


def is_scene(field: Field) -> bool:
    """Say whether pictures of this field are of a place or a thing, of which no two look the same."""
    return isinstance(field, Foto) and field.name not in PHOTOS_OF_PAPERS | PHOTOS_OF_PROOFS
