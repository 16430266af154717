"""The line of the phases of a probe."""

from __future__ import annotations

from amt_console.console.cards.phases import phase_line
from amt_console.model import Phases
from widgets.look import PLAIN_LOOK


def test_a_phase_that_took_nothing_is_left_out() -> None:
    runs = phase_line(Phases(0.0, 0.04, None, 31.0, 0.3), None, PLAIN_LOOK, failed=False)
    words = "".join(text for text, _ in runs)
    assert "0.0 ms" not in words
    assert "first byte 31 ms, transfer 0.3 ms" in words
