"""How often the console draws on a slow link.

Held keys change the screen faster than a slow line carries it. A frame that waits costs nothing; frames that are sent
but not yet shown delay every later key.
"""

from __future__ import annotations

import os
import termios
from collections.abc import Mapping

FRAMES_A_SECOND = 10
"""Most frames a second over a network."""
LONGEST_PAUSE = 30.0
"""Longest wait after one frame, in seconds: what a whole screen takes at 2400 baud."""
REMOTE_AGE_STEP = 10
"""Seconds by which ages below a minute change over a network: each change is a frame."""
_BITS_A_BYTE = 10
"""With the start and the stop bit of a serial line."""
_SLOW_LINES = {getattr(termios, f"B{bits}"): bits for bits in (300, 600, 1200, 1800, 2400, 4800, 9600, 19200)}
"""Settings of a terminal that name a slow line. Pseudo terminals name 38400 unless the other side says otherwise."""


class Pace:
    """The pause after each frame.

    Args:
        frames: Most frames a second; ``None`` for no limit.
        line: Bytes a second that the line carries; ``None`` if that is unknown.
        age_step: Seconds by which ages below a minute change.
    """

    def __init__(self, frames: float | None = None, line: float | None = None, *, age_step: int = 1) -> None:
        self._frames = frames
        self._line = line
        self.age_step = age_step

    def pause(self, sent: int) -> float:
        """Seconds without another frame after one of ``sent`` bytes."""
        if not sent:
            return 0.0
        between = 1 / self._frames if self._frames else 0.0
        carried = sent / self._line if self._line else 0.0
        return min(max(between, carried), LONGEST_PAUSE)


def pace_of(environment: Mapping[str, str], terminal: int | None) -> Pace:
    """The pace for the link that the environment and the terminal's settings tell.

    Args:
        environment: ``SSH_CONNECTION`` or ``SSH_TTY`` stand in it over SSH.
        terminal: Descriptor of the terminal; ``None`` without one.
    """
    remote = bool(environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"))
    speed = line_speed(terminal)
    return Pace(FRAMES_A_SECOND, speed, age_step=REMOTE_AGE_STEP) if remote or speed else Pace()


def line_speed(terminal: int | None) -> float | None:
    """Bytes a second of a slow serial line; ``None`` for anything else. SSH passes the setting on."""
    if terminal is None or not os.isatty(terminal):
        return None
    try:
        bits = _SLOW_LINES.get(termios.tcgetattr(terminal)[5])
    except termios.error:
        return None
    return bits / _BITS_A_BYTE if bits else None
