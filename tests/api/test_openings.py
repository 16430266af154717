"""Opening counts: one audit row for each console, and for each token that begins to ask from an address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from amt_console.api.app import create_app
from amt_console.api.auth import openings
from amt_console.api.auth.openings import RETRY_SECONDS, TOKEN_SECONDS, OpeningLog
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.token_callers import TokenCallers
from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.dashboards import DashboardRequest, Dashboards
from amt_console.api.served import Served
from amt_console.api.wire import SESSION_HEADER
from amt_console.clock import FakeClock
from amt_console.operations import audit_rows
from amt_console.operations.actor import Actor
from amt_console.store import Store, StoreFull, access_token, audit_entries

Make = Callable[..., NewToken]
HELLO = "/api/v1/console/hello"


def opened(store: Store) -> list[tuple[str, str, Any]]:
    """Who opened what from where, oldest first."""
    with store.read() as reads:
        found = [(e.actor, e.subject, e.detail["via"]) for e in audit_entries(reads) if e.action == "opened"]
    return found[::-1]


@pytest.fixture
async def client(served: Served, store: Store, clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    recording = replace(served, openings=OpeningLog(store, clock))
    app = create_app(recording, TokenCallers(TokenBook(store, clock), TrustedProxies(["127.0.0.1"])))
    transport: Any = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as found:
        yield found


async def test_a_token_in_use_has_one_row_per_address_and_hour(
    client: httpx.AsyncClient, store: Store, clock: FakeClock, make_token: Make
) -> None:
    token = make_token()
    headers = {"authorization": f"Bearer {token.text}"}
    row = ("ann-laptop", f"token ann-laptop ({token.id})")
    for _ in range(3):
        assert (await client.get(HELLO, headers=headers)).status_code == 200
    assert opened(store) == [(*row, f"token {token.id} from 127.0.0.1")]
    await client.get(HELLO, headers={**headers, "x-forwarded-for": "192.0.2.9"})
    assert opened(store)[1:] == [(*row, f"token {token.id} from 192.0.2.9")]
    clock.advance(TOKEN_SECONDS - 1)
    await client.get(HELLO, headers=headers)
    assert len(opened(store)) == 2
    clock.advance(1)
    await client.get(HELLO, headers=headers)
    assert len(opened(store)) == 3
    await client.get(HELLO, headers={"authorization": "Bearer amt_x"})
    assert len(opened(store)) == 3, "a wrong token opens nothing"


@pytest.mark.slow
async def test_a_console_has_one_row_for_as_long_as_it_is_open(
    client: httpx.AsyncClient, store: Store, clock: FakeClock, make_token: Make
) -> None:
    token = make_token()
    headers = {"authorization": f"Bearer {token.text}"}
    for session in ("one", "one", "two", "one"):
        clock.advance(3000)
        await client.get(HELLO, headers={**headers, SESSION_HEADER: session})
    assert [what for _, what, _ in opened(store)].count("console") == 2


async def test_the_session_of_a_browser_has_the_row_of_its_login_alone(
    client: httpx.AsyncClient, store: Store, make_token: Make
) -> None:
    assert (await client.post("/login", data={"token": make_token().text})).status_code == 303
    assert (await client.get("/dashboards/")).status_code == 200
    with store.read() as reads:
        assert [entry.action for entry in audit_entries(reads)] == ["login"]


async def test_a_full_disk_keeps_nobody_from_looking_and_the_row_comes_later(
    client: httpx.AsyncClient, store: Store, clock: FakeClock, make_token: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"authorization": f"Bearer {make_token().text}"}
    tried: list[str] = []

    def full(*arguments: Any) -> None:
        tried.append(arguments[4])
        raise StoreFull("No room on the disk.")

    with monkeypatch.context() as patched:
        patched.setattr(audit_rows, "add_row", full)
        for _ in range(3):
            assert (await client.get(HELLO, headers=headers)).status_code == 200
    assert len(tried) == 1, "a full disk is not tried with each request"
    assert opened(store) == []
    clock.advance(RETRY_SECONDS)
    assert (await client.get(HELLO, headers=headers)).status_code == 200
    assert len(opened(store)) == 1


def test_a_dashboard_whose_opening_cannot_be_recorded_is_not_given(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboards = Dashboards(store, lambda: None, clock, None)  # type: ignore[arg-type, return-value]

    def full(*_: Any, **__: Any) -> None:
        raise StoreFull("No room on the disk.")

    monkeypatch.setattr(store, "transaction", full)
    with pytest.raises(StoreFull):
        dashboards.note_opened(DashboardRequest("overview"), Actor("ann"))


def test_the_memory_of_openings_is_bounded(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "MOST_KEYS", 3)
    log = OpeningLog(store, clock)
    for number in range(100):
        assert log.console_is_new(str(number))
    assert len(log._until) == 3
    assert not log.console_is_new("99")


def test_the_opening_that_is_oldest_is_forgotten_first(
    store: Store, clock: FakeClock, make_token: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openings, "MOST_KEYS", 2)
    made = make_token()
    with store.read() as reads:
        token = access_token(reads, made.id)
    assert token is not None
    log = OpeningLog(store, clock)
    assert log.token_is_new(token, "192.0.2.1")
    assert log.console_is_new("one")
    clock.advance(TOKEN_SECONDS)
    assert log.token_is_new(token, "192.0.2.1"), "an hour is over"
    assert log.console_is_new("two")
    assert not log.token_is_new(token, "192.0.2.1")
