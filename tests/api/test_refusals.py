"""Refused requests leave audit rows; a flood leaves few."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest
from support.programs import until

from amt_console.api.auth.refusals import MOST_ORIGINS, Refusal, RefusalLog
from amt_console.api.auth.tokens import FAILURES, NewToken, new_token
from amt_console.api.listeners.server import TcpServer
from amt_console.clock import FakeClock
from amt_console.model import AuditEntry
from amt_console.store import Store, StoreError, audit_entries

Make = Callable[..., NewToken]
Fire = Callable[..., int]


def rows(store: Store) -> list[AuditEntry]:
    """Oldest first."""
    with store.read() as reads:
        return list(reversed(audit_entries(reads, limit=1000)))


def refused(origin: str = "192.0.2.1", status: int = 401, code: str = "unauthenticated") -> Refusal:
    return Refusal(origin, status, code, None, "GET /api/v1/snapshot")


@pytest.mark.slow
def test_each_kind_of_refusal_leaves_a_row_at_once(
    server: TcpServer, store: Store, make_token: Make, fire: Fire
) -> None:
    alert_id = fire()
    viewer = {"authorization": f"Bearer {make_token('eve-laptop', 'viewer').text}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False) as client:
        assert client.get("/snapshot").status_code == 401
        until(lambda: len(rows(store)) == 1)
        assert client.post(f"/alerts/{alert_id}/acknowledge", headers=viewer).status_code == 403
        until(lambda: len(rows(store)) == 2)
        for _ in range(FAILURES + 1):
            answer = client.get("/snapshot", headers={"authorization": f"Bearer {new_token().text}"})
        assert answer.status_code == 429
        until(lambda: len(rows(store)) == 3)
    assert [(row.actor, row.action, row.subject, row.detail["status"], row.detail["count"]) for row in rows(store)] == [
        ("unknown", "refused", "GET /api/v1/snapshot", 401, 1),
        ("eve-laptop", "refused", f"POST /api/v1/alerts/{alert_id}/acknowledge", 403, 1),
        ("unknown", "refused", "GET /api/v1/snapshot", 429, 1),
    ]
    assert {row.detail["via"] for row in rows(store)} == {"127.0.0.1"}


def test_a_flood_is_two_rows_a_minute_for_each_address_and_kind(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    for _ in range(500):
        log.note(refused())
    log.note(refused(status=403, code="not_permitted"))
    log.close()
    log.note(refused())
    assert [(row.detail["note"], row.detail["count"]) for row in rows(store)] == [
        ("401 unauthenticated", 1),
        ("403 not_permitted", 1),
        ("401 unauthenticated, 499 times", 499),
    ]


def test_after_the_end_nothing_is_noted(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    log.close()
    log.note(refused())
    log.close()
    assert rows(store) == []


def test_the_minute_ends_by_itself(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock, window=0.0)
    log.note(refused())
    until(lambda: len(rows(store)) == 1)
    log.note(refused())
    until(lambda: len(rows(store)) == 2)
    log.close()


def test_many_addresses_share_a_row(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    for number in range(5 * MOST_ORIGINS):
        log.note(refused(origin=f"198.51.100.{number}"))
    log.close()
    assert len(rows(store)) == MOST_ORIGINS + 2
    assert sum(row.detail["count"] for row in rows(store)) == 5 * MOST_ORIGINS


def test_an_address_that_has_a_row_keeps_it_when_many_others_come(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    for number in range(MOST_ORIGINS):
        log.note(refused(origin=f"198.51.100.{number}"))
    for _ in range(5):
        log.note(refused(origin="198.51.100.0"))
    log.close()
    found = [row.detail["count"] for row in rows(store) if row.detail["via"] == "198.51.100.0"]
    assert (found, len(rows(store))) == ([1, 5], MOST_ORIGINS + 1)


def test_the_writer_sleeps_while_nothing_is_due(store: Store) -> None:
    class CountingClock(FakeClock):
        looks = 0

        def monotonic(self) -> float:
            self.looks += 1
            return super().monotonic()

    clock = CountingClock()
    log = RefusalLog(store, clock)
    log.note(refused())
    until(lambda: len(rows(store)) == 1)
    log.note(refused())
    log.close()
    assert len(rows(store)) == 2
    assert clock.looks < 12


def test_the_writer_sleeps_until_the_first_minute_ends(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    assert log._until_next() is None
    log.note(refused())
    clock.advance(20)
    log.note(refused(origin="192.0.2.2"))
    assert log._until_next() == 40
    log.close()


def test_rows_that_wait_do_not_keep_a_process_from_its_end(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    log.note(refused())
    writers = [thread.daemon for thread in threading.enumerate() if thread.name == "amt-refusals"]
    assert writers
    assert all(writers)
    log.close()


def test_a_database_that_refuses_stops_nobody(store: Store, clock: FakeClock) -> None:
    log = RefusalLog(store, clock)
    store.close()
    log.note(refused())
    log.close()


def test_a_database_that_refuses_once_is_told_of_and_the_next_refusal_gets_its_row(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = threading.Event()
    transaction = store.transaction

    def refuses(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(store, "transaction", transaction)
        tried.set()
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "transaction", refuses)
    with closing(RefusalLog(store, clock)) as log:
        log.note(refused(status=401))
        assert tried.wait(30)
        log.note(refused(status=403))
    assert [row.detail["status"] for row in rows(store)] == [403]
    assert "a refused request left no audit row: the disk is full" in caplog.text
