"""The parts of `verify`. Rule: each part reads, compares and notes; none repairs."""
