"""Kivy as python-for-android builds it, without what it fetches for web requests that the phone never makes.
Rule: nothing comes into the package whose release nobody named.
"""

from inspect import getfile
from pathlib import Path

from pythonforandroid.recipes.kivy import KivyRecipe


class LeanKivyRecipe(KivyRecipe):
    """What Kivy itself imports is in the spec, with its release."""

    name = "kivy"
    python_depends: list[str] = []

    def get_recipe_dir(self) -> str:
        """Its patches lie where the recipe is that this one goes by."""
        return str(Path(getfile(KivyRecipe)).parent)


recipe = LeanKivyRecipe()
