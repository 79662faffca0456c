"""One module per command of `python -m server`. Rule: what goes wrong is one plain line, and an exit code.

0 done, 1 not in order (verify), 2 wrongly called, 3 the data folder or key cannot be used, 4 the port cannot.
"""
