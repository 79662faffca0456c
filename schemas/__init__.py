"""The language both ends share: msgspec and the standard library only, no I/O beyond its own data files."""
