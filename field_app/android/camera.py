"""Android's camera, through an activity of our own. Rule: the picture is never in a file, and no other app
sees it.
"""

from field_app.android.java import OURS, Java, bytes_of
from field_app.android.permissions import CAMERA, Permissions
from field_app.devices import Guide, Outing
from schemas.text import Text

ANY_CAMERA = "android.hardware.camera.any"


class AndroidCamera:
    """See devices.WindowCamera."""

    window = True

    def __init__(self, java: Java, permissions: Permissions, outing: Outing, text: Text) -> None:
        self._java, self._permissions, self._outing, self._text = java, permissions, outing, text
        self._trouble = ""

    def available(self) -> bool:
        """See devices.Camera."""
        return bool(self._java.activity.getPackageManager().hasSystemFeature(ANY_CAMERA))

    def frame(self, guide: Guide | None = None, *, further: bool = False) -> bytes:
        """See devices.Camera. Shows the camera until she took a picture or went back; not to be called on the
        window's thread. With `further` others were taken just before, and going back is being done.
        """
        self._trouble = self._permissions.refusal("kamera", CAMERA)
        if self._trouble:
            raise OSError("no permission for the camera")
        kind = self._java(OURS + "CameraActivity")
        activity = self._java.activity
        wish = self._java("android.content.Intent")()
        wish.setClassName(activity, OURS + "CameraActivity")
        wish.putExtra(kind.SHUTTER, self._text("aplikasi.kamera.ambil"))
        wish.putExtra(kind.CANCEL, self._text("aplikasi.kamera.selesai" if further else "tombol.batal"))
        if guide is not None:
            wish.putExtra(kind.SHAPE, f"{guide.shape:.3f}")
            wish.putExtra(kind.ADVICE, guide.words)
        with self._outing.begun():
            activity.ask(wish)
        picture = kind.take()
        if picture is None:
            self._trouble = "aplikasi.kamera.tidak_jadi"
            raise OSError("no picture was taken")
        return bytes_of(picture)

    def trouble(self) -> str:
        """See devices.Camera."""
        return self._trouble
