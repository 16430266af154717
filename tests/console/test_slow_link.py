"""Over a slow link the console draws few frames, and never more than the line carries."""

from __future__ import annotations

import os
import pty
import termios
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyte
import pytest
from support.answers import INCIDENT
from support.desk import desk
from support.pictures import NOW, incident
from support.raw_terminal import RawTerminal

from amt_console.console.terminal.pace import FRAMES_A_SECOND, LONGEST_PAUSE, Pace, line_speed, pace_of
from amt_console.model import PresentPerson, Snapshot
from amt_console.model.queries import AlertHistoryQuery, IncidentsQuery, Query
from amt_console.model.queries.alerts import AlertHistory
from amt_console.model.queries.incidents import IncidentHistory, IncidentRow
from widgets.tables.history_table import HistoryTable
from widgets.tables.incident_table import IncidentTable

SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
KEYS, KEY_SECONDS = 45, 1 / 30
FRAME_END = b"\x1b[1;2H"
"""Each frame ends by putting the cursor where it stays."""
LONGEST_FRAME = 8_000
"""Bytes of a whole screen of 80x24."""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo terminal."""
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_a_terminal_on_the_same_machine_has_no_pause(terminal: tuple[int, int]) -> None:
    assert pace_of({}, terminal[1]).pause(4000) == 0
    assert pace_of({}, None).pause(4000) == 0


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY"])
def test_over_ssh_there_is_a_pause_between_frames(name: str, terminal: tuple[int, int]) -> None:
    pace = pace_of({name: "192.0.2.1 50000 192.0.2.2 22"}, terminal[1])
    assert pace.pause(1) == pace.pause(100_000) == 1 / FRAMES_A_SECOND
    assert pace.pause(0) == 0


def test_a_slow_line_gets_no_more_than_it_carries(terminal: tuple[int, int]) -> None:
    at_speed(terminal[1], termios.B2400)
    assert line_speed(terminal[1]) == 240
    pace = pace_of({}, terminal[1])
    assert pace.pause(120) == 0.5
    assert pace.pause(1) == 1 / FRAMES_A_SECOND
    assert pace.pause(100_000) == LONGEST_PAUSE


def test_a_file_is_no_slow_line(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        assert line_speed(file.fileno()) is None


def test_a_pace_without_limits() -> None:
    assert Pace().pause(10) == 0


def young(moment: datetime | None) -> datetime | None:
    return None if moment is None else NOW - timedelta(seconds=20)


def young_picture() -> Snapshot:
    """An incident in which everything began twenty seconds ago."""
    base = incident()
    return replace(
        base,
        services=tuple(
            replace(each, since=young(each.since), last_checked=young(each.last_checked)) for each in base.services
        ),
        alerts=tuple(
            replace(each, opened_at=NOW - timedelta(seconds=20), acknowledged_at=young(each.acknowledged_at))
            for each in base.alerts
        ),
        presence=(PresentPerson("fay", NOW - timedelta(seconds=20), "pid 9"),),
        monitor=replace(base.monitor, last_cycle_at=young(NOW), last_commit_at=young(NOW), started_at=young(NOW)),
    )


def young_history(query: Query[AlertHistory]) -> AlertHistory:
    return AlertHistory(young_picture().alerts, more=False)


def young_incidents(query: Query[IncidentHistory]) -> IncidentHistory:
    rows = tuple(IncidentRow(alert, 20.0, None, (), 0, 0, None) for alert in young_picture().alerts)
    return IncidentHistory(NOW - timedelta(days=30), NOW, rows)


@pytest.mark.slow
@pytest.mark.parametrize("remote", [True, False])
async def test_ages_change_once_in_ten_seconds_over_ssh(remote: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if remote:
        monkeypatch.setenv("SSH_CONNECTION", SSH["SSH_CONNECTION"])
    async with desk(young_picture(), size=(120, 40), answers=INCIDENT) as console:
        for keys in (["1"], ["2", "j"], ["3", "j"], ["3", "j", "enter"]):
            await console.press(*keys)
            changes, before = 0, console.text()
            for _ in range(9):
                console.clock.advance(1)
                console.app.redraw()
                await console.settle()
                changes, before = changes + (console.text() != before), console.text()
            console.clock.advance(-9)
            assert changes <= 2 if remote else changes >= 8, (keys, changes)


@pytest.mark.slow
@pytest.mark.parametrize("remote", [True, False])
async def test_open_alerts_last_longer_in_tables_once_in_ten_seconds_over_ssh(
    remote: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if remote:
        monkeypatch.setenv("SSH_CONNECTION", SSH["SSH_CONNECTION"])
    answers = {**INCIDENT, AlertHistoryQuery: young_history, IncidentsQuery: young_incidents}
    async with desk(young_picture(), answers=answers) as console:
        for keys, table in ((["3", "tab"], HistoryTable), (["6"], IncidentTable)):
            await console.press(*keys)
            shown = []
            for _ in range(10):
                console.clock.advance(1)
                console.app.redraw()
                await console.settle()
                shown.append(console.app.screen.query_one(table).plain_lines[1:])
            console.clock.advance(-10)
            assert len(set(shown)) == (2 if remote else 10)
            assert all("30s" in line for line in shown[-1] if "CRIT" in line)


def held(terminal: RawTerminal) -> tuple[bytes, float]:
    """What comes while ``j`` is held for some seconds, and how many seconds it were."""
    terminal.read(1)
    before, begin = len(terminal.output), time.monotonic()
    for _ in range(KEYS):
        terminal.press("j")
        terminal.read(KEY_SECONDS)
    return terminal.output[before:], time.monotonic() - begin


@pytest.mark.pty
@pytest.mark.waits
def test_held_keys_send_ten_frames_a_second_over_ssh() -> None:
    with RawTerminal(["many"], env=SSH) as terminal:
        terminal.expect("monitoring")
        sent, seconds = held(terminal)
    assert 3 < sent.count(FRAME_END) <= FRAMES_A_SECOND * seconds + 2
    assert len(sent) < (FRAMES_A_SECOND * seconds + 2) * LONGEST_FRAME


@pytest.mark.pty
@pytest.mark.waits
def test_held_keys_send_what_a_line_of_2400_baud_carries() -> None:
    with RawTerminal(["many", "live"]) as terminal:
        at_speed(terminal._slave, termios.B2400)
        begin = time.monotonic()
        terminal.expect("monitoring", 60)
        held(terminal)
        assert len(terminal.output) < 240 * (time.monotonic() - begin) + 2 * LONGEST_FRAME


@pytest.mark.pty
@pytest.mark.waits
def test_screens_that_open_within_a_pause_are_drawn_whole() -> None:
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    with RawTerminal(["incident"], env=SSH) as terminal:
        terminal.expect("monitoring")
        terminal.press("2")
        terminal.read(0.03)
        terminal.press("3")
        terminal.read(0.03)
        terminal.press("1")
        terminal.read(2.0)
        stream.feed(terminal.output)
    for words in ("1 OVERVIEW", "ALERTS 3", "SERVICES 8", "web-app", "q quit"):
        assert any(words in line for line in screen.display), words


def at_speed(terminal: int, speed: int) -> None:
    """Set the speed of a line."""
    attributes = termios.tcgetattr(terminal)
    attributes[4] = attributes[5] = speed
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
