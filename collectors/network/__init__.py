"""What the collectors that speak over the network share: name look-up, TCP, TLS, faults, exact times."""
