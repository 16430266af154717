"""Rollups: mergeable sums of raw rows by minute, five minutes, hour and day."""
