"""What the monitor watches beside its probes: the host, the clock, commits, the network, missing data, hand-overs."""
