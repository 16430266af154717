"""The console as pages of plain text, where no screen works."""
