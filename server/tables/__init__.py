"""Lists that come from elsewhere: found headers, matched columns, checked rows. Nothing here reads a file."""
