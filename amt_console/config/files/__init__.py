"""Configuration files: found, read, checked, explained, written."""
