"""A failure after a commit: the batch counts as stored."""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.stores import START, at, result

from amt_console.clock import FakeClock
from amt_console.model import HostSample
from amt_console.store import Store, StoreError
from amt_console.store import store as module

pytestmark = pytest.mark.slow


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_log_that_cannot_be_moved_leaves_a_stored_batch_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "monitoring.db"
    clock = FakeClock(START)
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        with store.transaction() as writes:
            writes.add_results([result("filler", seconds, error="x" * 200) for seconds in range(1500)])
        store.checkpoint(truncate=True)
        monkeypatch.setattr(module, "_LOG_BACKSTOP", 0)
        with no_file_grows_beyond(path.stat().st_size), caplog.at_level(logging.WARNING, "amt_console.store"):
            with store.transaction() as writes:
                writes.add_results([result("api", seconds, error="x" * 200) for seconds in range(500)])
                writes.add_host_sample(HostSample(timestamp=START, cpu_usage=1.0, memory_usage=2.0, disk_usage=3.0))
            with pytest.raises(StoreError):
                store.checkpoint()
        assert "stays long for now" in caplog.text
        with store.transaction() as writes:
            writes.add_results([result("api", 500)])
        with store.read() as reads:
            assert len(reads.services.results(service="api", start=at(-1), end=at(1e6), limit=10_000)) == 501
            assert len(reads.host.samples(at(-1), at(1e6))) == 1
        assert store.checkpoint(truncate=True) == 0
        assert store.check(full=True) == ()
