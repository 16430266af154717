"""Samples the host."""
