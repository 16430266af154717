"""The error of a command: one message for a person and an exit code."""

from __future__ import annotations

from amt_console.cli.exit_codes import ExitCode


class CommandError(Exception):
    """Printed to stderr as ``amt-console: MESSAGE``; the process ends with ``exit_code``."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code
