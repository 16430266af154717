"""What the console needs from whoever opens it: the operations, and how this process stands to the monitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from amt_console.operations.protocol import Operations


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
    def no_reports(self) -> str | None:
        """Why reports cannot be made through this session; ``None`` if they can."""
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
    no_reports: str | None = None

    @classmethod
    def of(cls, session: Session) -> SessionFacts:
        """Ask a session; blocks."""
        return cls(session.attached_to, session.is_monitor, session.notices(), session.no_reports)
