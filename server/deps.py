"""What the office is made of, built once by a command and handed down. Rule: nothing here does anything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from schemas.form import Forms
from schemas.text import Text
from schemas.workflow import Workflows
from server.backups.keeper import Keeper
from server.blobs import BlobStore
from server.calm import Calm
from server.certificates import Authority
from server.destruction import Destruction
from server.devices import Devices
from server.engine import Engine
from server.joining import Joinings
from server.key_file import KeyFile
from server.office import Office
from server.own_authority import NoAuthority, OwnAuthority
from server.parsing.pool import Parsers
from server.parsing.typesetting import Typesetter
from server.phone_list import PhoneList
from server.services.device_words import DeviceWords
from server.services.handover import Handovers
from server.tus import Uploads
from server.verifying.findings import Findings, Progress


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The parts of a running office. `now_ms` gives UTC milliseconds, `randomness(n)` n random bytes.

    `authority` is that of its TLS as it was when the office was opened, or why none counts.
    `verify` checks the whole data folder, and takes its time. `address` is where phones find it while it
    speaks TLS itself; empty while it does not. `addresses` are all by which phones may find it over TLS.
    """

    engine: Engine
    office: Office
    office_name: str
    devices: Devices
    joinings: Joinings
    device_words: DeviceWords
    blobs: BlobStore
    destruction: Destruction
    phones: PhoneList
    uploads: Uploads
    keeper: Keeper
    handovers: Handovers
    parsers: Parsers
    typesetter: Typesetter
    forms: Forms
    workflows: Workflows
    text: Text
    factor_key: bytes
    key_file: KeyFile
    own_authority: OwnAuthority
    authority: Authority | NoAuthority
    pool: ThreadPoolExecutor
    now_ms: Callable[[], int]
    randomness: Callable[[int], bytes]
    verify: Callable[[Progress], Findings]
    address: str = ""
    addresses: tuple[str, ...] = ()
    calm: Calm = field(default_factory=Calm)
