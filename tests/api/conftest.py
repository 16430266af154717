"""A store with a little history, served over TCP, and tokens for it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from support.links import LINKS
from support.operations import clock, feed, fire, operations, store, store_url

from amt_console.api.app import create_app
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.auth.token_callers import TokenCallers
from amt_console.api.auth.tokens import NewToken, TokenBook, new_token
from amt_console.api.feed import ActionFeed
from amt_console.api.idempotency import IdempotencyKeys
from amt_console.api.listeners.server import TcpServer
from amt_console.api.presence import Presence
from amt_console.api.routes.ping import PingLimits
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.config import Settings
from amt_console.model.inbound import Arrival, ExternalAlert, Ping
from amt_console.monitor.rule_list import rule_list
from amt_console.operations.archive import Archive
from amt_console.operations.inbox import Inbox
from amt_console.operations.local import LocalOperations
from amt_console.store import AccessToken, Keyring, Store, add_token
from amt_console.store.encryption.keyring import DataKey

__all__ = ["clock", "feed", "fire", "operations", "store", "store_url"]
Make = Callable[..., NewToken]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients wait longer than their usual 5 s: on a busy machine an answer takes that long."""
    for waiting_for in ("connect", "read", "write", "pool"):
        monkeypatch.setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, waiting_for, 60.0)


@pytest.fixture(autouse=True)
def known_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client would read all authorities that the system trusts: 30 ms, mostly to speak without TLS."""
    monkeypatch.setattr(httpx._transports.default, "create_ssl_context", _context)


@cache
def _context(**how: Any) -> ssl.SSLContext:
    return httpx.create_ssl_context(**how)


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
    return Served(
        operations,
        presence=Presence(clock),
        feed=ActionFeed(),
        clock=clock,
        database="monitoring.db",
        links=LINKS,
        refusals=refusals,
        archive=Archive(store, lambda: rule_list(Settings(), operations.targets, dict)),
        keys=IdempotencyKeys(store, clock),
    )


@pytest.fixture
def server(served: Served, store: Store, clock: FakeClock) -> Iterator[TcpServer]:
    running = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, clock))
    running.start()
    yield running
    running.stop()


HOOK_SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "the old secret, plain text")
PING_KEY = "k-backup-0123456789abcdef"
INBOUND = {
    "services": [],
    "heartbeats": [{"name": "backup", "key": PING_KEY, "period": "1d"}],
    "api": {"hook_secrets": list(HOOK_SECRETS)},
}


@cache
def one_app() -> FastAPI:
    """Building the routes takes longer than most tests; what differs is in the application's state."""
    return create_app(cast("Served", SimpleNamespace(clock=SystemClock())), cast("TokenCallers", None))


class Receiving:
    """An API in this process that takes what comes in from outside, and what it stored."""

    def __init__(self, store: Store, clock: FakeClock, served: Served) -> None:
        self.store = store
        self.clock = clock
        self.app = one_app()
        self.app.state.served = served
        self.app.state.callers = TokenCallers(TokenBook(store, clock), TrustedProxies(()))
        self.app.state.ping_limits = PingLimits(clock)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def arrivals(self) -> list[Arrival]:
        """What waits to be evaluated."""
        with self.store.read() as reads:
            return reads.inbound.arrivals.after(())[1]

    def alerts(self) -> list[ExternalAlert]:
        """The alerts among it."""
        return [each.alert for each in self.arrivals() if each.alert is not None]

    def pings(self) -> list[Ping]:
        """The pings among it."""
        return [each.ping for each in self.arrivals() if each.ping is not None]


@pytest.fixture
def receiving(served: Served, store_url: str, clock: FakeClock) -> Iterator[Receiving]:
    """With its own store, which has a key: a job's output is stored only encrypted."""
    with Store.open(store_url, clock=clock, keys=Keyring(DataKey(bytes(range(32))))) as store:
        inbox = Inbox(Settings.model_validate(INBOUND), store, clock)
        yield Receiving(store, clock, replace(served, inbox=inbox))


@pytest.fixture
async def admin(served: Served, store: Store, clock: FakeClock, make_token: Make) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application itself, with the role admin."""
    app = one_app()
    app.state.served = served
    app.state.callers = TokenCallers(TokenBook(store, clock), TrustedProxies())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {make_token('root', role='admin').text}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor/api/v1", headers=headers) as client:
        yield client
