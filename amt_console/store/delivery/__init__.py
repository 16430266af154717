"""The dispatcher's side of the outbox: claims of rows, and the log of what was sent."""
