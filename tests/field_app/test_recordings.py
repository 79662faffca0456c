"""Which recordings of the data notice are offered."""

from pathlib import Path

from field_app.recordings import FOLDER, recordings
from schemas.text import load_text


def test_only_recordings_of_the_words_that_are_shown_are_offered(tmp_path: Path) -> None:
    for name in (
        "pemberitahuan-2026-11.jv.ogg", "pemberitahuan-2026-11.id.wav", "pemberitahuan-2026-10.id.ogg",
        "pemberitahuan-2026-11.id.txt", "catatan.ogg",
    ):  # fmt: skip
        (tmp_path / name).touch()
    found = recordings("2026-11", tmp_path)
    assert {language: path.name for language, path in found.items()} == {
        "id": "pemberitahuan-2026-11.id.wav",
        "jv": "pemberitahuan-2026-11.jv.ogg",
    }
    assert list(found) == ["id", "jv"]
    assert recordings("2026-12", tmp_path) == {} and recordings("2026-11", tmp_path / "tidak-ada") == {}


def test_every_recording_that_comes_along_is_of_a_language_with_a_button() -> None:
    text = load_text()
    kept = [path for path in FOLDER.iterdir() if path.suffix in (".ogg", ".wav")]
    languages = {path.stem.rpartition(".")[2] for path in kept}
    assert all(f"aplikasi.suara.bahasa_{language}" in text for language in languages)
    assert sum(path.stat().st_size for path in kept) < 4_000_000
