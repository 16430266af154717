"""The exit codes of all commands, in one table."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """0 to 3 are the states that ``status`` reports, as monitoring plugins do; 64 and up follow sysexits."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3
    USAGE = 64
    BAD_DATA = 65
    UNAVAILABLE = 69
    INTERNAL = 70
    IO = 74
    BUSY = 75
    NOT_PERMITTED = 77
    BAD_CONFIG = 78
    STOPPED = 130
    """By ctrl+c."""
