"""Reports that are made by themselves: when, on which time, and where they go."""
