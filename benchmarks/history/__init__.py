"""The reference history: many services over a month."""
