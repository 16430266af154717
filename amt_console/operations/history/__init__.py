"""History as it was known at a moment: for the answers to screens, and for reports."""
