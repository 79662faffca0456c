"""Who this phone belongs to, as the office said at enrolment.

Rule: fixed for the vault's life, but for where the office is and by what it is known (moving.py).
"""

from schemas.base import Data
from schemas.ids import DeviceId, PersonId, Regency


class Owner(Data, frozen=True, kw_only=True):
    """The person, the device with its Ed25519 private key (32 bytes), and the office it belongs to.

    `authority` is the certificate (DER) that its server's must be signed by; empty where none is pinned.
    """

    address: str
    regency: Regency
    office_name: str
    office_device: DeviceId
    office_key: bytes
    device: DeviceId
    private_key: bytes
    person: PersonId
    person_name: str
    person_code: str
    roles: list[str]
    authority: bytes = b""
