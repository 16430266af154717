"""Encryption of sensitive columns: the keys and the column type."""
