"""Lengths of time as people type them."""

from __future__ import annotations

from typing import overload

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.text import safe_text


@overload
def seconds_of(option: str, text: str) -> float: ...


@overload
def seconds_of(option: str, text: str | None) -> float | None: ...


def seconds_of(option: str, text: str | None) -> float | None:
    """Seconds from ``90s``, ``15m``, ``2h``, ``7d`` or a number of seconds. Raises CommandError, naming the option."""
    if text is None:
        return None
    from amt_console.config.faults import Refused
    from amt_console.config.sections.scalars import parse_duration

    try:
        return parse_duration(text)
    except Refused:
        raise CommandError(
            f"{option} takes a length of time such as 90s, 15m, 2h or 7d, not '{safe_text(text, 40)}'", ExitCode.USAGE
        ) from None
