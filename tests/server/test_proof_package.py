"""A package of proof as a whole: whatever was done to any file of it is told, and the file named."""

import io
import json
import random
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from server.proof import offline
from server.proof.custody_paper import grouped
from server.proof.report import write_list
from tests.server.test_custody_paper import csrf, login, maker
from tests.server.test_custody_report import Case
from tests.server.web_office import serving, shut

KINDS = ["laporan.json", "laporan.pdf", "periksa.py", "foto", "paket.json"]


class Package:
    """A whole package in a folder, and a key that its office printed."""

    def __init__(self, folder: Path) -> None:
        self.case = Case(folder)
        self.key = self.case.office.deps.office.public_key.hex()
        self.folder = folder / "paket"
        self.write(self.folder)

    def write(self, folder: Path, form: int = 2) -> None:
        work = maker(self.case)
        made = work.report(self.case.visit, with_contents=True)
        assert made is not None
        file = work.write(replace(made, format=form))
        (folder / "foto").mkdir(parents=True)
        for name, data in work.files(made, file, work.paper(made, file)):
            (folder / name).write_bytes(data)

    def names(self) -> list[str]:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return sorted(path.relative_to(self.folder).as_posix() for path in files)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    made = Package(tmp_path_factory.mktemp("package"))
    yield made
    shut(made.case.office)


@pytest.fixture
def copy(whole: Package, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole.folder, tmp_path / "paket"))


class Told:
    """What the program says of a package, and what it ends with."""

    def __init__(self, patch: pytest.MonkeyPatch, printed: pytest.CaptureFixture[str]) -> None:
        self._patch, self._printed = patch, printed

    def __call__(self, folder: Path, key: str = "") -> tuple[int, str]:
        file = folder / ("jejak.jsonl" if (folder / "jejak.jsonl").exists() else "laporan.json")
        command = ["periksa.py", str(file), *(("--kunci", *key.split("|")) if key else ())]
        self._patch.setattr("sys.argv", command)
        ended = offline.main()
        return ended, "".join(self._printed.readouterr())

    def wrong(self, folder: Path, *names: str) -> None:
        """Hold that the program says no and names each of these files in a line of what is wrong."""
        ended, said = self(folder)
        lines = [line for line in said.splitlines() if line.startswith("  SALAH  ")]
        assert ended == 1 and said.endswith("TIDAK UTUH.\n"), said
        assert all(any(f"SALAH  {name}:" in line for line in lines) for name in names), (names, lines)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(monkeypatch, capsys)


def test_a_whole_package_holds_and_lists_every_file(whole: Package, copy: Path, told: Told) -> None:
    ended, said = told(copy, whole.key)
    assert ended == 0 and said.endswith("UTUH: tidak ada yang berubah.\n") and "Perhatian" not in said
    assert f"paket.json: daftar {len(whole.names()) - 1} berkas, ditandatangani kantor" in said
    assert len(whole.names()) == 7 and "laporan.pdf: utuh" in said


def test_a_key_is_taken_as_it_stands_on_the_sheet(whole: Package, copy: Path, told: Told) -> None:
    on_paper = grouped(whole.key).upper()
    for typed in (on_paper, on_paper.replace(" ", "|")):  # in quotes, and without
        assert told(copy, typed)[0] == 0


