"""Reads the platform's business figures."""
