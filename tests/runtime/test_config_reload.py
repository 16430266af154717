"""A reload of the configuration names in the audit what changed, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.runtime.holder import Holder
from amt_console.store import Store, audit_entries

pytestmark = [pytest.mark.slow, pytest.mark.waits]

CLOCK = SystemClock()


def settings(**changed: Any) -> Settings:
    hook = {"name": "hook", "type": "webhook", "url": "https://hooks.example/first", "secret": "whsec_Zmlyc3Q="}
    service = {"name": "web", "url": "http://127.0.0.1:9/", "interval": 3600}
    return Settings.model_validate({"services": [service], "channels": [{**hook, **changed}]})


def test_a_reload_leaves_a_row_with_the_values_before_and_after(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitoring.db'}"
    with Store.open(url, clock=CLOCK) as store:
        holder = Holder(settings=settings(), store=store, store_url=url, clock=CLOCK)
        holder.start()
        try:
            for _ in range(2):  # the second time nothing has changed
                holder.reload(settings(enabled=False, secret="whsec_b3RoZXI="))
        finally:
            holder.stop()
        with store.read() as reads:
            (first,) = (entry for entry in audit_entries(reads) if entry.action == "config reload")
    assert (first.actor, first.subject, first.detail["note"]) == ("amt-console", "configuration", "2 values changed")
    assert first.detail["before"]["channels[0].enabled"] is True
    assert first.detail["after"]["channels[0].enabled"] is False
    assert set(first.detail["before"]) == {"channels[0].enabled", "channels[0].secret"}
    assert "whsec" not in str(first.detail)
