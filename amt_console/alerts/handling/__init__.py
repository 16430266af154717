"""What people do to alerts."""
