"""What the driver's errors mean. Rule: those that people are told of by name have a name of the port's."""

import sqlcipher3

from server.engine import FailingError, FullError, LockedError

FAILING = ("disk I/O error", "readonly database")


def named(error: BaseException) -> BaseException:
    """Give an error of the driver the name that the port has for it; any other is returned as it is."""
    if not isinstance(error, sqlcipher3.OperationalError):
        return error
    said = str(error)
    if "full" in said:
        return FullError("no space is left")
    if "locked" in said:
        return LockedError("another program holds the database")
    return FailingError("the disk cannot be written") if any(word in said for word in FAILING) else error
