"""The programs of ``probe_truth``."""
