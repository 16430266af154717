"""The simulated platform: a real HTTP server with consistent figures, and its history."""
