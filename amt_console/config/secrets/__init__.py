"""Secrets: references, kinds, masking."""
