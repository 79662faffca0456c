"""The phone on Android: what its system offers, behind the ports of field_app/devices, and how the package is
made.

Rule: the only place that knows Java. docs/android.md tells how to build it.
"""
