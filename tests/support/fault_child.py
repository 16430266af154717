"""A process that does one long thing to a database and kills itself half-way: ``main`` with ``WHAT URL``.

It dies by SIGKILL in front of the statement, or the page, whose number stands in ``DIE_AT``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from support.stores import START

from amt_console.clock import FakeClock
from amt_console.store import Keyring, Store
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.upkeep.copies import backup_into
from amt_console.store.upkeep.rekey import Rekeyed, rekey
from amt_console.store.upkeep.restore import restore
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy


def die() -> None:
    """At once, with nothing tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def counting() -> Callable[..., None]:
    """A listener that is called before each statement."""
    number = count(1)

    def listen(*_: Any) -> None:
        if next(number) == int(os.environ["DIE_AT"]):
            die()

    return listen


def at_page(done: int, total: int) -> None:
    """Called while pages are copied."""
    if done >= total // 2:
        die()


def main() -> None:
    """Do it."""
    what, url = sys.argv[1:3]
    clock = FakeClock(START + timedelta(days=60))
    path = Path(url.removeprefix("sqlite:///"))
    if what == "backup":
        backup_into(url, path.parent / "copies", now=clock.now(), progress=at_page)
    elif what == "restore":
        if os.environ["DIE_AT"] == "-1":
            os.replace = lambda *_: die()  # type: ignore[assignment]
        restore(url, Path(sys.argv[3]), clock=clock, progress=None if os.environ["DIE_AT"] == "-1" else at_page)
    elif what == "migration":
        event.listen(Engine, "before_cursor_execute", counting())
        Store.open(url, clock=clock)
    elif what == "retention":
        store = Store.open(url, clock=clock)
        event.listen(Engine, "before_cursor_execute", counting())
        run = Retention(store, RetentionPolicy(), clock=clock)
        while run.step() is not None:
            pass
    elif what == "rekey":
        keys = Keyring(DataKey.of(sys.argv[3]), [DataKey.of(sys.argv[4])])
        with Store.open(url, clock=clock, keys=keys) as store:
            event.listen(Engine, "before_cursor_execute", counting())
            for _ in rekey(store, found=Rekeyed()):
                pass
    print("survived", flush=True)
