"""The dispatcher's thread: a fault is told, unless nobody waits for the thread any more."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from support.stores import laid_out

from amt_console.clock import SystemClock
from amt_console.config.settings import Settings
from amt_console.notify.thread import DispatcherThread
from amt_console.store import Store


class FailingThread(DispatcherThread):
    """Fails when it may go on."""

    def __init__(self, store: Store) -> None:
        super().__init__(settings=Settings(), store=store, clock=SystemClock(), channels=lambda settings: {})
        self.go_on, self.ended = threading.Event(), threading.Event()

    async def _run(self) -> bool:
        await asyncio.to_thread(self.go_on.wait)
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    def _main(self) -> None:
        super()._main()
        self.ended.set()


@pytest.mark.parametrize("abandoned", [False, True])
def test_a_fault_is_told_while_somebody_waits_for_the_thread(
    abandoned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=SystemClock()) as store:
        thread = FailingThread(store)
        thread.start()
        if abandoned:
            assert not thread.stop(timeout=0.01)
        thread.go_on.set()
        assert thread.ended.wait(30)
    assert ("ended by a fault" in caplog.text) is not abandoned
