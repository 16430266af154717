"""The servers of the API: unix socket and TCP."""
