"""What people add to the configuration while the monitor runs: silences, maintenance windows, overrides of a rota."""
