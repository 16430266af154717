"""The terminal console: its start, screens, keys, rest, and a day of it."""
