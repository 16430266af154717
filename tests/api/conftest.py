"""A store with a little history, served over TCP, and tokens for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import httpx
import pytest
from support.links import LINKS
from support.operations import clock, feed, fire, operations, store, store_url

from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.auth.tokens import NewToken, TokenBook, new_token
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import TcpServer
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.config import Settings
from amt_console.monitor.rule_list import rule_list
from amt_console.operations.archive import Archive
from amt_console.operations.local import LocalOperations
from amt_console.store import AccessToken, Store, add_token

__all__ = ["clock", "feed", "fire", "operations", "store", "store_url"]
Make = Callable[..., NewToken]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients wait longer than their usual 5 s: on a busy machine an answer takes that long."""
    for waiting_for in ("connect", "read", "write", "pool"):
        monkeypatch.setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, waiting_for, 60.0)


@pytest.fixture
def make_token(store: Store, clock: FakeClock) -> Make:
    def make(name: str = "ann-laptop", role: str = "operator", days: float | None = 1) -> NewToken:
        made = new_token()
        ends = None if days is None else clock.now() + timedelta(days=days)
        with store.transaction() as writes:
            add_token(writes, AccessToken(made.id, name, role, made.digest, clock.now(), "root", ends))
        return made

    return make


@pytest.fixture
def refusals(store: Store) -> Iterator[RefusalLog]:
    with closing(RefusalLog(store, SystemClock())) as log:
        yield log


@pytest.fixture
def served(operations: LocalOperations, refusals: RefusalLog, store: Store) -> Served:
    clock = SystemClock()
    return Served.by_this_process(
        operations,
        presence=Presence(clock),
        feed=ActionFeed(),
        clock=clock,
        database="monitoring.db",
        links=LINKS,
        refusals=refusals,
        archive=Archive(store, lambda: rule_list(Settings(), operations.targets, dict)),
    )


@pytest.fixture
def server(served: Served, store: Store, clock: FakeClock) -> Iterator[TcpServer]:
    running = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, clock))
    running.start()
    yield running
    running.stop()
