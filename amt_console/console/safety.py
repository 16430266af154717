"""The last barrier against terminal injection: no control character of upstream text leaves through the toolkit.

All our own lines pass ``widgets.cells.clean``. What goes through the toolkit's own widgets (messages, the prompt, the
command palette) passes one of two tables of characters to drop, which are extended here in place. A test on a pseudo
terminal holds the effect, so that an upgrade that renames the tables is noticed.
"""

from __future__ import annotations

import rich.control
import textual.content

_C0 = frozenset(range(0x20)) - {0x09, 0x0A}
_C1 = frozenset(range(0x7F, 0xA0))
_BIDI = frozenset((*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C))
_LINES = frozenset((0x2028, 0x2029))
_SURROGATES = frozenset(range(0xD800, 0xE000))


def harden_toolkit() -> None:
    """Make the toolkit drop control, bidirectional and lone surrogate characters. Doing it twice does no harm."""
    hostile: dict[int, None] = dict.fromkeys(_C0 | _C1 | _BIDI | _LINES | _SURROGATES)
    for table in (textual.content._CONTROL_STRIP_TRANSLATE, rich.control._CONTROL_STRIP_TRANSLATE):
        table.update(hostile)
