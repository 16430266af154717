"""The first snapshot of a console: read with plain SQL, and the same as what the store says."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.operations import API, WEB

from amt_console import store as store_room
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import BusinessFigures, Database, Figure, FigureKind, Service, ServiceState, Severity
from amt_console.operations.first_look import first_snapshot
from amt_console.operations.local import LocalOperations
from amt_console.store import Store, names

Feed = Callable[..., None]
Fire = Callable[..., int]
TARGETS = (API, WEB, Database("orders-db", "postgresql+psycopg://u:secret@h/d", depends_on=("backend-api",)))


@pytest.fixture
def path(store: Store) -> Path:
    with store.transaction() as writes:
        writes.note_watched(TARGETS)
    return Path(store.place)


def test_it_is_what_the_store_says(
    path: Path, store: Store, store_url: str, clock: FakeClock, feed: Feed, fire: Fire
) -> None:
    feed(web_app=ServiceState.DOWN)
    fire(subject="web-app")
    fire(subject="backend-api", severity=Severity.WARNING)
    with store.transaction() as writes:
        figures = {"mrr": Figure(1200.0), "plans": Figure((("pro", 3.0), ("free", 9.0))), "churn": Figure(None, "gone")}
        writes.add_figures(BusinessFigures(FigureKind.REVENUE, clock.now(), figures))
    everything = LocalOperations(
        store=store, store_url=store_url, settings=Settings(), targets=TARGETS, clock=clock
    ).snapshot()
    first = first_snapshot(path, clock.now())
    assert first is not None
    windows = ("p95_ms", "sparkline", "uptime_percent_24h", "coverage_percent_24h", "error_rate_percent_1h")
    assert list(first.services) == [
        replace(service, **{name: getattr(first.services[0], name) for name in windows})
        for service in everything.services
    ]
    assert list(first.alerts) == [replace(alert, times_today=0) for alert in everything.alerts]
    assert first.figures == everything.figures
    assert first.resources.sample == everything.resources.sample
    assert first.overall == everything.overall
    assert "secret" not in path.read_bytes().decode("latin-1")


def test_a_service_that_was_not_measured_lately_is_unknown(path: Path, clock: FakeClock, feed: Feed) -> None:
    feed()
    clock.advance(3600)
    first = first_snapshot(path, clock.now())
    assert first is not None
    assert {service.state for service in first.services} == {ServiceState.UNKNOWN}


def test_nothing_is_shown_of_a_file_that_cannot_be_read_at_once(tmp_path: Path, path: Path, clock: FakeClock) -> None:
    nothing, other, damaged = tmp_path / "none.db", tmp_path / "other.db", tmp_path / "damaged.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE store_meta (key, content)")
    damaged.write_bytes(b"no database " * 100)
    for file in (nothing, other, damaged, tmp_path):
        assert first_snapshot(file, clock.now()) is None
    assert not nothing.exists()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE store_meta SET content = '[{}]' WHERE key = 'watched'")
    assert first_snapshot(path, clock.now()) is None


def test_a_file_without_a_word_on_what_is_watched_is_left_to_the_store(tmp_path: Path, clock: FakeClock) -> None:
    Store.open(f"sqlite:///{tmp_path / 'new.db'}", clock=clock).close()
    assert first_snapshot(tmp_path / "new.db", clock.now()) is None


def test_what_is_watched_follows_the_configuration(path: Path, store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.note_watched([Service("only", "http://h/")])
    first = first_snapshot(path, clock.now())
    assert first is not None
    assert [service.name for service in first.services] == ["only"]


@pytest.mark.slow
def test_nothing_heavy_is_loaded_for_it(path: Path, feed: Feed) -> None:
    feed()
    program = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from amt_console.operations.first_look import first_snapshot
assert len(first_snapshot(Path({str(path)!r}), datetime.now(UTC)).services) == 3
print(sorted({{"sqlalchemy", "sqlmodel", "pydantic", "alembic", "amt_console.config"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_the_store_offers_what_it_names() -> None:
    assert all(getattr(store_room, name) is not None for name in names.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = store_room.Nothing  # type: ignore[attr-defined]
