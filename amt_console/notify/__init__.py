"""Delivery of messages: from committed rows of the outbox to people."""
