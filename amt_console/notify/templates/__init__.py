"""What messages say, and how each kind of channel shows it."""
