"""The use cases, shared by console, command line and API."""
