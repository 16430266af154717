"""A real engine on a real database, with waiting by condition."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from support.fair_time import fair_time
from support.stores import lay_out

from amt_console.clock import Clock, SystemClock
from amt_console.config import Settings
from amt_console.model import AlertState, Episode
from amt_console.monitor.engine import EngineLimits
from amt_console.monitor.probing import Collectors
from amt_console.monitor.thread import EngineThread
from amt_console.store import Keyring, Reads, Store
from amt_console.store.encryption.keyring import DataKey

T = TypeVar("T")
QUICK = {"recheck": [0.05, 0.05], "check_interval": 1}
"""Everything every second, re-checks within a tenth of one."""

KEY = DataKey(bytes(range(32)))
"""What the monitors of tests encrypt with."""


class Monitored:
    """An engine and its store."""

    def __init__(self, engine: EngineThread, store: Store, url: str, changed: threading.Condition) -> None:
        self.engine = engine
        self.store = store
        self.url = url
        self._changed = changed

    def wait(self, found: Callable[[Reads], T | None], timeout: float = 30.0) -> T:
        """Wait until ``found`` gives something true of the database; looked at after each commit of the engine."""
        deadline = fair_time() + timeout
        while True:
            with self._changed:
                with self.store.read() as reads:
                    result = found(reads)
                if result:
                    return result
                left = deadline - fair_time()
                assert left > 0, f"it did not happen within {timeout} s; {self.engine.status}"
                self._changed.wait(min(left, 0.5))

    def wait_status(self, found: Callable[[EngineThread], bool], timeout: float = 30.0) -> None:
        """Wait until something is true of the engine."""
        self.wait(lambda _: found(self.engine), timeout)

    def episode(self, rule: str, subject: str, state: AlertState, timeout: float = 30.0) -> Episode:
        """Wait for the newest episode of a key to be in a state."""

        def found(reads: Reads) -> Episode | None:
            now = SystemClock().now()
            newest = [
                each
                for each in reads.alerts.episodes(start=now.replace(year=2000), end=now.replace(year=9000), limit=100)
                if (each.rule_id, each.subject) == (rule, subject)
            ]
            return newest[0] if newest and newest[0].state is state else None

        return self.wait(found, timeout)

    def kinds(self, episode: Episode) -> list[str]:
        """What happened to an episode, in words."""
        assert episode.id is not None
        with self.store.read() as reads:
            return [event.kind for event in reads.alerts.events(episode.id)]


def settings(document: dict[str, Any]) -> Settings:
    """A configuration of quick probes."""
    return Settings.model_validate({**QUICK, **document})


@contextmanager
def monitored(
    path: Path,
    document: dict[str, Any],
    *,
    clock: Clock | None = None,
    collectors: Collectors | None = None,
    limits: EngineLimits | None = None,
    on_change: Callable[[], None] | None = None,
) -> Iterator[Monitored]:
    """Run an engine on the database at ``path`` until the block ends, and stop it cleanly."""
    hands = clock or SystemClock()
    url = f"sqlite:///{path}"
    changed = threading.Condition()
    if not path.exists():
        lay_out(path)

    def announce() -> None:
        with changed:
            changed.notify_all()
        if on_change is not None:
            on_change()

    with Store.open(url, clock=hands, keys=Keyring(KEY)) as store:
        engine = EngineThread(
            settings=settings(document),
            store=store,
            store_url=url,
            clock=hands,
            on_change=announce,
            collectors=collectors,
            limits=limits,
        )
        engine.start()
        try:
            yield Monitored(engine, store, url, changed)
        finally:
            engine.stop()
