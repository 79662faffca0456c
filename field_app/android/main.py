"""What Android starts: staged beside the packages as `main.py`. Rule: it only starts."""

from field_app.android.start import run

run()
