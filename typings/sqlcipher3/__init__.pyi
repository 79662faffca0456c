"""sqlcipher3 offers everything of its dbapi2 at the top as well."""

from . import dbapi2 as dbapi2
from .dbapi2 import *
from .dbapi2 import Warning as Warning
