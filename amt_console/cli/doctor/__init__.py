"""``doctor``, and what it looks at: a file for each area."""

from amt_console.cli.doctor.command import doctor

__all__ = ["doctor"]
