"""What the driver's errors mean, and what is undone after one. Rule: those that people are told of by name
have a name of the port's.
"""

from contextlib import suppress

import sqlcipher3

from server.engine import DamagedError, FailingError, FullError, LockedError

READ_FAILS = ("disk I/O error",)
WRITE_FAILS = (*READ_FAILS, "readonly database")
"""What is said of a disk that fails: to whoever only reads, and to whoever writes."""
DAMAGED = ("database disk image is malformed", "file is not a database")
"""What is said of a page that is not as it was written."""


def named(error: BaseException, fails: tuple[str, ...] = WRITE_FAILS) -> BaseException:
    """Give an error of the driver the name that the port has for it; any other is returned as it is.

    `fails` are the words that mean a failing disk. To a reader *readonly database* does not: it was asked to
    write, and that is a mistake of ours.
    """
    if isinstance(error, sqlcipher3.DatabaseError) and str(error) in DAMAGED:
        return DamagedError("a page is broken")
    if not isinstance(error, sqlcipher3.OperationalError):
        return error
    said = str(error)
    if "full" in said:
        return FullError("no space is left")
    if "locked" in said:
        return LockedError("another program holds the database")
    return (
        FailingError("the disk cannot be written or read") if any(word in said for word in fails) else error
    )


def roll_back(connection: sqlcipher3.Connection) -> bool:
    """End a transaction if there is one, and say whether there is none any more: a failing disk may not let
    it end, and whoever asked is to hear of the first error, not of this one.
    """
    if connection.in_transaction:
        with suppress(sqlcipher3.Error):
            connection.execute("ROLLBACK")
    return not connection.in_transaction
