"""Any keys in any order: the console never fails, and nothing is done without the key that means it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.answers import INCIDENT
from support.desk import Desk, desk
from support.pictures import incident
from textual.command import CommandPalette

from amt_console.console.app import ConsoleApp
from amt_console.console.bindings import ALL_KEYS
from amt_console.console.screens.lists import ListScreen
from amt_console.console.session import Preferences
from amt_console.own_commands import CommandContext, OwnCommand
from widgets.key_footer import KeyFooter
from widgets.prompt import Prompt

pytestmark = pytest.mark.slow
OWN = OwnCommand("own", "f6", CommandContext.ANYWHERE, ("true",))
MEANS: Mapping[str, frozenset[str]] = {
    "a": frozenset({"Acknowledge"}),
    "u": frozenset({"Unacknowledge"}),
    "c": frozenset({"Claim"}),
    "Z": frozenset({"Snooze"}),
    "H": frozenset({"Handoff"}),
    "n": frozenset({"Note"}),
    "S": frozenset({"AddSilence"}),
    "x": frozenset({"Close"}),
    "U": frozenset({"Undo", "EndSilence", "EndMaintenance", "Unacknowledge"}),
    "r": frozenset({"ProbeNow"}),
    "d": frozenset({"EndSilence", "EndMaintenance"}),
    "delete": frozenset({"EndSilence", "EndMaintenance"}),
    "N": frozenset({"AddMaintenance"}),
}
"""What each key may do, at once or after its prompt is confirmed; all other keys do nothing to anything."""
PALETTE = frozenset({"colon", "ctrl+p"})
"""What is chosen there may do anything."""
RUNS = PALETTE | {"f6"}
"""Keys that run a command of one's own, which enters the audit when it ends."""
CONFIRMS = frozenset({"enter", "y"})
KEYMAP = sorted({key for _, bindings in ALL_KEYS for each in bindings for key in each.key.split(",")} | {"f6"})
TEXT = ("y", "2", "h", "minus", "1", "b", "backspace")
KEYS = st.lists(
    st.one_of(st.sampled_from(KEYMAP), st.sampled_from(sorted(MEANS)), st.sampled_from(("enter", "j", *TEXT))),
    min_size=12,
    max_size=30,
)
MOST_ESCAPES = 8


def asks(console: Desk) -> bool:
    """Whether a prompt or the palette is open."""
    screen = console.app.screen
    return isinstance(screen, CommandPalette) or any(prompt.is_open for prompt in screen.query(Prompt))


def done(console: Desk) -> list[str]:
    return [type(call[1]).__name__ for call in list(console.operations.calls) if call[0] == "act"]


async def press_all(console: Desk, keys: Sequence[str]) -> None:
    """Press the keys until the console has ended; each may do only what it means."""
    opener, may_run = "", False
    for at, key in enumerate(keys):
        asked, before = asks(console), len(done(console))
        await console.press(key)
        meant = opener if asked else key
        may_run = may_run or (asked and meant in RUNS and key in CONFIRMS)
        allowed = MEANS.get(meant, frozenset()) | ({"RanCommand"} if may_run else set())
        by_name = asked and meant in PALETTE and key in CONFIRMS
        assert by_name or set(done(console)[before:]) <= allowed, (keys[: at + 1], meant)
        if not asked:
            opener = key
        if not console.app.is_running or not console.app.screen_stack:
            assert opener in ("q", "Q", "ctrl+c"), keys[: at + 1]
            return
        assert not [each for each in console.messages if "fault of amt-console" in each], keys[: at + 1]
        assert console.app.screen.query(KeyFooter) or asks(console) or "Help" in type(console.app.screen).__name__
    await leave(console)


async def leave(console: Desk) -> None:
    """Escape from wherever it is to the overview, whose key line offers what works there."""
    for _ in range(MOST_ESCAPES):
        await console.press("escape")
    screen = console.app.screen
    assert isinstance(screen, ListScreen), screen
    assert not asks(console)
    assert console.app.place == "1 OVERVIEW"
    offered = screen.query_one(KeyFooter)._hints
    working = {each.binding.action for each in screen.active_bindings.values() if each.enabled}
    assert len(offered) > 5
    assert {hint.action.partition(".")[2] for hint in offered} <= working | {"command_palette"}


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(keys=KEYS)
async def test_random_keys_do_only_what_they_mean_and_escape_leads_back(
    keys: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ConsoleApp, "action_suspend_process", lambda self: None)
    async with desk(incident(), answers=INCIDENT, export_folder=tmp_path) as console:
        console.app.prefer(Preferences(commands=(OWN,)))
        await console.settle()
        await press_all(console, keys)
        console.app._acts.own.close()
