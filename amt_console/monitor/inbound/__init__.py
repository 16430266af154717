"""What comes in from outside becomes observations."""
