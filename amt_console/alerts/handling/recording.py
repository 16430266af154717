"""What is only recorded: it happened elsewhere."""

from __future__ import annotations

from amt_console.alerts.handling.scene import Outcome, Scene
from amt_console.model import RanCommand
from amt_console.text import safe_text

MAX_NAME_CHARS = 64
MAX_ARGUMENTS = 100
MAX_COMMAND_CHARS = 16_000
MAX_WORDS_CHARS = 200


def ran_command(action: RanCommand, scene: Scene) -> Outcome:
    """Record an own command. Raises ValueError for one that no console runs."""
    name = safe_text(action.name_, MAX_NAME_CHARS).strip()
    if not name or not action.command:
        raise ValueError("A command has a name and a program.")
    words = (action.ended, action.service or "")
    if len(action.command) > MAX_ARGUMENTS or sum(map(len, action.command)) > MAX_COMMAND_CHARS:
        raise ValueError(f"A command has at most {MAX_ARGUMENTS} arguments of {MAX_COMMAND_CHARS:,} characters in all.")
    if any(len(each) > MAX_WORDS_CHARS for each in words):
        raise ValueError(f"How it ended, and the service, have at most {MAX_WORDS_CHARS} characters.")
    return Outcome(f"command {name}")
