"""The dispatcher on its own thread and event loop, so that neither a screen nor a probe can delay a page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from amt_console.alerts import DeliveryReading
from amt_console.clock import Clock
from amt_console.config import Settings
from amt_console.links import AcknowledgeLinks
from amt_console.model.notifications import OutboxEntry
from amt_console.notify.channels.channel import Channel
from amt_console.notify.dispatcher import Dispatcher, DispatcherStatus
from amt_console.notify.settings import AllDelivery, delivery_of
from amt_console.notify.worker import LOG
from amt_console.store import Store

Channels = Callable[[Settings], Mapping[str, Channel]]
"""Makes the enabled channels of a configuration, by name; called on the dispatcher's thread."""


class DispatcherThread:
    """Controls the dispatcher from other threads.

    Args:
        settings: The configuration.
        store: An open, writable store; it stays open after ``stop``.
        clock: The time.
        channels: Makes the channels.
        on_reading: Called on the dispatcher's thread when a channel ceases to deliver, and when it delivers again.
        cancels: Whether rows of channels that are configured no more are cancelled.
        delivery: Times and limits in place of the configured ones.
        links: Makes the links in pages, where the API has a public URL.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        clock: Clock,
        channels: Channels,
        on_reading: Callable[[DeliveryReading], None] = lambda _: None,
        cancels: bool = True,
        delivery: AllDelivery | None = None,
        links: AcknowledgeLinks | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._make = channels
        self._on_reading = on_reading
        self._cancels = cancels
        self._delivery = delivery
        self._links = links
        self._settings = settings
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dispatcher: Dispatcher | None = None
        self._stopping = False
        self._drain = 0.0
        self._clean = False
        self._abandoned = False
        """Whether nobody waits for its end any more: the program may end under it."""

    @property
    def status(self) -> DispatcherStatus:
        """The dispatcher now; safe from any thread."""
        dispatcher = self._dispatcher
        return DispatcherStatus() if dispatcher is None else dispatcher.status

    @property
    def attempts(self) -> Mapping[tuple[str, str], int]:
        """``Dispatcher.attempts``; safe from any thread."""
        dispatcher = self._dispatcher
        return {} if dispatcher is None else dispatcher.attempts

    def start(self) -> None:
        """Start and return at once. Raises RuntimeError on a second call."""
        with self._guard:
            if self._thread is not None:
                raise RuntimeError("a dispatcher is started once")
            self._thread = threading.Thread(target=self._main, name="amt-dispatcher", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Something was committed; may be called from any thread, also before ``start`` and after ``stop``."""
        dispatcher, loop = self._dispatcher, self._loop
        if dispatcher is not None and loop is not None:
            # It may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(dispatcher.wake)

    def page_directly(self, entries: Sequence[OutboxEntry]) -> None:
        """Send pages that cannot be stored; may be called from any thread."""
        dispatcher, loop = self._dispatcher, self._loop
        if dispatcher is not None and loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(dispatcher.page_directly, entries)

    def reload(self, settings: Settings) -> None:
        """Use another configuration."""
        with self._guard:
            self._settings = settings
            dispatcher, loop = self._dispatcher, self._loop
            if dispatcher is not None and loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(lambda: dispatcher.use(self._make(settings), self._delivery_of(settings)))

    def stop(self, timeout: float = 3.0) -> bool:
        """Send what is ready within ``timeout`` seconds; the rest stays queued. Returns whether nothing was cut off."""
        with self._guard:
            self._stopping, self._drain = True, timeout / 2
            thread, dispatcher, loop = self._thread, self._dispatcher, self._loop
            if dispatcher is not None and loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(dispatcher.stop, timeout / 2)
        if thread is None:
            return True
        thread.join(timeout)
        self._abandoned = thread.is_alive()
        return not self._abandoned and self._clean

    def _delivery_of(self, settings: Settings) -> AllDelivery:
        return self._delivery or delivery_of(settings, self._links)

    def _main(self) -> None:
        try:
            self._clean = asyncio.run(self._run())
        except Exception:
            if not self._abandoned:
                LOG.exception("The dispatcher ended by a fault.")

    async def _run(self) -> bool:
        with self._guard:
            self._loop = asyncio.get_running_loop()
            self._dispatcher = Dispatcher(
                self._make(self._settings),
                settings=self._delivery_of(self._settings),
                store=self._store,
                clock=self._clock,
                on_reading=self._on_reading,
                cancels=self._cancels,
            )
            if self._stopping:
                self._dispatcher.stop(self._drain)
        return await self._dispatcher.run()
