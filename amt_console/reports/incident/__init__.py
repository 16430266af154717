"""The draft of a post-mortem: everything that is stored about one alert, in order."""
