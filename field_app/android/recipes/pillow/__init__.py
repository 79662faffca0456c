"""Pillow with JPEG and PNG, which is all that the phone reads and writes. Rule: the same release as in
requirements.lock, and nothing of the building machine in it.

The recipe of python-for-android patches an older release. This one needs no patch: what Pillow looks for is
told by its own build settings, and where, by the flags of the compiler.
"""

from typing import Any

from pythonforandroid.recipe import PyProjectRecipe

WITHOUT = ("freetype", "webp", "tiff", "jpeg2000", "lcms", "avif", "imagequant", "xcb", "raqm", "fribidi")


class PillowRecipe(PyProjectRecipe):
    """Builds it as any project with a pyproject.toml."""

    name = "pillow"
    version = "13.0.0"
    url = "https://github.com/python-pillow/Pillow/archive/refs/tags/{version}.tar.gz"
    site_packages_name = "PIL"
    depends = ["python3", "jpeg"]
    hostpython_prerequisites = ["setuptools>=77", "pybind11"]
    extra_build_args = ["-Cplatform-guessing=disable", *(f"-C{name}=disable" for name in WITHOUT)]

    def get_recipe_env(self, arch: Any, **kwargs: Any) -> dict[str, str]:
        """Name the folders of jpeg and of the NDK's zlib; no pkg-config of the building machine."""
        env = super().get_recipe_env(arch, **kwargs)
        jpeg = self.get_recipe("jpeg", self.ctx).get_build_dir(arch.arch)
        env["CFLAGS"] += f" -I{jpeg} -I{self.ctx.ndk.sysroot_include_dir}"
        env["LDFLAGS"] += f" -L{jpeg} -L{arch.ndk_lib_dir_versioned} -lm"
        env["PKG_CONFIG"] = "no-pkg-config-here"
        return env


recipe = PillowRecipe()
