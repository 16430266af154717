"""Who is looking: every console that asked for the picture a moment ago."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from amt_console.clock import Clock
from amt_console.model import Viewer

FORGET_SECONDS = 6.0
"""A console that has not asked for so long is gone."""
MAX_SESSIONS = 200


@dataclass(slots=True)
class _Session:
    viewer: Viewer
    seen: float


class Presence:
    """Keeps the sessions; safe to call from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def seen(self, session: str, *, name: str, place: str) -> None:
        """A console asked for the picture."""
        tick = self._clock.monotonic()
        with self._lock:
            known = self._sessions.get(session)
            if known is not None:
                known.seen = tick
            elif len(self._sessions) < MAX_SESSIONS:
                since: datetime = self._clock.now()
                self._sessions[session] = _Session(Viewer(name=name, since=since, place=place), tick)

    def left(self, session: str) -> None:
        """A console said goodbye."""
        with self._lock:
            self._sessions.pop(session, None)

    def viewers(self) -> tuple[Viewer, ...]:
        """Everybody who looks, longest first."""
        oldest = self._clock.monotonic() - FORGET_SECONDS
        with self._lock:
            self._sessions = {key: session for key, session in self._sessions.items() if session.seen >= oldest}
            return tuple(
                sorted((session.viewer for session in self._sessions.values()), key=lambda viewer: viewer.since)
            )
