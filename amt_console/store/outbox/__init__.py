"""The outbox: messages waiting to be sent, their delivery, and why each was sent or not."""
