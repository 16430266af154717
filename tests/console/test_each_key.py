"""Every key does what its name says. A key without a case here fails the first test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.answers import INCIDENT
from support.desk import Desk, desk
from support.pictures import NOW, incident
from textual.command import CommandPalette
from textual.containers import VerticalScroll

from amt_console.console.app import ConsoleApp
from amt_console.console.bindings import ALL_KEYS
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.away import AwayScreen
from amt_console.console.screens.help import HelpScreen
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.monitor import MonitorScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.screens.why import WhyScreen
from amt_console.model.queries import IncidentsQuery

pytestmark = pytest.mark.slow
Check = Callable[[Desk], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """How to get to where a key works, and how it is seen to have worked."""

    check: Check
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None


def _place(title: str) -> Case:
    return Case(lambda desk: desk.app.place == title, before=("2",) if title != "2 SERVICES" else ("1",))


def _asks(words: str, *before: str) -> Case:
    return Case(lambda desk: desk.prompt.is_open and words in desk.prompt.question, before=before or ("j",))


def _acted(name: str, *keys: str, before: tuple[str, ...] = ("j",)) -> Case:
    def check(desk: Desk) -> bool:
        return any(call[0] == "act" and type(call[1]).__name__ == name for call in desk.operations.calls)

    return Case(check, before=before, after=keys)


def _told(words: str, *before: str) -> Case:
    return Case(lambda desk: any(words in message for message in desk.messages), before=before)


def _list(desk: Desk) -> ListScreen:
    screen = desk.app.screen
    assert isinstance(screen, ListScreen)
    return screen


def _selected(desk: Desk) -> str | None:
    return _list(desk).pane.model.selected


def _first(desk: Desk) -> bool:
    return _selected(desk) == _list(desk).pane.model.keys[0]


def _last(desk: Desk) -> bool:
    return _selected(desk) == _list(desk).pane.model.keys[-1]


def _scrolled(desk: Desk) -> float:
    return desk.app.screen.query_one("#detail", VerticalScroll).scroll_y


def _hours(desk: Desk) -> float:
    asked = [call[1] for call in desk.operations.calls if call[0] == "ask" and isinstance(call[1], IncidentsQuery)]
    return asked[-1].hours


def _past(minutes: float) -> Check:
    return lambda desk: desk.app.at == NOW - timedelta(minutes=minutes)


_LONG = {"size": (60, 16)}
_DOWN = ("down", "down", "down", "down")
CASES: Mapping[str, Case] = {
    "overview": _place("1 OVERVIEW"),
    "services": _place("2 SERVICES"),
    "alerts": _place("3 ALERTS"),
    "resources": _place("4 RESOURCES"),
    "business": _place("5 BUSINESS"),
    "incidents": _place("6 INCIDENTS"),
    "activity": _place("7 ACTIVITY"),
    "palette": Case(lambda desk: isinstance(desk.app.screen, CommandPalette)),
    "acknowledge": _acted("Acknowledge", "enter"),
    "unacknowledge": _acted("Unacknowledge", before=("j", "j", "j")),
    "claim": _acted("Claim", "enter", before=("j", "j", "j")),
    "snooze": _acted("Snooze", "enter"),
    "hand_off": _acted("Handoff", *"ben", "enter", "enter"),
    "note": _acted("Note", *"seen", "enter"),
    "silence": _acted("AddSilence", *"2h release", "enter"),
    "close": _acted("Close", *"noise", "enter"),
    "undo": _acted("Undo", before=("j", "a", "enter")),
    "why": Case(lambda desk: isinstance(desk.app.screen, WhyScreen), before=("j",)),
    "probe": _acted("ProbeNow", before=("tab", "j")),
    "pause": Case(lambda desk: desk.app.view.paused),
    "export": Case(lambda desk: desk.prompt.is_open and "Export" in desk.prompt.question),
    "monitor": Case(lambda desk: isinstance(desk.app.screen, MonitorScreen)),
    "muted": Case(lambda desk: "SILENCES" in desk.text()),
    "away": Case(lambda desk: isinstance(desk.app.screen, AwayScreen)),
    "theme": Case(lambda desk: desk.app.theme != "amt-dark"),
    "utc": Case(lambda desk: str(desk.app.zone) == "UTC"),
    "copy": _told("clipboard", "j"),
    "copy_json": _told("clipboard", "3", "j"),
    "runbook": _told("Runbook: https://wiki.example", "3", "j"),
    "zoom": Case(lambda desk: _list(desk).has_class("-zoomed")),
    "mark": Case(lambda desk: "1 marked" in desk.text(), before=("3", "j")),
    "quit": _asks("Quit the monitor"),
    "quit_leaving_picture": _asks("Quit the monitor"),
    "suspend": Case(lambda desk: _Suspended.times > 0),
    "help": Case(lambda desk: isinstance(desk.app.screen, HelpScreen)),
    "step_back": Case(_past(1)),
    "step_forward": Case(_past(1), before=("left_square_bracket", "left_square_bracket")),
    "previous_change": Case(_past(3)),
    "next_change": Case(
        lambda desk: desk.app.at is not None and desk.app.at > NOW - timedelta(minutes=30),
        before=("T", *"11:30", "enter"),
    ),
    "go_to": Case(_past(30), after=(*"11:30", "enter")),
    "before_alert": Case(lambda desk: desk.app.at is not None, before=("j",)),
    "live": Case(lambda desk: desk.app.at is None, before=("left_square_bracket",)),
    "open": Case(lambda desk: isinstance(desk.app.screen, AlertDetailScreen), before=("j",)),
    "filter": Case(lambda desk: _list(desk).pane.model.filter_text == "plans", after=(*"plans", "enter")),
    "clear": Case(lambda desk: _selected(desk) is None, before=("j",)),
    "up": Case(_first, before=("j", "j")),
    "down": Case(_first, before=()),
    "page_up": Case(_first, before=("2", "G")),
    "page_down": Case(_last, before=("2", "g")),
    "first": Case(_first, before=("2", "G")),
    "last": Case(_last, before=("2", "g")),
    "next_pane": Case(lambda desk: _list(desk).pane is _list(desk).panes()[1]),
    "previous_pane": Case(lambda desk: _list(desk).pane is _list(desk).panes()[0], before=("tab",)),
    "sort": Case(lambda desk: _list(desk).pane.model.sort_column is not None),
    "back": Case(lambda desk: isinstance(desk.app.screen, OverviewScreen), before=("j", "enter")),
    "scroll_up": Case(lambda desk: _scrolled(desk) == 0, before=("m", "down"), options=_LONG),
    "scroll_down": Case(lambda desk: _scrolled(desk) == 1, before=("m",), options=_LONG),
    "scroll_page_up": Case(lambda desk: _scrolled(desk) == 0, before=("m", "down"), options=_LONG),
    "scroll_page_down": Case(lambda desk: _scrolled(desk) > 1, before=("W",), options=_LONG),
    "top": Case(lambda desk: _scrolled(desk) == 0, before=("W", *_DOWN), options=_LONG),
    "bottom": Case(lambda desk: _scrolled(desk) > 1, before=("W",), options=_LONG),
    "open_link": Case(lambda desk: not isinstance(desk.app.screen, AlertDetailScreen), before=("j", "enter", "tab")),
    "next_link": Case(lambda desk: isinstance(desk.app.screen, AlertDetailScreen), before=("j", "enter")),
    "longer": Case(lambda desk: _hours(desk) == 2160, before=("6",)),
    "shorter": Case(lambda desk: _hours(desk) == 168, before=("6",)),
    "end_muted": _told("Select what to end first", "M"),
    "plan_work": _asks("", "M"),
    "close_help": Case(lambda desk: isinstance(desk.app.screen, OverviewScreen), before=("question_mark",)),
}


class _Suspended:
    times: ClassVar[int] = 0


OUTPUT = "Output of a command"
"""Its keys need a command that runs: ``own_commands/test_keys`` tries them."""
KEYS = [
    (binding.id, key)
    for place, bindings in ALL_KEYS
    if place != OUTPUT
    for binding in bindings
    for key in binding.key.split(",")
    if binding.id
]


def test_every_key_has_a_case() -> None:
    assert {name for name, _ in KEYS} == set(CASES)


@pytest.mark.parametrize(("name", "key"), KEYS, ids=[f"{name}-{key}" for name, key in KEYS])
async def test_the_key_does_what_it_says(name: str, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def suspend(self: ConsoleApp) -> None:
        _Suspended.times += 1

    monkeypatch.setattr(_Suspended, "times", 0)
    monkeypatch.setattr(ConsoleApp, "action_suspend_process", suspend)
    case = CASES[name]
    picture = incident()
    first, *others = picture.alerts
    picture = replace(picture, alerts=(replace(first, runbook="https://wiki.example/runbooks/backend"), *others))
    async with desk(picture, answers=INCIDENT, export_folder=tmp_path, **(case.options or {})) as console:
        await console.press(*case.before)
        await console.press(key, *case.after)
        assert case.check(console), console.text()
