"""What happened since a person last looked, in one line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from amt_console.operations.protocol import Operations
from widgets.ages import age_words

if TYPE_CHECKING:
    from amt_console.model.queries.away import Away


def happened(operations: Operations) -> Away:
    """What happened. Blocks."""
    from amt_console.model.queries import AwayQuery  # not for the first frame

    return operations.ask(AwayQuery())


def greeting(away: Away, now: datetime, key: str) -> str:
    """The line; empty if nothing happened.

    Args:
        away: What happened.
        now: The present moment.
        key: Shows all of it.
    """
    if away.empty:
        return ""
    counts = (
        (len(away.fired), "fired"),
        (len(away.still_open), "still open"),
        (len({line.actor for line in away.acted}), "acted"),
        (len(away.undelivered), "undelivered"),
        (len(away.silences_ending), "silence ends" if len(away.silences_ending) == 1 else "silences end"),
        (len(away.gaps), "time blind" if len(away.gaps) == 1 else "times blind"),
    )
    facts = ", ".join(f"{count} {words}" for count, words in counts if count)
    when = "in your shift" if away.since is None else f"since you looked {age_words(away.since, now)} ago"
    return f"{key} tells: {when} {facts}"
