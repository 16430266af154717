"""What the console gets from the process that opens it: the operations, its relation to the monitor, preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

from amt_console.operations.protocol import Operations, Reports


class Session(Protocol):
    """One console's connection. Every member may block: none is called on the screen's loop."""

    @property
    def operations(self) -> Operations:
        """The use cases."""
        ...

    @property
    def attached_to(self) -> str | None:
        """The process that is the monitor, e.g. ``pid 123 on host``, when it is another one."""
        ...

    @property
    def is_monitor(self) -> bool:
        """Whether this process probes; then nothing probes after it has ended."""
        ...

    @property
    def reports(self) -> Reports | None:
        """Writes reports, if the database can be read through this session."""
        ...

    def notices(self) -> tuple[str, ...]:
        """What the person must know about this session."""
        ...

    def close(self) -> None:
        """Stop what was started and give back what was taken."""
        ...


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a session said when it was last asked."""

    attached_to: str | None = None
    is_monitor: bool = False
    notices: tuple[str, ...] = ()
    reports: Reports | None = None

    @classmethod
    def of(cls, session: Session) -> SessionFacts:
        """Ask a session; blocks."""
        return cls(session.attached_to, session.is_monitor, session.notices(), session.reports)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a person wants the screen, by the configuration and the command line together.

    They come after the first frame: reading a configuration takes longer than that may.
    """

    theme: str | None = None
    """Name of a theme; ``None`` for the one that fits the terminal."""
    ascii_only: bool = False
    mouse: bool = True
    bell: bool = True
    zone: tzinfo | None = None
    """Of the moments shown; ``None`` is the host's."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Other keys, by the names of ``amt_console.keys``."""
