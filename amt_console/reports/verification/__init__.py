"""Whether a report's file says what the raw rows of its window say."""
