"""Regular expressions from the configuration, without the ones that take memory without a bound.

The ``regex`` module has a time limit and no memory limit. Within a second a pattern that calls itself takes
hundreds of megabytes on 64 KB of text; every other pattern at most some 80 MB on ``MAX_SEARCHED_CHARS``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amt_console.text import safe_text

if TYPE_CHECKING:
    import regex

MAX_SEARCHED_CHARS = 256 * 1024
"""Characters of a body that a pattern sees: the first ones."""
_RECURSION = re.compile(r"\\.|(\(\?(?:R|\d+|&\w+|P>\w+)\))", re.DOTALL)
"""``(?R)``, ``(?1)``, ``(?&name)``, ``(?P>name)``; an escaped character is passed over."""


class PatternError(ValueError):
    """A regular expression is invalid or refused; the text gives the reason."""


def compile_pattern(text: str) -> regex.Pattern[str]:
    """Compile a regular expression. Raises PatternError."""
    for found in _RECURSION.finditer(text):
        if found[1] is not None:
            raise PatternError(
                f"is a regular expression that calls itself with {safe_text(found[1], 40)}: write it without"
            )
    import regex  # 2 MB, which a monitor without patterns does not need

    try:
        return regex.compile(text)
    except (regex.error, RecursionError, OverflowError, ValueError, MemoryError) as error:
        raise PatternError(f"is no valid regular expression: {safe_text(error, 120)}") from None
