"""The API of a database, alone in a process: ``api_server URL``. Prints its port and a token.

With the URL ``-`` a new database is watched whose 100 services are measured twice a second by turns.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
from pathlib import Path

from amt_console.api.auth.tokens import TokenBook, new_token
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners import server
from amt_console.api.listeners.server import TcpServer
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.links import AcknowledgeLinks
from amt_console.model import ProbeResult, ServiceState
from amt_console.operations.local import LocalOperations
from amt_console.store import AccessToken, Store, add_token
from benchmarks.history.fleet import Fleet

PER_SECOND = 2


def main() -> None:
    """Serve until the process is ended."""
    url, clock = sys.argv[1], SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        tokens_url = f"sqlite:///{Path(folder) / 'tokens.db'}"
        live = url == "-"
        with (
            Store.open(tokens_url, clock=clock) as own,
            Store.open(tokens_url if live else url, clock=clock, read_only=not live) as store,
        ):
            operations = LocalOperations(
                store=store,
                store_url=tokens_url if live else url,
                settings=Settings(),
                targets=Fleet(100).services(),
                clock=clock,
                request_probe=lambda _: None,
            )
            token = new_token()
            with own.transaction() as writes:
                add_token(writes, AccessToken(token.id, "load", "viewer", token.digest, clock.now(), "load", None))
            served = Served(
                operations,
                presence=Presence(clock),
                feed=ActionFeed(),
                clock=clock,
                database="benchmark",
                links=AcknowledgeLinks(b"benchmark", clock),
            )
            api = TcpServer(
                served,
                host="127.0.0.1",
                port=0,
                book=TokenBook(own, clock),
                per_address=server.MAX_CONNECTIONS,
            )
            api.start()
            print(api.address[1], token.text, flush=True)
            _measure(store, clock) if live else threading.Event().wait()


def _measure(store: Store, clock: SystemClock) -> None:
    """Store results as a monitor of 100 services does, for ever."""
    fleet, pause = Fleet(100), threading.Event()
    for turn in itertools.count():
        at = clock.now()
        results = [
            ProbeResult(
                service=fleet.name(index % 100),
                timestamp=at,
                state=ServiceState.UP,
                interval=60.0,
                response_time_ms=20.0 + (turn + index) % 50,
            )
            for index in range(turn * PER_SECOND, (turn + 1) * PER_SECOND)
        ]
        with store.transaction() as writes:
            writes.add_results(results)
            writes.sign_of_life(host="benchmark", pid=os.getpid(), started_at=at, at=at)
        pause.wait(1.0)


if __name__ == "__main__":
    main()
