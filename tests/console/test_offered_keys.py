"""Key line and help offer what works here and now."""

from __future__ import annotations

from dataclasses import replace

from support.answers import INCIDENT
from support.desk import Desk, desk
from support.pictures import all_fine, incident

from amt_console.console.bindings import ACTION_KEYS, ALL_KEYS, OPEN_ALERT_KEYS
from widgets.fact_lines import FactLines
from widgets.key_footer import KeyFooter

WORDS = {binding.id or "": binding for _, bindings in ALL_KEYS for binding in bindings}


def _offered(console: Desk) -> set[str]:
    """The labels of the key line, whether they have room or not."""
    return {hint.label for hint in console.app.screen.query_one(KeyFooter)._hints}


async def _helped(console: Desk) -> set[str]:
    """The names of the keys that the help lists."""
    await console.press("question_mark")
    text = "\n".join(line for block in console.app.screen.query(FactLines) for line in block.texts)
    await console.press("escape")
    return {name for name, binding in WORDS.items() if binding.tooltip in text}


async def test_what_needs_an_open_alert_is_offered_while_one_is_open() -> None:
    async with desk(all_fine()) as console:
        assert "ack" not in _offered(console)
        assert not OPEN_ALERT_KEYS & await _helped(console)
        await console.show(incident())
        assert "ack" in _offered(console)
        assert await _helped(console) >= OPEN_ALERT_KEYS


async def test_an_alert_that_has_ended_cannot_be_taken() -> None:
    picture = incident()
    async with desk(picture, answers=INCIDENT) as console:
        await console.press("3", "j", "enter")
        assert {"ack", "claim", "snooze"} <= _offered(console)
        assert "unack" not in _offered(console), "nobody has it"
        await console.show(replace(picture, alerts=picture.alerts[1:]))
        assert not {"ack", "claim", "snooze", "unack"} & _offered(console)
        helped = await _helped(console)
        assert not OPEN_ALERT_KEYS & helped
        assert {"note", "close"} <= helped, "it can be noted and rated"


async def test_an_alert_that_somebody_has_is_claimed_and_not_taken() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("3", "j", "j", "j", "enter")
        assert "ack" not in _offered(console)
        assert {"unack", "claim"} <= _offered(console)


async def test_the_help_of_the_past_and_of_a_viewer_lists_no_action() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        assert "live" not in await _helped(console)
        assert await _helped(console) >= OPEN_ALERT_KEYS
        await console.press("left_square_bracket")
        helped = await _helped(console)
        assert not ACTION_KEYS & helped
        assert {"live", "step_back", "filter", "mark"} <= helped
    async with desk(incident(), answers=INCIDENT, read_only=True) as console:
        assert not ACTION_KEYS & await _helped(console)
