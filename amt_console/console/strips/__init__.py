"""What happened over time as strips below each other: states, alerts, actions and messages."""
