"""The simulated platform: a real HTTP server with figures that fit together, and a past for it."""
