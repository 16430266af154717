"""Single measurements as CSV or JSON Lines, over any range."""
