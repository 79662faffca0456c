"""The device's secret in Android's keystore. Rule: a key that only this chip can use, and never a copy of it.

It is an HMAC key made inside the keystore, in a chip of its own (StrongBox) where the phone has one. It asks
for no fingerprint and no unlocked screen: tries of the PIN are counted by the app, and the worker may send
while the screen is off.

A key that is not there is made, and one that Android itself gave up for good is made anew: what was wrapped
under it opens by the office's code then, as on another device. A keystore that merely does not answer loses
nothing: that is a KeystoreError, and the same key is asked again.
"""

from typing import Any

from field_app.android.java import Java, kind_of
from field_app.devices import KeystoreError

PROVIDER = "AndroidKeyStore"
ALIAS = "sambang/perangkat/"
GONE = frozenset({"KeyPermanentlyInvalidatedException"})
STRONGBOX_SINCE = 28


class AndroidKeystore:
    """See devices.Keystore."""

    def __init__(self, java: Java, worker: str = "") -> None:
        self._java = java
        self._alias = ALIAS + worker

    def mac(self, message: bytes) -> bytes:
        """See devices.Keystore. Makes the key when it is first needed. Raises KeystoreError."""
        try:
            return self._mac(message)
        except self._java.error as error:
            if kind_of(error) not in GONE:
                raise KeystoreError(kind_of(error)) from None
        self.forget()
        try:
            return self._mac(message)
        except self._java.error as error:
            raise KeystoreError(kind_of(error)) from None

    def of(self, worker: str) -> "AndroidKeystore":
        """See devices.Keystore."""
        return AndroidKeystore(self._java, worker)

    def forget(self) -> None:
        """See devices.Keystore. Raises KeystoreError."""
        try:
            store = self._store()
            if store.containsAlias(self._alias):
                store.deleteEntry(self._alias)
        except self._java.error as error:
            raise KeystoreError(kind_of(error)) from None

    def for_development(self) -> bool:
        """See devices.Keystore."""
        return False

    def _mac(self, message: bytes) -> bytes:
        key = self._store().getKey(self._alias, None) or self._make()
        mac = self._java("javax.crypto.Mac").getInstance("HmacSHA256")
        mac.init(key)
        return bytes(mac.doFinal(message))

    def _store(self) -> Any:
        store = self._java("java.security.KeyStore").getInstance(PROVIDER)
        store.load(None)
        return store

    def _make(self) -> Any:
        if self._java.release >= STRONGBOX_SINCE:
            try:
                return self._generate(strongbox=True)
            except self._java.error as error:
                if kind_of(error) != "StrongBoxUnavailableException":
                    raise
        return self._generate(strongbox=False)

    def _generate(self, *, strongbox: bool) -> Any:
        purpose = self._java("android.security.keystore.KeyProperties").PURPOSE_SIGN
        wanted = self._java("android.security.keystore.KeyGenParameterSpec$Builder")(self._alias, purpose)
        if strongbox:
            wanted.setIsStrongBoxBacked(True)
        maker = self._java("javax.crypto.KeyGenerator").getInstance("HmacSHA256", PROVIDER)
        maker.init(wanted.build())
        return maker.generateKey()
