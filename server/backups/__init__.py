"""Backup and restore of the office. Rule: a copy counts only after it was read back and found whole.

medium.py manifest.py    a folder on a disk, prepared once; what a copy says of itself
making.py blob_copies.py one copy: the database, and the blobs that the medium lacks
checking.py              reading copies back
stream.py streaming.py   what is committed between copies, appended to a log
bringing_back.py         what the office itself lost, from a medium or from the phones again
keeper.py                the schedule inside the server, and what the page shows
restoring.py replaying.py destroyed.py   a new data folder from a copy and the logs of what came after
"""
