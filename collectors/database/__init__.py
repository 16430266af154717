"""Probes databases."""
