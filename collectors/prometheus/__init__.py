"""Reads values from Prometheus servers."""
