"""The tables of incidents, messages, silences and the audit: each a live table with its columns."""
