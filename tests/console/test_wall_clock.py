"""The wall clock is set by hours while the console runs: nothing that a person sees or hears goes wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.answers import INCIDENT
from support.desk import desk
from support.pictures import all_fine, incident

from amt_console.console.undoing import UNDO_SECONDS
from amt_console.console.view_state import NOTICE_SECONDS
from amt_console.model import Severity, Undo

pytestmark = pytest.mark.slow
BACK_AND_FORTH = pytest.mark.parametrize("hours", [-7, 7, 24 * 400])
SCREENS = (["1"], ["2", "j"], ["3", "j"], ["escape"], ["3", "j", "enter"], ["4"], ["5"], ["6"], ["7"])
NEGATIVE = re.compile(r"(?:^|\s)-\d+ ?(?:s|m|min|h|d)\b")
"""An age or a span below zero."""


@BACK_AND_FORTH
async def test_no_screen_shows_a_negative_age_or_fails(hours: int) -> None:
    async with desk(incident(), answers=INCIDENT, size=(120, 40)) as console:
        for keys in SCREENS:
            await console.press(*keys)
            console.clock.step_wall(hours * 3600)
            await console.pass_seconds(2)
            text = console.text()
            console.clock.step_wall(-hours * 3600)
            assert not NEGATIVE.search(text), (keys, text)
            assert console.messages == []


@BACK_AND_FORTH
async def test_the_bell_rings_for_a_new_alert_and_for_nothing_else(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = incident().alerts
    assert first.severity is Severity.CRITICAL
    async with desk(replace(incident(), alerts=tuple(others))) as console:
        rung: list[float] = []
        monkeypatch.setattr(console.app, "bell", lambda: rung.append(console.clock.monotonic()))
        for version in (2, 3, 4):
            console.clock.step_wall(hours * 3600)
            now = console.clock.now()
            await console.show(replace(console.operations.picture, generated_at=now, version=version))
            await console.pass_seconds(11)
        assert rung == []
        await console.show(replace(incident(), generated_at=console.clock.now(), version=5))
        console.clock.step_wall(-hours * 3600)
        await console.pass_seconds(11)
        assert len(rung) == 1


@BACK_AND_FORTH
async def test_a_notice_is_shown_as_long_as_ever(hours: int) -> None:
    async with desk(replace(all_fine(), notices=("the clock was set",))) as console:
        assert "the clock was set" in console.text()
        console.clock.step_wall(hours * 3600)
        console.app.redraw()
        await console.settle()
        assert "the clock was set" in console.text()
        console.clock.advance(NOTICE_SECONDS)
        console.app.redraw()
        await console.settle()
        assert "the clock was set" not in console.text()


@BACK_AND_FORTH
@pytest.mark.parametrize(("after", "taken_back"), [(UNDO_SECONDS - 1, True), (UNDO_SECONDS + 1, False)])
async def test_an_action_can_be_taken_back_as_long_as_ever(hours: int, after: float, taken_back: bool) -> None:
    async with desk(incident()) as console:
        await console.press("j", "a", "enter")
        (taken,) = console.acknowledged()
        console.clock.step_wall(hours * 3600)
        console.clock.advance(after)
        await console.press("U")
        undone = [call[1] for call in console.operations.calls if isinstance(call[1], Undo)]
        assert [each.alert_id for each in undone] == [taken[0]] * taken_back
