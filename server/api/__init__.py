"""What phones call over HTTP: one module per resource. Rule: bodies are decoded by hand, strictly, once."""
