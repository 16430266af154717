"""A console's session with the monitor of ``--connect``. It never takes over."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from amt_console.model import Role
from amt_console.operations.protocol import OperationError, Operations, Reports
from amt_console.runtime.listening import listen

if TYPE_CHECKING:
    from amt_console.api.wire import Hello
    from amt_console.runtime.remote_monitor import RemoteMonitor

logger = logging.getLogger("amt_console.session")
AGAIN_SECONDS = 1.0
"""How often to retry while the monitor does not answer."""


class RemoteSession:
    """Stays at one address. When its monitor is gone, it waits there for the next one. Constructing it blocks.

    Raises OperationError: UnavailableError when nobody answers, NotPermittedError when this person is not let in.
    """

    def __init__(self, connection: RemoteMonitor, *, on_change: Callable[[], None] | None = None) -> None:
        self._remote = connection.open(session=uuid.uuid4().hex)
        self._on_change = on_change or (lambda: None)
        self._closing = threading.Event()
        try:
            self._hello: Hello = self._remote.check()
        except BaseException:
            self._remote.close()
            raise
        self.operations: Operations = self._remote
        threading.Thread(target=self._mind, name="amt-session", daemon=True).start()

    @property
    def is_monitor(self) -> bool:
        """Never."""
        return False

    @property
    def holds_lease(self) -> bool:
        """Never."""
        return False

    @property
    def attached_to(self) -> str | None:
        """Which process answers."""
        return f"pid {self._hello.pid} on {self._hello.host}"

    @property
    def role(self) -> Role:
        """What the access token allows."""
        return Role(self._hello.role)

    @property
    def reports(self) -> Reports | None:
        """None: the database is elsewhere."""
        return None

    def notices(self) -> tuple[str, ...]:
        """Notices about this session."""
        if self._hello.role == "viewer":
            return ("Your role is viewer: you may look, but not act.",)
        return ()

    def close(self) -> None:
        """Say goodbye. Idempotent."""
        self._closing.set()
        self._remote.close()

    def _mind(self) -> None:
        while not self._closing.is_set():
            lost = listen(self._remote, self._closing, self._on_change)
            if lost is None:
                return
            logger.info("the monitor cannot be asked: %s", lost)
            while not self._closing.wait(AGAIN_SECONDS):
                try:
                    self._hello = self._remote.check()
                except OperationError:
                    continue
                self._on_change()
                break
