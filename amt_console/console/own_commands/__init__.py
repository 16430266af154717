"""Runs the person's own commands."""
