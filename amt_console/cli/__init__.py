"""The command line: one file per command group. Heavy modules are imported inside the commands."""
