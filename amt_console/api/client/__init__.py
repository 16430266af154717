"""The client of another process's API."""
