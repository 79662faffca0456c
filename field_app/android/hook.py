"""The last word on the manifest, before the package is put together. Rule: what docs/security.md promises
stands in it, or nothing is built.

python-for-android loads this file by its path, in a Python that knows nothing of this project: the standard
library only.
"""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

ANDROID = "http://schemas.android.com/apk/res/android"
MANIFEST = Path("src/main/AndroidManifest.xml")
OURS = "org.sambang.lapangan."
PERMISSIONS = frozenset(
    f"android.permission.{name}"
    for name in (
        "INTERNET",
        "ACCESS_NETWORK_STATE",
        "ACCESS_FINE_LOCATION",
        "ACCESS_COARSE_LOCATION",
        "CAMERA",
        "FOREGROUND_SERVICE",
        "FOREGROUND_SERVICE_DATA_SYNC",
    )
)
"""All there may be; docs/android.md says what each is for."""
APPLICATION = {
    "allowBackup": "false",
    "fullBackupContent": "false",
    "dataExtractionRules": "@xml/tidak_dipindahkan",
    "usesCleartextTraffic": "false",
}


class BrokenPromiseError(Exception):
    """The manifest says something else than docs/security.md."""


def before_apk_assemble(toolchain: Any) -> None:
    """Called by python-for-android in the folder of the distribution. Raises BrokenPromiseError."""
    debug = "release" not in str(getattr(toolchain.args, "build_mode", ""))
    text = completed(MANIFEST.read_text(encoding="utf-8"))
    broken = broken_promises(text, debug=debug)
    if broken:
        raise BrokenPromiseError("; ".join(broken))
    MANIFEST.write_text(text, encoding="utf-8")


def completed(manifest: str) -> str:
    """Return the manifest with what the template has no place for: the service, and who may open what."""
    ET.register_namespace("android", ANDROID)
    root = ET.fromstring(manifest)  # noqa: S314 - written by the template just now
    application = _application(root)
    camera = _named(application, "activity", OURS + "CameraActivity")
    if camera is not None:
        camera.set(_key("exported"), "false")
        camera.set(_key("excludeFromRecents"), "true")
        camera.set(_key("configChanges"), "orientation|screenSize|keyboardHidden")
        camera.set(_key("theme"), "@android:style/Theme.Material.NoActionBar.Fullscreen")
    if _named(application, "service", OURS + "SendingService") is None:
        service = ET.SubElement(application, "service")
        service.set(_key("name"), OURS + "SendingService")
        service.set(_key("exported"), "false")
        service.set(_key("foregroundServiceType"), "dataSync")
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def broken_promises(manifest: str, *, debug: bool = False) -> list[str]:
    """Return what this manifest allows that nobody promised, in words for whoever builds."""
    root = ET.fromstring(manifest)  # noqa: S314 - our own
    application = _application(root)
    broken = [
        f"{name} is {application.get(_key(name))!r}, not {value!r}"
        for name, value in APPLICATION.items()
        if application.get(_key(name)) != value
    ]
    asked = {str(one.get(_key("name"))) for one in root.iter("uses-permission")}
    broken += [f"{name} is asked for" for name in sorted(asked - PERMISSIONS)]
    broken += [f"{name} is not asked for" for name in sorted(PERMISSIONS - asked)]
    if application.get(_key("debuggable")) == "true" and not debug:
        broken.append("a release can be debugged")
    for kind in ("activity", "service", "receiver", "provider"):
        for part in application.iter(kind):
            name = str(part.get(_key("name")))
            if part.get(_key("exported")) == "true" and name != OURS + "SambangActivity":
                broken.append(f"{name} is open to other apps")
            if part.get(_key("process")):
                broken.append(f"{name} runs in a process of its own, without the vault")
    service = _named(application, "service", OURS + "SendingService")
    if service is None or service.get(_key("foregroundServiceType")) != "dataSync":
        broken.append("the service that keeps sending alive is not declared")
    for name in ("SambangActivity", "CameraActivity"):
        if _named(application, "activity", OURS + name) is None:
            broken.append(f"{name} is not declared")
    return broken


def _key(name: str) -> str:
    return f"{{{ANDROID}}}{name}"


def _application(root: ET.Element) -> ET.Element:
    application = root.find("application")
    if application is None:
        raise BrokenPromiseError("the manifest has no application")
    return application


def _named(application: ET.Element, kind: str, name: str) -> ET.Element | None:
    return next((part for part in application.iter(kind) if part.get(_key("name")) == name), None)
