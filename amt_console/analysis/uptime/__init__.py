"""What was up and down, counted by time: availability, incidents, outages, error budgets."""
