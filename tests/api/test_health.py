"""Whether a process is ready to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from amt_console.api.encoded_snapshot import SnapshotCache
from amt_console.api.served import Served
from amt_console.operations.archive import Archive
from amt_console.operations.local import LocalOperations
from amt_console.store import StoreError

Feed = Callable[..., None]


@pytest.fixture
def asked(admin: httpx.AsyncClient, served: Served) -> Callable[[], object]:
    async def ask() -> tuple[int, str, list[str]]:
        served.snapshots.expire()
        answer = await admin.get("http://monitor/readyz")
        found = answer.json()
        return answer.status_code, found["status"], found["reasons"]

    return ask


async def test_a_process_beside_the_monitor_is_ready_while_it_can_answer(
    asked: Callable[..., object], feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed()
    assert await asked() == (200, "ok", [])  # type: ignore[misc]

    def fails(*_: object, **__: object) -> None:
        raise StoreError("the disk of /secret/place is gone")

    monkeypatch.setattr(Archive, "check", fails)
    assert await asked() == (503, "unavailable", ["the database cannot be read"])  # type: ignore[misc]
    monkeypatch.setattr(SnapshotCache, "_current", fails)
    assert await asked() == (503, "unavailable", ["neither a monitor nor the database answers"])  # type: ignore[misc]


async def test_a_monitor_that_stores_nothing_is_not_ready(
    asked: Callable[..., object],
    served: Served,
    operations: LocalOperations,
    feed: Feed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed()
    found = operations.snapshot()
    own = replace(found.monitor, host=served.host, pid=served.pid)
    for fault, expected in ((None, (200, "ok", [])), ("lost", (503, "unavailable", ["the monitor stores nothing"]))):
        picture = replace(found, monitor=replace(own, fault=fault), version=found.version + bool(fault))
        monkeypatch.setattr(operations, "snapshot", lambda picture=picture: picture)
        assert await asked() == expected  # type: ignore[misc]
