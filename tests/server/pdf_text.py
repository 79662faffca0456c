"""The words of a PDF, as a reader that is not ours finds them."""

import shutil
import subprocess

import pytest


def pdf_text(pdf: bytes) -> str:
    """Return all text in the order in which it is drawn, without blanks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (Debian: poppler-utils) is not installed")
    told = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(told.stdout.decode().split())