@pytest.mark.parametrize("typed", ["abc", "g" * 64, "0" * 63], ids=["few", "no-digit", "one-less"])
def test_a_key_that_was_mistyped_is_told_as_that_and_not_as_a_change(
    copy: Path, told: Told, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        told(copy, typed)
    said = "".join(capsys.readouterr())
    assert ended.value.code == 2 and "periksa ketikannya" in said and "TIDAK UTUH" not in said


def test_photos_that_were_not_looked_at_are_not_called_good(copy: Path, told: Told, tmp_path: Path) -> None:
    shutil.move(copy / "foto", tmp_path / "elsewhere")
    assert "  lewat  foto: " in told(copy)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_one_altered_byte_of_any_file_is_told_and_the_file_named(
    whole: Package, copy: Path, told: Told, kind: str
) -> None:
    rng = random.Random(f"paket {kind}")
    for name in (one for one in whole.names() if one.startswith(kind)):
        data = (copy / name).read_bytes()
        last = len(data) - 1
        for place in (0, 1, last // 2, last - 1, last, *(rng.randrange(len(data)) for _ in range(12))):
            changed = bytearray(data)
            changed[place] ^= 1 << rng.randrange(8)
            (copy / name).write_bytes(bytes(changed))
            told.wrong(copy, name)
        for wrong in (data[:-1], data[1:], data + b"\n", b""):
            (copy / name).write_bytes(wrong)
            told.wrong(copy, name)
        (copy / name).write_bytes(data)
    assert told(copy)[0] == 0


def test_a_file_added_missing_renamed_or_swapped_is_told_and_named(
    whole: Package, copy: Path, told: Told
) -> None:
    for stray in ("catatan.txt", "foto/0.jpg", "lain/laporan.pdf", ".x", "laporan.pdf.bak"):
        (copy / stray).parent.mkdir(exist_ok=True)
        (copy / stray).write_bytes(b"")
        told.wrong(copy, stray)
        (copy / stray).unlink()
    others = [name for name in whole.names() if name not in ("laporan.json", "paket.json")]
    for name in others:
        (copy / name).rename(copy / "tersisih")
        told.wrong(copy, name, "tersisih")
        (copy / "tersisih").rename(copy.parent / "tersisih")
        told.wrong(copy, name)
        (copy.parent / "tersisih").rename(copy / name)
    for one, two in zip(whole.names(), [*whole.names()[1:], whole.names()[0]], strict=True):
        swap(copy / one, copy / two)
        told.wrong(copy, *({"paket.json"} & {one, two} or (one, two)))  # without its list no other is named
        swap(copy / one, copy / two)
    assert told(copy)[0] == 0


def swap(one: Path, two: Path) -> None:
    held = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(held)


def test_a_report_that_is_gone_is_named(copy: Path, told: Told) -> None:
    (copy / "laporan.json").unlink()
    ended, said = told(copy)
    assert ended == 2 and "Tidak terbaca" in said and "laporan.json" in said


def test_without_its_own_signed_list_a_package_is_not_whole(
    whole: Package, copy: Path, told: Told, tmp_path: Path
) -> None:
    listed = json.loads((copy / "paket.json").read_bytes())["berkas"]
    forger = Ed25519PrivateKey.generate()
    forged = write_list(listed, lambda digest: forger.sign(offline.REPORT_DOMAIN + digest))
    (copy / "paket.json").write_bytes(forged)
    told.wrong(copy, "paket.json")
    (copy / "paket.json").unlink()
    told.wrong(copy, "paket.json")
    whole.write(tmp_path / "lain")
    shutil.copyfile(tmp_path / "lain" / "paket.json", copy / "paket.json")
    told.wrong(copy, "laporan.json")


def test_a_report_without_its_package_is_refused_with_what_to_do(
    copy: Path, told: Told, tmp_path: Path
) -> None:
    alone = tmp_path / "sendiri"
    alone.mkdir()
    shutil.copy(copy / "laporan.json", alone)
    ended, said = told(alone)
    wrong = [line for line in said.splitlines() if "SALAH" in line]
    assert ended == 1 and len(wrong) == 1
    assert "paket.json: tidak ada. Buka seluruh ZIP kantor di folder baru" in wrong[0]


def test_a_section_of_a_report_stands_for_no_list_of_files(whole: Package, copy: Path, told: Told) -> None:
    """The office signs both alike; a seal of sections must not pass as a list."""
    seal = json.loads((copy / "laporan.json").read_bytes())["seal"]
    listed = {"berkas": seal["sections"], "tanda_tangan": seal["signature"]}
    (copy / "paket.json").write_bytes(offline.written(listed))
    told.wrong(copy, "paket.json")


def test_a_package_of_before_the_list_holds_as_far_as_it_did_and_is_told_as_such(
    whole: Package, told: Told, tmp_path: Path
) -> None:
    old = tmp_path / "lama"
    whole.write(old, form=1)
    (old / "paket.json").unlink()
    ended, said = told(old, whole.key)
    assert ended == 0 and said.endswith("UTUH, selain itu: tidak ada yang berubah.\n")
    assert (
        "Perhatian: paket lama, tanpa paket.json. PDF dan berkas lain di sampingnya tidak terbukti." in said
    )
    (old / "laporan.pdf").write_bytes(b"lain")
    assert told(old, whole.key) == (ended, said)
    photo = next((old / "foto").iterdir())
    photo.write_bytes(photo.read_bytes() + b"\0")
    told.wrong(old, f"foto {photo.stem}")
    (old / "laporan.json").write_bytes((old / "laporan.json").read_bytes() + b" ")
    told.wrong(old, "berkas laporan")


def test_a_report_cannot_be_made_an_older_one(copy: Path, told: Told) -> None:
    (copy / "paket.json").unlink()
    raw = (copy / "laporan.json").read_bytes()
    (copy / "laporan.json").write_bytes(raw.replace(b'"format": 2', b'"format": 1'))
    told.wrong(copy, "bagian format")


def test_a_report_of_a_later_form_asks_for_a_later_program(
    whole: Package, told: Told, tmp_path: Path
) -> None:
    whole.write(tmp_path / "baru", form=3)
    told.wrong(tmp_path / "baru", "laporan")


@pytest.mark.parametrize("strange", ["x\n  cocok  laporan.pdf: utuh", "\x1b[2Jx", "\udcff"], ids=range(3))
def test_a_strange_name_writes_no_line_of_its_own(copy: Path, told: Told, strange: str) -> None:
    (copy / "laporan.pdf").unlink()
    (copy / strange).write_bytes(b"")
    ended, said = told(copy)
    assert ended == 1 and "\n  cocok  laporan.pdf: utuh" not in said and "\x1b" not in said
    assert ascii(strange)[1:-1] in said


def test_one_altered_byte_beside_the_lines_of_a_trail_is_told_and_its_file_named(
    whole: Package, told: Told, tmp_path: Path
) -> None:
    with (
        serving(whole.case.office) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as http,
    ):
        login(http, "pengawas")
        form = {"csrf": csrf(http.get("/jejak")), "keperluan": "Pemeriksaan triwulan"}
        answer = http.post("/jejak/ekspor", data=form)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        bundle.extractall(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["jejak.jsonl", "paket.json", "periksa.py", "ringkasan.pdf"]
    assert told(tmp_path, whole.key)[0] == 0
    for name in names:
        data = (tmp_path / name).read_bytes()
        for place in (0, 1, len(data) // 2, len(data) - 2, len(data) - 1):
            changed = bytearray(data)
            changed[place] ^= 1
            (tmp_path / name).write_bytes(bytes(changed))
            told.wrong(tmp_path, name)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "paket.json").unlink()
    told.wrong(tmp_path, "paket.json")
    lines = (tmp_path / "jejak.jsonl").read_bytes()
    (tmp_path / "jejak.jsonl").write_bytes(lines.replace(b'"format":2,', b""))
    told.wrong(tmp_path, "segel")
