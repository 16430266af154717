"""People's actions on alerts."""
