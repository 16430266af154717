"""Upkeep of the database: retention, vacuum, backup, restore, copy."""
