"""Widgets: one file each; they know the vocabulary of amt_console.model and nothing else of the program."""
