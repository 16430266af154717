"""The formats in which other programs tell of alerts, and the signatures by which they are known."""
