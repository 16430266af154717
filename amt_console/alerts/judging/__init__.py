"""From measurements to observations."""
