"""Rules: built-in and configured."""
