"""The tables of incidents, messages and the audit: each a live table with its columns."""
