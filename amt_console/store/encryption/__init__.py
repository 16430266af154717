"""What the database holds encrypted: the keys, and the type of the columns."""
