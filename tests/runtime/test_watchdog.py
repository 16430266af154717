"""The watchdog is pinged only while everything between a fault and a page works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.platform import serving

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Commits
from amt_console.monitor.status import EngineStatus
from amt_console.notify.dispatcher import DispatcherStatus
from amt_console.runtime.watchdog import PingError, Watchdog, http_ping

URL = "https://watchdog.example/ping/secret"
SETTINGS = Settings.model_validate({"check_interval": 10, "watchdog": {"url": URL, "interval": 60}})


class Monitor:
    """What the watchdog looks at."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.engine = EngineStatus(running=True, targets=3)
        self.dispatcher = DispatcherStatus(running=True)
        self.pings: list[tuple[str, float]] = []
        self.answer: Callable[[], None] = lambda: None

    def watchdog(self, settings: Settings = SETTINGS) -> Watchdog:
        def ping(url: str, timeout: float) -> None:
            self.answer()
            self.pings.append((url, timeout))

        return Watchdog(
            settings,
            "sqlite:///x.db",
            engine=lambda: self.engine,
            dispatcher=lambda: self.dispatcher,
            clock=self.clock,
            ping=ping,
        )

    def advance(self, *, probes: bool = True, commits: bool = True, looks: bool = True) -> None:
        self.clock.advance(61)
        engine = self.engine
        self.engine = replace(
            engine,
            probes_run=engine.probes_run + probes,
            commits=Commits(self.clock.now()) if commits else engine.commits,
        )
        self.dispatcher = replace(self.dispatcher, looks=self.dispatcher.looks + looks)


def test_it_is_pinged_while_everything_advances() -> None:
    monitor = Monitor()
    watchdog = monitor.watchdog()
    for _ in range(3):
        monitor.advance()
        watchdog.tick()
    assert monitor.pings == [(URL, 10.0)] * 3
    assert watchdog.trouble is None


@pytest.mark.parametrize(
    ("still", "words"),
    [("probes", "no probe has run"), ("commits", "nothing was committed"), ("looks", "nothing looks at the outbox")],
)
def test_it_is_not_pinged_when_one_part_stands_still(still: str, words: str) -> None:
    monitor = Monitor()
    watchdog = monitor.watchdog()
    monitor.advance()
    watchdog.tick()
    monitor.advance(**{still: False})
    watchdog.tick()
    assert len(monitor.pings) == 1
    assert watchdog.trouble == f"The watchdog is not pinged: {words}."
    monitor.advance()
    watchdog.tick()
    assert (len(monitor.pings), watchdog.trouble) == (2, None)


def test_a_watchdog_that_is_not_reached_is_told_without_its_address() -> None:
    monitor = Monitor()

    def refuse() -> None:
        raise PingError("ConnectError: refused")

    monitor.answer = refuse
    watchdog = monitor.watchdog()
    monitor.advance()
    watchdog.tick()
    assert watchdog.trouble == "The watchdog cannot be pinged: ConnectError: refused."


def test_without_a_url_nothing_is_pinged() -> None:
    monitor = Monitor()
    watchdog = monitor.watchdog(Settings.model_validate({}))
    monitor.advance()
    watchdog.tick()
    assert (monitor.pings, watchdog.trouble) == ([], None)


def test_a_ping_is_a_request_that_must_be_answered_well() -> None:
    with serving() as platform:
        http_ping(platform.url, 5)
        platform.status = 404
        with pytest.raises(PingError, match="it answers 404"):
            http_ping(platform.url, 5)
    with pytest.raises(PingError) as refused:
        http_ping(f"{platform.url}/secret", 5)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:a9fe:a9fe]", "2852039166"])
def test_the_watchdog_never_asks_a_metadata_service(host: str) -> None:
    with pytest.raises(PingError, match="nothing is ever sent"):
        http_ping(f"http://{host}/secret", 5)
