"""Rollups: mergeable aggregates of raw rows by minute, five minutes, hour and day."""
