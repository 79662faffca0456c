"""What each route asks for, as actions of `server/access.py`: whether it opens follows from the table.

Rule: nothing here asks the office; a right that is missing in the table opens nothing here either.
"""

from dataclasses import dataclass

from server.access import Action, Person, Thing, may, refused


@dataclass(frozen=True)
class Public:
    """Nobody need be logged in."""


@dataclass(frozen=True)
class Anyone:
    """Whoever is logged in."""


@dataclass(frozen=True)
class Machine:
    """A device that is logged in."""


@dataclass(frozen=True)
class System:
    """Another system of the regency, by a key of its own."""


@dataclass(frozen=True)
class Needs:
    """A right, on whatever rows; `named`: besides, one must be an officer of the room.

    `may_lack`: who has the right may still be told that there is no such thing.
    """

    action: Action
    named: bool = False
    may_lack: bool = False


@dataclass(frozen=True)
class Reaches:
    """A right on this very thing; `first`: the right without which it is not even looked for."""

    action: Action
    kind: str
    first: Action | None = None


Rule = Public | Anyone | Machine | System | Needs | Reaches
OFFICER = Needs("open_room", named=True)

ROUTES: dict[tuple[str, str], Rule] = {
    ("GET", "/"): Anyone(),
    ("GET", "/masuk"): Public(),
    ("POST", "/masuk"): Public(),
    ("GET", "/masuk/kode"): Public(),
    ("POST", "/masuk/kode"): Public(),
    ("POST", "/tampilan"): Public(),
    ("GET", "/static/{name:path}"): Public(),
    ("GET", "/{rest:path}"): Public(),
    ("POST", "/tulisan/buang"): Anyone(),
    ("POST", "/keluar"): Anyone(),
    ("GET", "/akun"): Anyone(),
    ("POST", "/akun/kode"): Anyone(),
    ("POST", "/akun/kode/mulai"): Anyone(),
    ("POST", "/akun/sandi"): Anyone(),
    ("POST", "/akun/sesi"): Anyone(),
    ("POST", "/antrean/cari"): Needs("see_visits"),
    ("GET", "/antrean"): Needs("see_visits"),
    ("GET", "/kunjungan/{visit:str}"): Reaches("see_visits", "visit"),
    ("GET", "/antrean/bersama"): Needs("decide_visits"),
    ("POST", "/antrean/bersama"): Needs("decide_visits"),
    ("GET", "/kunjungan/{visit:str}/siapa"): Reaches("see_visits", "visit"),
    ("POST", "/kunjungan/{visit:str}/serahkan"): Reaches("decide_visits", "visit"),
    ("POST", "/kunjungan/{visit:str}/buka"): Reaches("open_numbers", "visit"),
    ("POST", "/kunjungan/{visit:str}/keputusan"): Reaches("decide_visits", "visit"),
    ("GET", "/kunjungan/{visit:str}/foto/{blob:str}"): Reaches("see_visits", "visit"),
    ("GET", "/kunjungan/{visit:str}/foto/{blob:str}/isi"): Reaches("see_visits", "visit"),
    ("GET", "/kunjungan/{visit:str}/foto/{blob:str}/kecil"): Reaches("see_visits", "visit"),
    ("GET", "/konflik"): Needs("see_conflicts"),
    ("GET", "/konflik/{conflict:str}"): Reaches("see_conflicts", "conflict"),
    ("POST", "/konflik/{conflict:str}"): Reaches("resolve_conflicts", "conflict"),
    ("POST", "/konflik/{conflict:str}/buka"): Reaches("open_numbers", "conflict", "see_conflicts"),
    ("GET", "/kasus"): Needs("see_cases"),
    ("GET", "/kasus/{case:str}"): Reaches("see_cases", "case"),
    ("POST", "/kasus/{case:str}"): Reaches("move_cases", "case"),
    ("GET", "/warga"): Needs("see_warga"),
    ("POST", "/warga"): Needs("see_warga"),
    ("GET", "/warga/{subject:str}"): Reaches("see_warga", "warga"),
    ("POST", "/warga/{subject:str}/buka"): Reaches("open_numbers", "warga", "see_warga"),
    ("POST", "/warga/{subject:str}/pisah"): Needs("match_warga", may_lack=True),
    ("GET", "/kemungkinan-ganda"): Needs("match_warga"),
    ("GET", "/kemungkinan-ganda/{one:str}/{other:str}"): Reaches("match_warga", "warga"),
    ("POST", "/kemungkinan-ganda/{one:str}/{other:str}"): Reaches("match_warga", "warga"),
    ("GET", "/orang-baru"): Needs("match_warga"),
    ("POST", "/orang-baru"): Needs("match_warga", may_lack=True),
    ("GET", "/karantina"): Needs("see_quarantine"),
    ("GET", "/karantina/{change:str}"): Reaches("see_quarantine", "kept"),
    ("POST", "/karantina"): Needs("judge_again"),
    ("POST", "/kunjungan/{visit:str}/laporan"): Reaches("make_reports", "visit"),
    ("GET", "/jejak"): Needs("see_trail"),
    ("GET", "/jejak/keadaan"): Needs("see_trail"),
    ("POST", "/jejak/periksa"): Needs("see_trail"),
    ("POST", "/jejak/ekspor"): Needs("export_trail"),
    ("GET", "/jejak/lembar"): Needs("see_trail"),
    ("POST", "/jejak/lembar"): Needs("see_trail"),
    ("GET", "/jejak/lembar/cetak"): Needs("see_trail"),
    ("GET", "/pelindungan"): Needs("see_protection"),
    ("GET", "/pemusnahan"): Needs("see_protection"),
    ("POST", "/pemusnahan"): Needs("see_protection", may_lack=True),
    ("POST", "/pemusnahan/cari"): Needs("see_protection"),
    ("GET", "/pemusnahan/{target:str}"): Needs("see_protection", may_lack=True),
    ("GET", "/permintaan"): Needs("see_protection"),
    ("POST", "/permintaan"): Needs("handle_requests", may_lack=True),
    ("POST", "/permintaan/cari"): Needs("handle_requests"),
    ("GET", "/permintaan/{name:str}"): Needs("see_protection", may_lack=True),
    ("POST", "/permintaan/{name:str}"): Needs("handle_requests", may_lack=True),
    ("POST", "/permintaan/{name:str}/salinan"): Needs("export_person", may_lack=True),
    ("POST", "/permintaan/{name:str}/tarik"): Needs("handle_requests", may_lack=True),
    ("GET", "/permintaan/{name:str}/surat"): Needs("see_protection", may_lack=True),
    ("GET", "/masa-simpan"): Needs("see_protection"),
    ("POST", "/masa-simpan"): Needs("keep_registers", may_lack=True),
    ("POST", "/masa-simpan/usul"): Needs("propose_destruction", may_lack=True),
    ("GET", "/pemrosesan"): Needs("see_protection"),
    ("POST", "/pemrosesan"): Needs("keep_registers", may_lack=True),
    ("GET", "/pemrosesan/cetak"): Needs("see_protection"),
    ("GET", "/penerima"): Needs("see_protection"),
    ("POST", "/penerima"): Needs("handle_requests", may_lack=True),
    ("GET", "/penerima/cetak"): Needs("see_protection"),
    ("GET", "/insiden"): Needs("see_protection"),
    ("POST", "/insiden"): Needs("handle_incidents", may_lack=True),
    ("GET", "/insiden/{name:str}"): Needs("see_protection", may_lack=True),
    ("POST", "/insiden/{name:str}"): Needs("handle_incidents", may_lack=True),
    ("GET", "/insiden/{name:str}/surat/{whom:str}"): Needs("see_protection", may_lack=True),
    ("GET", "/perangkat/hp/{device:str}"): Needs("see_devices", may_lack=True),
    ("POST", "/perangkat/hp/{device:str}"): Needs("see_devices", may_lack=True),
    ("POST", "/perangkat/hp/{device:str}/surat"): Needs("print_notices", may_lack=True),
    ("GET", "/perangkat"): Needs("see_devices"),
    ("POST", "/perangkat"): Needs("enrol_devices"),
    ("POST", "/perangkat/alarm"): Needs("handle_alarms"),
    ("GET", "/perangkat/menunggu"): Needs("enrol_devices"),
    ("POST", "/perangkat/menunggu"): Needs("enrol_devices"),
    ("GET", "/impor"): Needs("import_lists"),
    ("POST", "/impor"): Needs("import_lists"),
    ("GET", "/impor/{name:str}"): Needs("import_lists", may_lack=True),
    ("POST", "/impor/{name:str}"): Needs("import_lists", may_lack=True),
    ("POST", "/impor/{name:str}/masalah.xlsx"): Needs("import_lists", may_lack=True),
    ("GET", "/dasbor"): Needs("see_dashboard"),
    ("GET", "/dasbor/laporan.pdf"): Needs("see_dashboard"),
    ("GET", "/dasbor/target.xlsx"): Needs("see_dashboard"),
    ("GET", "/peta"): Needs("see_dashboard"),
    ("GET", "/formulir"): Needs("see_forms"),
    ("GET", "/formulir/baru"): Needs("publish_forms"),
    ("POST", "/formulir/baru"): Needs("publish_forms"),
    ("GET", "/formulir/{form:str}"): Needs("see_forms", may_lack=True),
    ("GET", "/ekspor"): Needs("export_data"),
    ("POST", "/ekspor"): Needs("export_data", may_lack=True),
    ("GET", "/ekspor/{name:str}"): Needs("export_data", may_lack=True),
    ("POST", "/ekspor/{name:str}"): Needs("export_data", may_lack=True),
    ("GET", "/ekspor/{name:str}/berkas"): Needs("export_data", may_lack=True),
    ("GET", "/kunci-data"): Needs("manage_api"),
    ("POST", "/kunci-data"): Needs("manage_api"),
    ("POST", "/kunci-data/{name:str}"): Needs("manage_api", may_lack=True),
    ("GET", "/penugasan"): Needs("assign_tasks"),
    ("POST", "/penugasan"): Needs("assign_tasks", may_lack=True),
    ("GET", "/penugasan/petugas"): Needs("assign_tasks"),
    ("GET", "/penugasan/petugas/{worker:str}"): Needs("assign_tasks", may_lack=True),
    ("POST", "/penugasan/petugas/{worker:str}"): Needs("assign_tasks", may_lack=True),
    ("GET", "/pengguna/percobaan"): Needs("see_logins"),
    ("POST", "/pengguna/percobaan"): Needs("see_logins", may_lack=True),
    ("GET", "/target"): Needs("see_dashboard"),
    ("POST", "/target"): Needs("set_targets"),
    ("POST", "/target/berkas"): Needs("set_targets"),
    ("GET", "/pengaturan"): Needs("see_settings"),
    ("POST", "/pengaturan"): Needs("set_settings"),
    ("POST", "/pengaturan/peta"): Needs("set_settings"),
    ("GET", "/hari-libur"): Needs("see_holidays"),
    ("POST", "/hari-libur"): Needs("set_holidays"),
    ("GET", "/pengguna"): Needs("see_people"),
    ("POST", "/pengguna"): Needs("see_people"),
    ("GET", "/pengguna/langkah-kedua"): Needs("see_people"),
    ("POST", "/pengguna/langkah-kedua"): Needs("set_second_step", may_lack=True),
    ("GET", "/pengguna/{person:str}"): Needs("see_people"),
    ("POST", "/pengguna/{person:str}"): Needs("manage_people"),
    ("GET", "/cadangan"): Needs("see_backups"),
    ("POST", "/cadangan"): Needs("make_backups"),
    ("GET", "/surat"): Needs("see_letters"),
    ("POST", "/surat/cari"): Needs("see_letters"),
    ("POST", "/surat"): Needs("make_letters", may_lack=True),
    ("GET", "/surat/baru"): Needs("make_letters", may_lack=True),
    ("GET", "/surat/{letter:str}"): Needs("see_letters", may_lack=True),
    ("POST", "/surat/{letter:str}/berkas"): Needs("see_letters", may_lack=True),
    ("POST", "/surat/{letter:str}/batal"): Needs("make_letters", may_lack=True),
    ("GET", "/surat/templat"): Needs("set_letters"),
    ("GET", "/surat/templat/{kind:str}"): Needs("set_letters", may_lack=True),
    ("POST", "/surat/templat/{kind:str}"): Needs("set_letters", may_lack=True),
    ("GET", "/surat/nomor"): Needs("set_letters"),
    ("POST", "/surat/nomor"): Needs("set_letters"),
    ("GET", "/serah-terima"): Needs("take_handovers"),
    ("POST", "/serah-terima"): Needs("take_handovers"),
    ("GET", "/serah-terima/kabar"): Needs("take_handovers"),
    ("GET", "/serah-terima/{device:str}/{file:str}/jawaban"): Needs("take_handovers"),
    ("GET", "/ruang"): Needs("open_room"),
    ("POST", "/ruang"): Needs("open_room"),
    ("GET", "/ruang/cap.svg"): Needs("open_room"),
    ("GET", "/ruang/darurat"): Needs("open_room"),
    ("POST", "/ruang/darurat"): Needs("open_room"),
    ("GET", "/ruang/kunci/tanda"): Needs("open_room"),
    ("GET", "/ruang/alarm"): Needs("see_broken_glass"),
    ("POST", "/ruang/alarm"): Needs("see_broken_glass"),
    ("GET", "/ruang/kunjungan/{visit:str}"): OFFICER,
    ("GET", "/ruang/kasus/{kasus:str}"): OFFICER,
    ("POST", "/ruang/kasus/{kasus:str}"): OFFICER,
    ("GET", "/ruang/kasus/{kasus:str}/foto/{change:str}/{number:int}"): OFFICER,
    ("GET", "/ruang/kasus/{kasus:str}/foto/{change:str}/{number:int}/isi"): OFFICER,
    ("POST", "/ruang/kasus/{kasus:str}/unduh/{change:str}/{number:int}"): OFFICER,
    ("GET", "/ruang/kunci"): OFFICER,
    ("POST", "/ruang/kunci"): OFFICER,
    ("GET", "/ruang/petugas-baru"): OFFICER,
    ("POST", "/ruang/petugas-baru"): OFFICER,
    ("GET", "/ruang/siapkan"): OFFICER,
    ("POST", "/ruang/siapkan"): OFFICER,
    ("GET", "/api/health"): Public(),
    ("GET", "/api/authority"): Public(),
    ("GET", "/api/authority/signed"): Public(),
    ("GET", "/api/authority/keys"): Public(),
    ("GET", "/api/addresses"): Public(),
    ("POST", "/api/addresses"): Public(),
    ("POST", "/api/enrol"): Public(),
    ("POST", "/api/enrol/joined"): Public(),
    ("POST", "/api/login"): Public(),
    ("POST", "/api/login/nonce"): Public(),
    ("POST", "/api/device/wipe"): Public(),
    ("POST", "/api/handover/key"): Public(),
    ("GET", "/api/v1/openapi.json"): Public(),
    ("GET", "/api/v1/data/{kind:str}"): System(),
    ("POST", "/api/device"): Machine(),
    ("POST", "/api/sync"): Machine(),
    ("POST", "/tus"): Machine(),
}
"""Public addresses of phones carry their own proof in what is sent: a code, a signature."""


@dataclass
class Kept:
    """A thing to ask for: the ids that stand in its addresses, and what a right is asked about."""

    ids: dict[str, str]
    thing: Thing


def opens(person: Person, rule: Needs | Reaches, kept: Kept | None) -> bool:
    """Whether the table opens this to a person, who is no officer of the room."""
    if isinstance(rule, Needs):
        return may(person, rule.action) and not rule.named
    assert kept is not None
    first = rule.first or rule.action
    return refused(person, rule.action, kept.thing) is None and refused(person, first, kept.thing) is None
