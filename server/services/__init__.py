"""What the office does, apart from how it is shown or stored. Rule: rights are asked here, not by a page."""
