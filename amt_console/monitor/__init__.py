"""The engine: schedules, collects, writes and evaluates, on its own thread and event loop."""
