"""One module and one .kv for each screen. Rule: a screen shows state and calls a use case, nothing else."""
