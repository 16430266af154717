"""The life of an alert episode."""
