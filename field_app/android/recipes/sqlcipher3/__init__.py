"""sqlcipher3 with the SQLCipher that lies in its own sources, on the OpenSSL of python-for-android.

Rule: the same release as in requirements.lock. Its build asks conan for an OpenSSL of the building machine
where conan is installed: here it must not be.
"""

from pathlib import Path
from typing import Any

from pythonforandroid.recipe import PyProjectRecipe
from pythonforandroid.util import BuildInterruptingException

CONAN = '    "conan>=2.0",\n'


class Sqlcipher3Recipe(PyProjectRecipe):
    """Builds it as any project with a pyproject.toml."""

    name = "sqlcipher3"
    version = "0.6.4"
    url = "https://github.com/coleifer/sqlcipher3/archive/refs/tags/{version}.tar.gz"
    site_packages_name = "sqlcipher3"
    depends = ["python3", "openssl"]

    def prebuild_arch(self, arch: Any) -> None:
        """Take conan out of what the build installs."""
        super().prebuild_arch(arch)
        project = Path(self.get_build_dir(arch.arch)) / "pyproject.toml"
        before = project.read_text(encoding="utf-8")
        if CONAN in before:
            project.write_text(before.replace(CONAN, ""), encoding="utf-8")
        elif "conan" in before:
            raise BuildInterruptingException("sqlcipher3 names conan in another way: see this recipe")

    def get_recipe_env(self, arch: Any, **kwargs: Any) -> dict[str, str]:
        """Compile and link with the package's own libcrypto."""
        env = super().get_recipe_env(arch, **kwargs)
        openssl = self.get_recipe("openssl", self.ctx)
        env["CFLAGS"] += openssl.include_flags(arch) + " -DSQLCIPHER_CRYPTO_OPENSSL"
        env["LDFLAGS"] += openssl.link_dirs_flags(arch)
        return env


recipe = Sqlcipher3Recipe()
