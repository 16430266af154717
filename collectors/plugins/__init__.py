"""Runs monitoring plugins: commands that tell a state by their exit code."""
