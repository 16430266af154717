"""How commands print: output, tables, progress."""
