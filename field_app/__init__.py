"""The phone: an encrypted vault, visits as use cases without any window, and one thread that syncs.

Only field_app/ui draws. Everything is built once, in __main__.py, and handed down.
"""
