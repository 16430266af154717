"""The live console: a Textual app that talks only to ``Operations``."""
