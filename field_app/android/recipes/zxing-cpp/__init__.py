"""zxing-cpp, which finds QR codes in a picture, without what draws them. Rule: the same release as in
requirements.lock, and nothing fetched while it is built.

Its Python package is built from a folder inside its sources. It imports what was just compiled, to write type
hints by it: what is compiled for a phone does not run on the building machine, so that step is taken out.
"""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from pythonforandroid.recipe import PyProjectRecipe, Recipe
from pythonforandroid.util import BuildInterruptingException

PACKAGE = "wrappers/python"
HINTS = re.compile(r"nanobind_add_stub\(.*?\n\)\n", re.DOTALL)
HINTS_FILE = "        ${CMAKE_CURRENT_BINARY_DIR}/zxingcpp.pyi\n"


class ZxingCppRecipe(PyProjectRecipe):
    """Builds it as any project with a pyproject.toml, by the NDK's own toolchain file for CMake."""

    name = "zxing-cpp"
    version = "3.1.1"
    url = "https://github.com/zxing-cpp/zxing-cpp/archive/refs/tags/v{version}.tar.gz"
    site_packages_name = "zxingcpp"
    depends = ["python3"]
    extra_build_args = ["-Cskbuild.strict-config=false"]

    def prebuild_arch(self, arch: Any) -> None:
        """Lay the package's files where the published package has them, and leave the hints out."""
        super().prebuild_arch(arch)
        root = Path(self.get_build_dir(arch.arch))
        for path in (root / PACKAGE).iterdir():
            if path.is_file() and not path.is_symlink():
                shutil.copy(path, root / path.name)
        steps = root / "CMakeLists.txt"
        without, found = HINTS.subn("", steps.read_text(encoding="utf-8"))
        if not found or HINTS_FILE not in without:
            raise BuildInterruptingException("zxing-cpp writes its hints in another way: see this recipe")
        steps.write_text(without.replace(HINTS_FILE, ""), encoding="utf-8")

    def get_recipe_env(self, arch: Any, **kwargs: Any) -> dict[str, str]:
        """Name the compiler, the phone's own Python, and what is left out."""
        env = super().get_recipe_env(arch, **kwargs)
        python = Recipe.get_recipe("python3", self.ctx)
        options = {
            "CMAKE_TOOLCHAIN_FILE": f"{self.ctx.ndk_dir}/build/cmake/android.toolchain.cmake",
            "ANDROID_ABI": arch.arch,
            "ANDROID_PLATFORM": f"android-{self.ctx.ndk_api}",
            "ANDROID_STL": "c++_static",
            "CMAKE_FIND_ROOT_PATH_MODE_PACKAGE": "BOTH",  # nanobind is the builder's
            "CMAKE_MODULE_LINKER_FLAGS": f"-L{python.link_root(arch.arch)} -lpython{python.link_version}",
            "Python_INCLUDE_DIR": python.include_root(arch.arch),
            "ZXING_DEPENDENCIES": "LOCAL",
            "ZXING_WRITERS": "OFF",
        }
        env["CMAKE_ARGS"] = shlex.join(f"-D{name}={value}" for name, value in options.items())
        return env


recipe = ZxingCppRecipe()
