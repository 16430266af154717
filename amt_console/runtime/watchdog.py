"""The dead man's switch: an external service raises the alarm when this monitor's pings stop.

It is pinged only while everything between a fault and a page works: probes run, results are committed, and the outbox
is looked at.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.redaction import redacted
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.monitor.status import EngineStatus
    from amt_console.notify.dispatcher import DispatcherStatus

logger = logging.getLogger("amt_console.monitor")
WATCHDOG = "The watchdog"
"""How each notice about it begins."""
Ping = Callable[[str, float], None]
"""Takes the URL and the seconds that it may take. Raises PingError."""


class PingError(Exception):
    """The watchdog was not reached; ``str()`` says why, without its URL."""


@dataclass(frozen=True, slots=True)
class _Counts:
    probes: int
    committed_at: datetime | None
    looks: int


class Advance:
    """Whether prober, evaluator and dispatcher have all advanced since the last ping, or since the start.

    Args:
        clock: The time.
        patience: Seconds without a probe that are normal.
    """

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._counts = _Counts(0, None, 0)
        self._probes = -1
        self._probed_at = clock.monotonic()

    def standing(self, engine: EngineStatus, dispatcher: DispatcherStatus) -> str | None:
        """What stands still, for people; ``None`` if all have advanced, and the next look counts from here."""
        now = self._clock.monotonic()
        counts = _Counts(engine.probes_run, engine.commits.last_at, dispatcher.looks)
        if counts.probes != self._probes:
            self._probes, self._probed_at = counts.probes, now
        before = self._counts
        if engine.targets and now - self._probed_at > self._patience:
            return "no probe has run"
        if counts.committed_at == before.committed_at or engine.commits.fault is not None:
            return "nothing was committed"
        if counts.looks == before.looks or not dispatcher.running:
            return "nothing looks at the outbox"
        self._counts = counts
        return None


class Watchdog:
    """Pings on a thread of its own.

    Args:
        settings: The configuration.
        store_url: The database, which is a target as well.
        engine: The engine's status now.
        dispatcher: The dispatcher's status now.
        clock: The time.
        ping: In place of an HTTP request.
    """

    def __init__(
        self,
        settings: Settings,
        store_url: str,
        *,
        engine: Callable[[], EngineStatus],
        dispatcher: Callable[[], DispatcherStatus],
        clock: Clock,
        ping: Ping | None = None,
    ) -> None:
        self.trouble: str | None = None
        """Why the last ping was left out or failed, for people; ``None`` while all is well or nothing is configured."""
        self._store_url = store_url
        self._engine = engine
        self._dispatcher = dispatcher
        self._clock = clock
        self._ping = ping or http_ping
        self._settings = settings
        self._advance = self._begin(settings)
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="amt-watchdog", daemon=True)

    def start(self) -> None:
        """Begin; the first ping comes after one interval."""
        self._thread.start()

    def reload(self, settings: Settings) -> None:
        """Use another configuration."""
        self._settings, self._advance, self.trouble = settings, self._begin(settings), None
        self._changed.set()

    def stop(self) -> None:
        """End; a ping that is on its way is not waited for."""
        self._stopped = True
        self._changed.set()

    def tick(self) -> None:
        """Ping if everything has advanced."""
        wanted = self._settings.watchdog
        if wanted.url is None:
            return
        standing = self._advance.standing(self._engine(), self._dispatcher())
        if standing is not None:
            self._tell(f"{WATCHDOG} is not pinged: {standing}.")
            return
        try:
            self._ping(wanted.url.resolve(os.environ), wanted.timeout)
        except Exception as error:
            self._tell(f"{WATCHDOG} cannot be pinged: {safe_text(redacted(str(error)), 200)}.")
        else:
            self._tell(None)

    def _run(self) -> None:
        while not self._stopped:
            if self._changed.wait(self._settings.watchdog.interval):
                self._changed.clear()
            else:
                self.tick()

    def _begin(self, settings: Settings) -> Advance:
        from amt_console.config import targets

        intervals = [target.interval for target in targets(settings, store_url=self._store_url)]
        return Advance(self._clock, max(settings.watchdog.interval, 3 * min(intervals, default=0.0)))

    def _tell(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            logger.log(logging.INFO if trouble is None else logging.WARNING, "%s", trouble or "The watchdog is pinged.")
        self.trouble = trouble


def http_ping(url: str, timeout: float) -> None:
    """Request a URL; private addresses may be asked, those of metadata services never. Raises PingError."""
    import asyncio

    from amt_console.notify.channels.address_rules import AddressRules
    from amt_console.notify.channels.channel import DeliveryError
    from amt_console.notify.channels.http import HttpSender

    async def ping() -> int:
        sender = HttpSender(AddressRules(restricted=False), deadline=timeout)
        try:
            return (await sender.get(url)).status
        finally:
            await sender.aclose()

    try:
        status = asyncio.run(ping())
    except DeliveryError as error:
        raise PingError(str(error)) from None
    if not 200 <= status < 300:
        raise PingError(f"it answers {status}")
