"""The engine: schedules, collects, writes and evaluates, on a thread and an event loop of its own."""
