"""Everything of the phone is built here, once, when it is an Android phone. Rule: nothing is said anywhere
but on the screen: no log file, nothing in Android's log.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import TextIO

from field_app.android.camera import AndroidCamera
from field_app.android.clock import AndroidTime
from field_app.android.documents import AndroidDocuments
from field_app.android.finder import AndroidFinder
from field_app.android.java import Java, on_this_phone
from field_app.android.keystore import AndroidKeystore
from field_app.android.location import AndroidLocation
from field_app.android.network import AndroidNetwork
from field_app.android.permissions import Permissions
from field_app.android.staying import AndroidStaying
from field_app.android.system import AndroidSystem
from field_app.devices import Devices, Outing
from field_app.link import Door, Link
from field_app.phone import Phone
from field_app.shipped import load_shipped
from schemas.text import Text, load_text

FOLDER = "hp"


def run() -> None:
    """Open the window on the phone's vaults, until it is closed."""
    be_silent()
    java = on_this_phone()
    os.environ.setdefault("HOME", str(own_folder(java)))  # Python asks for it, and Android has none
    text, outing, time = load_text(), Outing(), AndroidTime(java)
    system = AndroidSystem(java, outing)
    permissions = Permissions(java, outing)
    phone = build(java, text, time, system)
    try:
        importlib.import_module("field_app.ui.app").run(
            phone,
            camera=AndroidCamera(java, permissions, outing, text),
            location=AndroidLocation(java, permissions, time),
            documents=AndroidDocuments(java, outing, own_folder(java) / "dokumen"),
            system=system,
            time=time,
            finder=AndroidFinder(java, permissions),
        )
    finally:
        phone.lock()


def build(java: Java, text: Text, time: AndroidTime, system: AndroidSystem) -> Phone:
    """Build the phone, in a folder that Android keeps out of every backup."""
    folder = own_folder(java) / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Phone(
        folder,
        devices=Devices(
            keystore=AndroidKeystore(java),
            time=time,
            network=AndroidNetwork(java),
            system=system,
            staying=AndroidStaying(java, text),
            model=system.model(),
        ),
        shipped=load_shipped(text),
        connect=lambda door: _connect(door, text),
    )


def own_folder(java: Java) -> Path:
    """Return the app's own folder that goes into no backup."""
    return Path(java.activity.getNoBackupFilesDir().getAbsolutePath())


def be_silent() -> None:
    """Say nothing more: what is printed, as by an error that nobody caught, would stand in Android's log."""
    nowhere: TextIO = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the app runs
    sys.stdout = sys.stderr = nowhere


def _connect(door: Door, text: Text) -> Link:
    from field_app.transport import open_link  # half a second that the lock screen need not wait for

    return open_link(door, text.__contains__)
