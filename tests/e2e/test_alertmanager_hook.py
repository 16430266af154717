"""Debian's Alertmanager sends its webhook to our API: what fires and resolves there does so here."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.alertmanager import BINARY, real_alertmanager
from support.links import LINKS
from support.monitored import monitored, settings

from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.auth.tokens import TokenBook, new_token
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import TcpServer
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import SystemClock
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.operations.inbox import Inbox
from amt_console.operations.local import LocalOperations
from amt_console.store import AccessToken, Reads, add_token

CLOCK = SystemClock()
DOCUMENT: dict[str, Any] = {"services": []}
CONFIG = """
route:
  receiver: amt
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: amt
    webhook_configs:
      - url: {url}/api/v1/hooks/alertmanager
        send_resolved: true
        http_config:
          authorization:
            credentials: {token}
"""


def post(url: str, *alerts: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{url}/api/v2/alerts", json.dumps(alerts).encode(), {"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None, reason="no alertmanager on this machine")
async def test_firing_and_resolved_both_arrive(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        store = monitor.store
        operations = LocalOperations(
            store=store, store_url=monitor.url, settings=settings(DOCUMENT), targets=(), clock=CLOCK
        )
        token = new_token()
        with store.transaction() as writes:
            add_token(writes, AccessToken(token.id, "am", "operator", token.digest, CLOCK.now(), "root", None))
        with closing(RefusalLog(store, CLOCK)) as refusals:
            served = Served(
                operations,
                presence=Presence(CLOCK),
                feed=ActionFeed(),
                clock=CLOCK,
                database="monitoring.db",
                links=LINKS,
                refusals=refusals,
                inbox=Inbox(settings(DOCUMENT), store, CLOCK, on_arrival=monitor.engine.look_inbound),
            )
            server = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, CLOCK))
            server.start()
            try:
                config = CONFIG.format(url=server.url, token=token.text)
                async with real_alertmanager(tmp_path, config) as url:
                    labels = {"alertname": "DiskFull", "instance": "db-1:9100", "severity": "critical"}
                    # Without a beginning Alertmanager makes one up, for the end another than for the start.
                    began = {"startsAt": (CLOCK.now() - timedelta(minutes=1)).isoformat()}
                    told = {"labels": labels, "annotations": {"summary": "db-1 has 2 % left"}, **began}
                    other = {"labels": {**labels, "instance": "db-2:9100", "severity": "warning"}, **began}
                    await asyncio.to_thread(post, url, told, other)
                    firing = await asyncio.to_thread(monitor.wait, lambda reads: both(reads, AlertState.FIRING), 60)
                    first, second = firing["db-1:9100"], firing["db-2:9100"]
                    assert (first.severity, first.message) == (Severity.CRITICAL, "db-1 has 2 % left")
                    assert (second.severity, second.message) == (Severity.WARNING, "DiskFull")
                    over = (CLOCK.now() - timedelta(seconds=1)).isoformat()
                    await asyncio.to_thread(post, url, {**told, "endsAt": over}, {**other, "endsAt": over})
                    ended = await asyncio.to_thread(monitor.wait, lambda reads: both(reads, AlertState.RESOLVED), 60)
                    assert {each.id for each in ended.values()} == {first.id, second.id}
            finally:
                server.stop()


def both(reads: Reads, state: AlertState) -> dict[str, Episode] | None:
    now = CLOCK.now()
    found = {
        each.subject: each
        for each in reads.alerts.episodes(start=now - timedelta(hours=1), end=now + timedelta(hours=1), limit=100)
        if each.alert_type is AlertType.EXTERNAL and each.state is state
    }
    return found if len(found) == 2 else None
