"""Figures beside their targets, each measured as a ratio or a distribution within one run."""
