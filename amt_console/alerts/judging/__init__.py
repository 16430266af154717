"""Judge measurements: from results to observations."""
