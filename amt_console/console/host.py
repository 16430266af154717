"""The part of the app that screens and cards use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from amt_console.clock import Clock
from amt_console.console.view_state import ViewState
from amt_console.operations.protocol import Operations
from widgets.look import Look

if TYPE_CHECKING:
    from amt_console.model.policy import MaintenanceWindow, Silence

ResultT = TypeVar("ResultT")


class ScreenHost(Protocol):
    """The part of the app that the screens use."""

    view: ViewState
    clock: Clock
    operations: Operations | None
    progress: str

    @property
    def keys_wait(self) -> bool:
        """Whether a key waits for its answer."""
        ...

    @property
    def at(self) -> datetime | None:
        """The displayed past moment; ``None`` for now."""
        ...

    @property
    def place(self) -> str:
        """The screen of the present place, as the title line names it."""
        ...

    @property
    def speed(self) -> int:
        """How fast the past is played; 0 while it stands."""
        ...

    async def leave_place(self) -> None:
        """Back to the overview."""
        ...

    async def show_service(self, name: str) -> None:
        """Open a service."""
        ...

    @property
    def look(self) -> Look:
        """Colours, alphabet and time zone."""
        ...

    def key_of(self, name: str) -> str:
        """The key of an action."""
        ...

    def plan_work(self, done: Callable[[], None]) -> None:
        """Ask what is worked on, how long and under which name, then announce it."""
        ...

    def end_muted(self, muted: Silence | MaintenanceWindow, done: Callable[[], None]) -> None:
        """Ask, then end a silence or planned work."""
        ...

    def job(self, work: Callable[[], ResultT], done: Callable[[ResultT], None]) -> None:
        """Run blocking work on a thread, then ``done`` on the loop; a failure is shown to the person."""
        ...

    def load(self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]) -> None:
        """Run blocking work of a panel on a thread, then ``done`` on the loop; a failure goes to ``failed`` alone, in
        words.
        """
        ...
