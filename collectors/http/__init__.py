"""Probes HTTP services."""
