"""Proof for others: the custody report of a visit, the printed head, the file that checks them elsewhere."""
