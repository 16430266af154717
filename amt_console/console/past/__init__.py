"""The past: which moment is shown, and what is read before it is shown."""
