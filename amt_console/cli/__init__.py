"""The command line: one file a command group; imports of heavy modules stay inside the commands."""
