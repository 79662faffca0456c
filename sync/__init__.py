"""The sync engine, sans-I/O: no sockets, SQL, clock, randomness or threads in here."""
