"""What the running monitor cannot do is a failure of the installation, and everybody who asks is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.platform import serving
from support.programs import Place, until

from amt_console.cli.context import Context
from amt_console.cli.doctor import Finding, Health, examine
from amt_console.cli.session import LocalSession
from amt_console.clock import SystemClock
from amt_console.config import load_config, targets


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as running:
        yield Place(tmp_path, web=running.url)


def test_a_monitor_that_cannot_store_is_a_failure(place: Place) -> None:
    settings = load_config(place.config, env={}).settings
    session = LocalSession(
        settings=settings,
        store_url=place.url,
        targets=targets(settings, store_url=place.url, env={}),
        clock=SystemClock(),
    )
    with closing(session), closing(sqlite3.connect(place.database, isolation_level=None, timeout=5)) as intruder:
        until(lambda: session.operations.snapshot().monitor.last_cycle_at is not None)
        assert _told(place) == []
        intruder.execute("BEGIN IMMEDIATE")
        until(lambda: session.operations.snapshot().faults != ())
        (found,) = _told(place)
        assert "The database cannot be written" in found.message
        assert found.mend
        intruder.execute("ROLLBACK")
        until(lambda: session.operations.snapshot().faults == ())


def _told(place: Place) -> list[Finding]:
    found = examine(Context(config=place.config, db=place.url))
    return [finding for finding in found if finding.name == "monitor" and finding.health is Health.FAILED]
