"""An engine in a process of its own, to be killed: ``main`` with ``DATABASE BASE_URL``.

After each commit it prints how many results the database holds and whether an alert has fired.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime

from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model import AlertState
from amt_console.monitor.thread import EngineThread
from amt_console.store import Store


def main() -> None:
    """Run until killed."""
    url, base = f"sqlite:///{sys.argv[1]}", sys.argv[2]
    clock = SystemClock()
    settings = Settings.model_validate(
        {"services": [{"name": "web", "url": base, "interval": 1}], "recheck": [0.05, 0.05]}
    )
    store = Store.open(url, clock=clock)

    def tell() -> None:
        with store.read() as reads:
            rows = reads.services.results(
                service=None, start=datetime(2000, 1, 1, tzinfo=UTC), end=clock.now(), limit=10_000
            )
            fired = any(episode.state is AlertState.FIRING for episode in reads.alerts.open())
        print(len(rows), int(fired), flush=True)

    EngineThread(settings=settings, store=store, store_url=url, clock=clock, on_change=tell).start()
    threading.Event().wait()
