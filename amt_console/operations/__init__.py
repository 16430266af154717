"""The use cases, once, for every front door."""
