"""What is said when something could not be stored. Rule: which error of a storage is which sentence is
decided here alone; what each error says of the storage, vault.py knows.
"""

import sqlcipher3.dbapi2 as sqlcipher

from field_app.devices import KeystoreError
from field_app.vault import NewerVaultError, StorageFailedError, StorageFullError, VaultError, of_storage
from field_app.views import Refused

UNSTORED = (StorageFullError, StorageFailedError, OSError)
"""What a step that stores something may raise because of the storage."""


def unstored(error: VaultError | OSError | sqlcipher.Error) -> Refused:
    """Say why something could not be stored on this phone, or the device's secret not be asked."""
    match of_storage(error) or error:
        case StorageFullError():
            say = "penyimpanan_penuh"
        case StorageFailedError() | sqlcipher.Error():
            say = "penyimpanan_rusak"
        case KeystoreError():
            say = "rahasia_perangkat_diam"
        case NewerVaultError():
            say = "brankas_lebih_baru"
        case VaultError():
            say = "brankas_rusak"
        case _:
            say = "folder_tidak_bisa_ditulis"
    return Refused(say=f"lapangan.{say}")


def unwritten(error: OSError) -> Refused:
    """Say why a file for the office could not be written where it was to go: a stick, a card, a folder."""
    full = isinstance(of_storage(error), StorageFullError)
    return Refused(say=f"lapangan.serah.{'penuh' if full else 'tidak_dapat_ditulis'}")


def unread(error: OSError) -> Refused:
    """Say why the office's answer could not be brought here: no room on this phone, else its own medium."""
    full = isinstance(of_storage(error), StorageFullError)
    return unstored(error) if full else Refused(say="lapangan.jawaban.tidak_terbaca")
