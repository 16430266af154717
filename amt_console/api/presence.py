"""Presence: the consoles that requested the snapshot recently."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.clock import Clock
from amt_console.model import PresentPerson

FORGET_SECONDS = 6.0
"""Seconds without a request until a console counts as gone."""
MAX_SESSIONS = 200
MAX_RELAYS = 20


@dataclass(slots=True)
class _Session:
    person: PresentPerson
    seen: float


@dataclass(slots=True)
class _Relay:
    people: tuple[PresentPerson, ...]
    told: float


class Presence:
    """Keeps the sessions. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}
        self._relays: dict[str, _Relay] = {}

    def seen(self, session: str, *, name: str, place: str, may_monitor: bool = False) -> None:
        """Note a request of a console."""
        tick = self._clock.monotonic()
        with self._lock:
            known = self._sessions.get(session)
            if known is not None:
                known.seen = tick
            elif len(self._sessions) < MAX_SESSIONS:
                since: datetime = self._clock.now()
                person = PresentPerson(name=name, since=since, place=place, may_monitor=may_monitor)
                self._sessions[session] = _Session(person, tick)

    def left(self, session: str) -> None:
        """Remove a console."""
        with self._lock:
            self._sessions.pop(session, None)

    def relayed(self, relay: str, people: Sequence[PresentPerson]) -> None:
        """Note who is present through another process of this host; it reports regularly."""
        tick = self._clock.monotonic()
        with self._lock:
            if relay in self._relays or len(self._relays) < MAX_RELAYS:
                self._relays[relay] = _Relay(tuple(people[:MAX_SESSIONS]), tick)

    def people(self) -> tuple[PresentPerson, ...]:
        """All present people, longest first."""
        oldest = self._clock.monotonic() - FORGET_SECONDS
        with self._lock:
            self._sessions = {key: session for key, session in self._sessions.items() if session.seen >= oldest}
            self._relays = {key: relay for key, relay in self._relays.items() if relay.told >= oldest}
            found = [session.person for session in self._sessions.values()]
            found += [person for relay in self._relays.values() for person in relay.people]
        return tuple(sorted(found, key=lambda person: person.since))
