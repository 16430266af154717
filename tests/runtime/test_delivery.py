"""From a failing service to its receivers, with everything that a monitor starts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from support.fair_time import fair_time
from support.monitored import KEY, settings
from support.platform import serving

from amt_console.clock import SystemClock
from amt_console.model import AlertState
from amt_console.runtime.holder import Holder
from amt_console.store import Keyring, Store, deliveries

pytestmark = [pytest.mark.slow, pytest.mark.waits]
CLOCK = SystemClock()


class Receiver:
    """Keeps what is posted, and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if receiver.status == 200:
                    receiver.got.append(json.loads(body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def told(self) -> list[tuple[str, str]]:
        """The alerts of all messages, with their states."""
        return [(each["labels"]["service"], each["status"]) for message in self.got for each in message["alerts"]]

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = fair_time() + seconds
    while not condition():
        assert fair_time() < end
        time.sleep(0.02)


def test_a_dead_channel_is_told_through_the_others_until_it_delivers_again(tmp_path: Path) -> None:
    gone, fine = Receiver(), Receiver()
    gone.status = 410
    url = f"sqlite:///{tmp_path / 'monitoring.db'}"
    with serving() as platform, Store.open(url, clock=CLOCK, keys=Keyring(KEY)) as store:
        configured = settings(
            {
                "services": [{"name": "web", "url": platform.url, "interval": 1}],
                "channels": [
                    {"name": "gone", "type": "webhook", "url": gone.url},
                    {"name": "fine", "type": "webhook", "url": fine.url},
                ],
                "notify": {"allow_private": ["127.0.0.1"], "group_wait": 0, "group_wait_critical": 0},
            }
        )
        holder = Holder(settings=configured, store=store, store_url=url, clock=CLOCK)
        holder.start()
        try:
            until(lambda: holder.engine.status.probes_run > 2)
            platform.status = 503
            until(lambda: ("web", "firing") in fine.told() and ("gone", "firing") in fine.told())
            assert gone.got == []
            assert any(
                "A critical page was not delivered on gone" in each for each in holder.operations.snapshot().notices
            )
            gone.status = 200
            platform.status = 200
            until(lambda: ("web", "resolved") in fine.told())
            platform.status = 503
            until(lambda: ("web", "firing") in gone.told())
            until(lambda: ("gone", "resolved") in fine.told())
            with store.read() as reads:
                assert [each.subject for each in reads.alerts.open() if each.state is AlertState.FIRING] == ["web"]

            def about_gone() -> set[tuple[str, str]]:
                with store.read() as reads:
                    return {(row.channel, row.state.value) for row in deliveries(reads) if row.subject == "gone"}

            until(lambda: about_gone() <= {("fine", "delivered"), ("gone", "cancelled")})
        finally:
            holder.stop()
            gone.close()
            fine.close()


def test_what_is_confirmed_right_before_the_stop_is_still_sent(tmp_path: Path) -> None:
    fine = Receiver()
    url = f"sqlite:///{tmp_path / 'monitoring.db'}"
    with serving() as platform, Store.open(url, clock=CLOCK, keys=Keyring(KEY)) as store:
        configured = settings(
            {
                "services": [{"name": "web", "url": platform.url, "interval": 1}],
                "channels": [{"name": "fine", "type": "webhook", "url": fine.url}],
                "notify": {"allow_private": ["127.0.0.1"]},
            }
        )
        holder = Holder(settings=configured, store=store, store_url=url, clock=CLOCK)
        holder.start()
        try:
            platform.status = 503

            def fired() -> bool:
                with store.read() as reads:
                    return any(each.state is AlertState.FIRING for each in reads.alerts.open())

            until(fired)
        finally:
            holder.stop()
        assert fine.told() == [("web", "firing")]
    fine.close()
