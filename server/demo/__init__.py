"""The demo: a regency made from a seed, and a field day on it. Rule: the real program, no part mocked."""
