"""A terminal operations console for the AI Marketing Tools platform."""

__version__ = "0.1.0"
