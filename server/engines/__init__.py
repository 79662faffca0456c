"""What a database engine looks like from outside is in server/engine.py; here is one module per engine."""
