"""Backups: whole while others write, checked, private, never over something else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import make_url
from support.stores import at, result

from amt_console.clock import FakeClock
from amt_console.store import Store, StoreCorrupt, StoreUnavailable, backup


def fill(store: Store, first: int, number: int) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=each) for each in range(first, first + number)])


@pytest.mark.slow
def test_a_backup_made_while_somebody_writes_is_whole(sqlite_url: str, tmp_path: Path, clock: FakeClock) -> None:
    target = tmp_path / "copies" / "monitoring.db"
    steps: list[tuple[int, int]] = []
    with Store.open(sqlite_url, clock=clock) as store:
        for begin in range(0, 20_000, 2000):
            fill(store, begin, 2000)

        def write_more(done: int, total: int) -> None:
            steps.append((done, total))
            writer = threading.Thread(target=fill, args=(store, 100_000 + 10 * len(steps), 10))
            writer.start()
            writer.join()

        assert backup(sqlite_url, target, progress=write_more) == target
    assert len(steps) > 1
    assert steps[-1][0] == steps[-1][1]
    assert target.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in target.parent.iterdir()] == ["monitoring.db"]
    with Store.open(f"sqlite:///{target}", clock=clock) as copy, copy.read() as reads:
        assert len(reads.services.results(service="api", start=at(-1), end=at(1e7), limit=100_000)) == 20_000
        assert reads.services.totals(start=at(0), end=at(20_000))["api"].samples == 20_000


def test_a_backup_never_overwrites(sqlite_url: str, tmp_path: Path, clock: FakeClock) -> None:
    Store.open(sqlite_url, clock=clock).close()
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(StoreUnavailable, match="never overwrites"):
        backup(sqlite_url, target)
    assert target.read_text() == "mine"


@pytest.mark.slow
def test_a_damaged_database_gives_no_backup(sqlite_url: str, tmp_path: Path, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        fill(store, 0, 3000)
    path = Path(make_url(sqlite_url).database or "")
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xff" * (path.stat().st_size - 4096 * 8))
    target = tmp_path / "copy.db"
    with pytest.raises(StoreCorrupt, match="damaged"):
        backup(sqlite_url, target)
    assert not target.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("url", ["sqlite:////nowhere/monitoring.db", "postgresql+psycopg://host/name"])
def test_what_cannot_be_copied_is_said(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        backup(url, tmp_path / "copy.db")
