"""Upkeep of the database beside a running monitor."""
