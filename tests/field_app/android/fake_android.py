"""An Android phone as far as our adapters know one: stands in for `jnius.autoclass`; tests set its states.

It answers as Android documents it, and knows no class that is not written down here.
"""

import hmac
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from field_app.android.java import OURS, Java


class FakeJavaError(Exception):
    """What a Java exception is raised as."""

    def __init__(self, classname: str) -> None:
        super().__init__(classname)
        self.classname = classname


class FakeBytes:
    """byte[] as pyjnius hands it on. That it can be read one by one too, slowly, is left out."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def tostring(self) -> bytes:
        return self._data


class FakeActivity:
    """SambangActivity, and the context of everything."""

    def __init__(self, phone: "FakePhone") -> None:
        self._phone = phone

    def getSystemService(self, name: str) -> Any:
        return self._phone.services.get(name)

    def getContentResolver(self) -> Any:
        return SimpleNamespace(openFileDescriptor=self._phone.open_document)

    def getNoBackupFilesDir(self) -> Any:
        return SimpleNamespace(getAbsolutePath=lambda: str(self._phone.folder / "no_backup"))

    def getPackageManager(self) -> Any:
        return SimpleNamespace(hasSystemFeature=lambda name: name in self._phone.features)

    def getResources(self) -> Any:
        return SimpleNamespace(getConfiguration=lambda: self._phone.configuration)

    def checkSelfPermission(self, name: str) -> int:
        return 0 if name in self._phone.granted else -1

    def askPermissions(self, names: list[str]) -> None:
        self._phone.asked.append(tuple(names))
        self._phone.granted |= set(names) & self._phone.will_grant

    def shouldShowRequestPermissionRationale(self, name: str) -> bool:
        return name not in self._phone.never_again

    def ask(self, intent: "FakeIntent") -> Any:
        self._phone.intents.append(intent)
        self._phone.out_while_asking.append(self._phone.is_out())
        return self._phone.answer(intent)

    def startActivity(self, intent: "FakeIntent") -> None:
        if not self._phone.has_map:
            raise FakeJavaError("android.content.ActivityNotFoundException")
        self._phone.intents.append(intent)

    def paintBars(self, colour: int, dark: bool) -> None:
        assert -(2**31) <= colour < 2**31, "not a Java int"
        self._phone.bars = (colour, dark)

    def nudge(self) -> None:
        self._phone.nudges += 1

    def putAway(self) -> None:
        self._phone.put_away = True


class FakeIntent:
    """An android.content.Intent, and its constants."""

    ACTION_CREATE_DOCUMENT = "android.intent.action.CREATE_DOCUMENT"
    ACTION_OPEN_DOCUMENT = "android.intent.action.OPEN_DOCUMENT"
    ACTION_VIEW = "android.intent.action.VIEW"
    CATEGORY_OPENABLE = "android.intent.category.OPENABLE"
    EXTRA_TITLE = "android.intent.extra.TITLE"

    def __init__(self, action: str = "", data: str = "") -> None:
        self.action, self.data = action, data
        self.extras: dict[str, str] = {}
        self.kind = self.target = ""
        self.categories: list[str] = []

    def setClassName(self, _context: Any, name: str) -> None:
        self.target = name

    def putExtra(self, name: str, value: str) -> None:
        assert isinstance(value, str)
        self.extras[name] = value

    def addCategory(self, name: str) -> None:
        self.categories.append(name)

    def setType(self, kind: str) -> None:
        self.kind = kind

    def getData(self) -> str:
        return self.data


class FakeFix:
    """An android.location.Location."""

    def __init__(
        self,
        provider: str,
        accuracy: float | None = 5.0,
        age_ms: int = 0,
        mock: bool = False,
        lat: float = -7.4,
    ) -> None:
        self.provider, self.age_ms, self._accuracy, self._mock, self._lat = (
            provider,
            age_ms,
            accuracy,
            mock,
            lat,
        )
        self.phone: Any = None

    def hasAccuracy(self) -> bool:
        return self._accuracy is not None

    def getAccuracy(self) -> float:
        assert self._accuracy is not None
        return self._accuracy

    def getLatitude(self) -> float:
        return self._lat

    def getLongitude(self) -> float:
        return 111.0

    def getElapsedRealtimeNanos(self) -> int:
        return (self.phone.elapsed_ms - self.age_ms) * 1_000_000

    def isMock(self) -> bool:
        assert self.phone.release >= 31, "not there before Android 12"
        return self._mock

    def isFromMockProvider(self) -> bool:
        return self._mock


class FakeFixes:
    """Fixes.java: what each provider that is listened to says."""

    def __init__(self, phone: "FakePhone") -> None:
        self._phone, self.listened = phone, []

    def listen(self, provider: str) -> None:
        if provider == "gps" and "android.permission.ACCESS_FINE_LOCATION" not in self._phone.granted:
            raise FakeJavaError("java.lang.SecurityException")
        self.listened.append(provider)
        self._phone.listening.add(provider)

    def end(self) -> None:
        self._phone.listening -= set(self.listened)

    def of(self, provider: str) -> FakeFix | None:
        fix = self._phone.fixes.get(provider) if provider in self.listened else None
        if fix is not None:
            fix.phone = self._phone
        return fix

    def waitForFirst(self, milliseconds: int) -> None:
        assert milliseconds > 0


class FakeViewfinder:
    """Viewfinder.java: one of these each time the camera is opened."""

    def __init__(self, phone: "FakePhone") -> None:
        self._phone = phone
        self.closed, self.lit = False, False
        phone.viewfinders.append(self)

    def open(self, milliseconds: int) -> bool:
        assert milliseconds > 0 and not self.closed, "one that was closed is not opened again"
        assert "android.permission.CAMERA" in self._phone.granted
        return self._phone.camera_opens

    def take(self) -> FakeBytes | None:
        assert not self.closed
        return FakeBytes(self._phone.frames.pop(0)) if self._phone.frames else None

    def getWidth(self) -> int:
        return self._phone.frame_size[0]

    def getHeight(self) -> int:
        return self._phone.frame_size[1]

    def getTurn(self) -> int:
        return 90

    def hasLight(self) -> bool:
        return self._phone.has_lamp

    def light(self, on: bool) -> None:
        self.lit = on

    def close(self) -> None:
        self.closed, self.lit = True, False


class FakeKeystore:
    """java.security.KeyStore of the provider AndroidKeyStore; a key is never seen from outside."""

    def __init__(self, phone: "FakePhone") -> None:
        self._phone, self._loaded = phone, False

    def load(self, parameter: None) -> None:
        self._loaded = True

    def getKey(self, alias: str, _password: None) -> Any:
        assert self._loaded, "a keystore is loaded first"
        self._phone.fail_as("getKey")
        return SimpleNamespace(alias=alias) if alias in self._phone.secrets else None

    def containsAlias(self, alias: str) -> bool:
        return alias in self._phone.secrets

    def deleteEntry(self, alias: str) -> None:
        self._phone.fail_as("deleteEntry")
        del self._phone.secrets[alias]
        self._phone.invalid.discard(alias)


class FakePhone:
    """Set what it is; look what was done to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.release = 35
        self.elapsed_ms = 50_000
        self.boots = 7
        self.granted: set[str] = set()
        self.will_grant: set[str] = set()
        self.never_again: set[str] = set()
        self.asked: list[tuple[str, ...]] = []
        self.features = {"android.hardware.camera.any"}
        self.configuration = SimpleNamespace(uiMode=0x11, fontScale=1.0)
        self.intents: list[FakeIntent] = []
        self.out_while_asking: list[bool] = []
        self.is_out: Any = lambda: False
        self.answer: Any = lambda _intent: None
        self.has_map = True
        self.bars: Any = None
        self.put_away = False
        self.nudges = 0
        self.viewfinders: list[FakeViewfinder] = []
        self.frames: list[bytes] = []
        self.frame_size = (4, 3)
        self.camera_opens, self.has_lamp = True, True
        self.picture: bytes | None = None
        self.documents: dict[str, Path] = {}
        self.providers = {"gps", "network", "passive"}
        self.switched_on = {"gps", "network", "passive"}
        self.fixes: dict[str, FakeFix] = {}
        self.listening: set[str] = set()
        self.secrets: dict[str, bytes] = {}
        self.in_strongbox: set[str] = set()
        self.has_strongbox = True
        self.invalid: set[str] = set()
        self.failing: dict[str, str] = {}
        self.metered, self.connected, self.internet = True, True, True
        self.may_start_service = True
        self.service: tuple[str, ...] = ()
        self.services: dict[str, Any] = {
            "connectivity": SimpleNamespace(
                isActiveNetworkMetered=lambda: self.metered,
                getActiveNetwork=lambda: "network" if self.connected else None,
                getNetworkCapabilities=lambda _one: SimpleNamespace(
                    hasCapability=lambda number: number == 12 and self.internet
                ),
            ),
            "location": SimpleNamespace(
                getAllProviders=lambda: SimpleNamespace(toArray=lambda: sorted(self.providers)),
                isProviderEnabled=lambda name: name in self.switched_on,
            ),
        }
        self._activity = FakeActivity(self)

    def java(self) -> Java:
        return Java(self._find, FakeJavaError)

    def fail_as(self, call: str) -> None:
        """Raise what a test set for this call."""
        if call in self.failing:
            raise FakeJavaError(self.failing[call])

    def open_document(self, place: str, mode: str) -> Any:
        if place not in self.documents:
            raise FakeJavaError("java.io.FileNotFoundException")
        flags = os.O_RDONLY if mode == "r" else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        return SimpleNamespace(detachFd=lambda: os.open(self.documents[place], flags))

    def _mac(self) -> Any:
        chosen: list[str] = []

        def begin(key: Any) -> None:
            if key.alias in self.invalid:
                raise FakeJavaError("android.security.keystore.KeyPermanentlyInvalidatedException")
            chosen.append(key.alias)

        return SimpleNamespace(
            init=begin, doFinal=lambda message: hmac.digest(self.secrets[chosen[0]], message, "sha256")
        )

    def _builder(self, alias: str, purpose: int) -> Any:
        assert purpose == 4, "a key that signs"
        wanted = SimpleNamespace(alias=alias, strongbox=False)
        return SimpleNamespace(
            setIsStrongBoxBacked=lambda on: setattr(wanted, "strongbox", on), build=lambda: wanted
        )

    def _generator(self, algorithm: str, provider: str) -> Any:
        assert (algorithm, provider) == ("HmacSHA256", "AndroidKeyStore")
        wishes: list[Any] = []
        return SimpleNamespace(init=wishes.append, generateKey=lambda: self._generate(wishes[0]))

    def _generate(self, wish: Any) -> Any:
        self.fail_as("generateKey")
        if wish.strongbox:
            self.fail_as("generateKey in StrongBox")
        if wish.strongbox and not self.has_strongbox:
            raise FakeJavaError("android.security.keystore.StrongBoxUnavailableException")
        self.secrets[wish.alias] = os.urandom(32)
        if wish.strongbox:
            self.in_strongbox.add(wish.alias)
        return SimpleNamespace(alias=wish.alias)

    def _take(self) -> FakeBytes | None:
        taken, self.picture = self.picture, None
        return None if taken is None else FakeBytes(taken)

    def _begin(self, _context: Any, channel: str, title: str) -> None:
        if not self.may_start_service:
            raise FakeJavaError("android.app.ForegroundServiceStartNotAllowedException")
        self.service = (channel, title)

    def _find(self, name: str) -> Any:
        return {
            "android.content.Context": SimpleNamespace(
                CONNECTIVITY_SERVICE="connectivity", LOCATION_SERVICE="location"
            ),
            "android.content.Intent": FakeIntent,
            "android.net.NetworkCapabilities": SimpleNamespace(NET_CAPABILITY_INTERNET=12),
            "android.net.Uri": SimpleNamespace(parse=lambda text: text),
            "android.os.Build": SimpleNamespace(MANUFACTURER="Merek", MODEL="Murah 3"),
            "android.os.Build$VERSION": SimpleNamespace(SDK_INT=self.release),
            "android.os.SystemClock": SimpleNamespace(elapsedRealtime=lambda: self.elapsed_ms),
            "android.provider.Settings$Global": SimpleNamespace(
                BOOT_COUNT="boot_count", getInt=lambda _resolver, _name, default: self.boots or default
            ),
            "android.security.keystore.KeyGenParameterSpec$Builder": self._builder,
            "android.security.keystore.KeyProperties": SimpleNamespace(PURPOSE_SIGN=4),
            "java.security.KeyStore": SimpleNamespace(getInstance=lambda _provider: FakeKeystore(self)),
            "javax.crypto.KeyGenerator": SimpleNamespace(getInstance=self._generator),
            "javax.crypto.Mac": SimpleNamespace(getInstance=lambda _algorithm: self._mac()),
            OURS + "CameraActivity": SimpleNamespace(
                SHUTTER="jepret", CANCEL="batal", SHAPE="bentuk", ADVICE="petunjuk", take=self._take
            ),
            OURS + "Fixes": lambda _manager: FakeFixes(self),
            OURS + "SambangActivity": SimpleNamespace(get=lambda: self._activity),
            OURS + "SendingService": SimpleNamespace(
                begin=self._begin, end=lambda _context: setattr(self, "service", ())
            ),
            OURS + "Viewfinder": lambda _activity: FakeViewfinder(self),
        }[name]
