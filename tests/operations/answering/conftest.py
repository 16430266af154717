"""A recorded platform on each kind of database."""

from __future__ import annotations

import pytest
from support.recorded import Recorded
from support.stores import clock, new_schema, sqlite_url, store, store_url

from amt_console.clock import FakeClock
from amt_console.store import Store

__all__ = ["clock", "new_schema", "sqlite_url", "store", "store_url"]


@pytest.fixture
def recorded(store: Store, store_url: str, clock: FakeClock) -> Recorded:
    return Recorded(store, store_url, clock)
