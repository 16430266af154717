"""The toolkit's driver on a terminal that may vanish or stall."""

from __future__ import annotations

from typing import Any, Protocol, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from amt_console.console.terminal import TerminalGuard


class Guarded(Protocol):
    """An app whose terminal is watched."""

    guard: TerminalGuard | None


class ConsoleDriver(LinuxDriver):
    """The toolkit's driver, which lets go of a terminal that vanished."""

    gone = False
    """The terminal vanished: nothing is written any more."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._guard = cast(Guarded, app).guard
        self._suspending = False

    def write(self, data: str) -> None:
        """Write, unless there is nothing to write to; a full queue to a dead terminal would stop the loop."""
        if not self.gone:
            super().write(data)

    def run_input_thread(self) -> None:
        """Read keys until the end, also when the end is that the terminal vanished."""
        try:
            super().run_input_thread()
        except OSError:
            if self._guard is not None:
                self._guard.terminal_gone()

    def leave_mouse(self) -> None:
        """Leave the mouse to the terminal from now on."""
        self._disable_mouse_support()
        self._mouse = False

    def let_go(self) -> None:
        """Stop reading and writing at once."""
        self.gone = True
        self.exit_event.set()

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while."""
        self._suspending = True
        try:
            super().suspend_application_mode()
        finally:
            self._suspending = False

    def close(self) -> None:
        """Put the window's title back and finish writing; then the terminal is as it was."""
        if not self.gone:
            super().write("\x1b[23;2t")
            super().close()
        if self._guard is not None and not self._suspending:
            self._guard.restored()
