"""The pages, one module each, from the view model to ``Page``."""
