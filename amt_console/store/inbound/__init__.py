"""What comes in from outside, as it is stored."""
