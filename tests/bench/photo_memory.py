"""Fifty photos, and a hundred, in one day: what the process grows by, the window and its screens included."""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.phones import synced_phone

SOME, MANY = 50, 100
SIZE = (4000, 3000)


def measure(folder: Path) -> list[Figure]:
    """Each count in a process of its own: memory that was asked for once is not given back."""
    del folder
    return [
        Figure(
            name=f"phone: memory after {count} photos of 12 MP, above the empty window",
            value=_grown(count),
            unit="MB",
            budget=100 if count == SOME else None,
        )
        for count in (SOME, MANY)
    ]


def _grown(count: int) -> float:
    command = [sys.executable, "-m", "tests.bench.photo_memory", str(count)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def resident_mb() -> float:
    """Return what the process holds now, in MB (Linux)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def fill(folder: Path, count: int) -> float:
    """Take so many photos through the camera's screen, over visits of five; return the growth in MB."""
    from field_app.ui.environment import prepare

    prepare((360, 640), 2.0, offscreen=True)
    from kivy.base import EventLoop
    from kivy.graphics.opengl import glFinish

    from field_app.devices.desktop import SystemTime
    from field_app.ui.app import settle_memory
    from field_app.ui.window import SambangApp
    from tests.bench.phone_photos import camera_picture

    picture = camera_picture()
    rng = random.Random(1)

    class Film:
        """Each frame is another picture: the same pixels, and a tail that makes another hash."""

        def available(self) -> bool:
            return True

        def frame(self, guide: object = None) -> bytes:
            return picture + rng.randbytes(16)

    with synced_phone(folder, count) as phone:
        app = SambangApp(phone, now_ms=SystemTime().now_ms, text=phone.text, camera=Film())
        app.open_embedded()

        def rest() -> None:
            until = time.monotonic() + 0.5  # she is slower than that
            while app.background.busy or time.monotonic() < until:
                EventLoop.idle()
                glFinish()  # software that stands in for a graphics chip queues frames that it is late with

        rest()
        settle_memory()
        empty = resident_mb()
        fields = ("foto_rumah_depan", "foto_rumah_dalam", "foto_kk", "foto_rumah_depan", "foto_rumah_dalam")
        taken, largest = 0, empty
        for hit in phone.visits.search("", limit=count):
            if taken >= count:
                break
            draft = phone.visits.start("bpnt_kpm", hit.id, None).id  # type: ignore[union-attr]
            for field in fields:
                app.root.go("camera", draft=draft, form="bpnt_kpm", field=field)
                rest()
                app.root.screen.shoot()
                rest()
                app.root.back()
                taken += 1
                largest = max(largest, resident_mb())
            app.root.only("home")
            rest()
        kept = sum(len(phone.visits.draft(card.draft).photos) for card in phone.visits.home().drafts)  # type: ignore[arg-type]
        if kept < count:
            raise RuntimeError(f"only {kept} photos were kept")
        return largest - empty


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(fill(Path(place), int(sys.argv[1])))
