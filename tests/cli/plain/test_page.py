"""A page of plain text: what it says, how wide it is, and when another one is printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from support.fake_operations import FakeOperations, FakeSession
from support.pictures import NOW, all_fine, empty, hostile, incident, many

from amt_console.cli.plain.ending import Ending
from amt_console.cli.plain.page import PageContext, news_of, page
from amt_console.cli.plain.pages import ANYWAY_SECONDS, Printer
from amt_console.clock import FakeClock
from amt_console.model import MonitorState, MonitorStatus, Snapshot
from amt_console.operations.protocol import UnavailableError

BESIDE = PageContext(is_monitor=True, zone=UTC)


def text(picture: Snapshot, width: int = 500, beside: PageContext = BESIDE) -> str:
    return "\n".join(page(picture, NOW, beside, width))


def test_an_incident_in_words() -> None:
    lines = text(incident()).splitlines()
    assert lines[0].startswith(
        f"CRITICAL at {NOW:%Y-%m-%d %H:%M:%S} UTC: 4 of 8 services up, 2 down, 1 slow, 1 unknown"
    )
    assert "Monitor: this process, last result" in lines[1]
    assert "Alerts: 3" in lines
    first = next(line for line in lines if line.startswith("CRITICAL backend-api"))
    assert "for 3m since" in first
    assert "nobody has it: connection refused by 127.0.0.1:5000 (alert 7)" in first
    owned = next(line for line in lines if line.startswith("WARNING api-chat-analytics"))
    assert "ann has it for 5m" in owned
    assert "Note: looking at the query plan" in owned
    assert next(line for line in lines if line.startswith("DOWN backend-api for 3m since"))
    assert not [line for line in lines if "web-app" in line], "what is up is counted only"
    assert "Host: CPU 37.0 %, memory 78.2 %, disk 61.4 %, 134 connections" in lines or [
        line for line in lines if line.startswith("Host: CPU")
    ]
    revenue = next(line for line in lines if line.startswith("Revenue: "))
    assert "MRR 48.2 K" in revenue
    assert "churn missing (" in revenue


def test_nothing_is_wrong() -> None:
    lines = text(all_fine()).splitlines()
    assert lines[0].startswith("OK at ")
    assert "Alerts: none" in lines
    assert not [line for line in lines if line.startswith(("DOWN", "SLOW", "UNKNOWN"))]


def test_a_stopped_monitor_an_unread_database_and_the_past_are_said() -> None:
    stopped = MonitorStatus(MonitorState.STOPPED, "host", 1, NOW, NOW - timedelta(hours=2))
    assert "Monitor: stopped, last result 2h ago" in text(replace(all_fine(), monitor=stopped))
    assert "No fresh data: it is busy" in text(all_fine(), beside=replace(BESIDE, trouble="it is busy"))
    past = text(replace(all_fine(), at=NOW))
    assert past.startswith("PAST OK at ")
    assert "Monitor:" not in past, "which process it was is not recorded"
    assert "FAULT: the disk is full" in text(replace(all_fine(), faults=("the disk is full",)))


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("make", [all_fine, incident, hostile, many, empty], ids=lambda make: make.__name__)
def test_no_line_is_wider_than_asked_and_none_holds_a_control_character(width: int, make: Any) -> None:
    for line in page(make(), NOW, BESIDE, width):
        assert cell_len(line) <= width
        assert "\x1b" not in line
        assert all(ord(char) >= 0x20 and not 0x7F <= ord(char) < 0xA0 for char in line)


def test_measured_values_and_ages_are_no_news_and_states_owners_and_notices_are() -> None:
    before = news_of(incident(), BESIDE)
    services = tuple(replace(each, response_time_ms=1.0, last_checked=NOW) for each in incident().services)
    assert news_of(replace(incident(), services=services, generated_at=NOW), BESIDE) == before
    taken = tuple(replace(each, acknowledged_by="bob") for each in incident().alerts)
    assert news_of(replace(incident(), alerts=taken), BESIDE) != before
    assert news_of(replace(incident(), notices=("new",)), BESIDE) != before
    assert news_of(incident(), replace(BESIDE, is_monitor=False, attached_to="pid 1 on host")) != before
    assert news_of(all_fine(), BESIDE) != before


def printer(operations: FakeOperations, clock: FakeClock) -> Printer:
    return Printer(FakeSession(operations), Ending(), clock.now, clock.monotonic, UTC)


def test_a_page_is_printed_when_something_changed_and_once_a_minute() -> None:
    operations, clock = FakeOperations(all_fine()), FakeClock(NOW)
    pages = printer(operations, clock)
    assert pages.next_page(80)[0].startswith("OK at ")
    clock.advance(5)
    assert pages.next_page(80) == []
    operations.show(incident())
    second = pages.next_page(80)
    assert second[0] == "", "a blank line is between two pages"
    assert second[1].startswith("CRITICAL at ")
    clock.advance(ANYWAY_SECONDS - 1)
    assert pages.next_page(80) == []
    clock.advance(1)
    assert pages.next_page(80)[1].startswith("CRITICAL at ")


def test_what_cannot_be_read_is_said_once_and_the_last_page_stays_true() -> None:
    operations, clock = FakeOperations(all_fine()), FakeClock(NOW)
    operations.failure = UnavailableError("the database is busy")
    pages = printer(operations, clock)
    assert pages.next_page(80) == ["No data yet: the database is busy"]
    assert pages.next_page(80) == []
    operations.failure = None
    assert pages.next_page(80)[1].startswith("OK at ")
    operations.failure = UnavailableError("the database is busy")
    assert "No fresh data: the database is busy" in pages.next_page(80)
    assert pages.next_page(80) == []
