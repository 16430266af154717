"""Processes beside the one that is measured: they answer its probes, and look at what it shows."""
