"""What the console gets from its process: operations, relation to the monitor, preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol

from amt_console.model import Role
from amt_console.operations.protocol import Operations, Reports

if TYPE_CHECKING:
    from amt_console.own_commands import OwnCommand


class Session(Protocol):
    """The connection of one console.

    Every member but `is_monitor` and `holds_lease` may block: never call them on the app's loop.
    """

    @property
    def operations(self) -> Operations:
        """The use cases."""
        ...

    @property
    def attached_to(self) -> str | None:
        """The monitor, e.g. ``pid 123 on host``, if it is another process."""
        ...

    @property
    def is_monitor(self) -> bool:
        """Whether this process is the monitor. Never blocks."""
        ...

    @property
    def holds_lease(self) -> bool:
        """Whether this process is the monitor or is just becoming it: nobody else can be. Never blocks."""
        ...

    @property
    def role(self) -> Role:
        """What the person may do."""
        ...

    @property
    def reports(self) -> Reports | None:
        """The reports, if this session can read the database itself."""
        ...

    def notices(self) -> tuple[str, ...]:
        """Notices about this session."""
        ...

    def close(self) -> None:
        """Stop the monitor, if it runs in this process, and release the lease and connections."""
        ...


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The facts of a session at the last poll."""

    attached_to: str | None = None
    is_monitor: bool = False
    notices: tuple[str, ...] = ()
    reports: Reports | None = None
    role: Role = Role.ADMIN

    @classmethod
    def of(cls, session: Session) -> SessionFacts:
        """Read the facts of a session. Blocks."""
        return cls(session.attached_to, session.is_monitor, session.notices(), session.reports, session.role)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The person's preferences, from the configuration and the command line.

    They arrive after the first frame, because reading a configuration takes longer than a first frame may.
    """

    theme: str | None = None
    """Name of a theme; ``None`` for the one that fits the terminal."""
    ascii_only: bool = False
    mouse: bool = True
    bell: bool = True
    desktop_notifications: str = "auto"
    """One of ``amt_console.keys.DESKTOP_NOTIFICATIONS``."""
    zone: tzinfo | None = None
    """Time zone of displayed moments; ``None`` is the host's."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Changed keys, by the names of ``amt_console.keys``."""
    commands: tuple[OwnCommand, ...] = ()
