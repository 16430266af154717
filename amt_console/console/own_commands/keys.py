"""The keys of own commands."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from textual.binding import Binding

from amt_console.console.bindings import OWN_COMMAND
from amt_console.own_commands import CommandContext, OwnCommand
from amt_console.text import safe_text


def own_command_keys(commands: Sequence[OwnCommand]) -> list[Binding]:
    """One for each command; it presses ``own_command`` with the place of the command."""
    needs = {CommandContext.SERVICE: " on the selected service", CommandContext.ALERT: " on the selected alert"}
    return list(
        Binding.make_bindings(
            Binding(
                each.key,
                f"own_command({index})",
                each.name,
                tooltip=f"{each.name}{needs.get(each.context, '')}: {safe_text(shlex.join(each.command), 200)}",
                id=f"{OWN_COMMAND}{index}",
                show=False,
            )
            for index, each in enumerate(commands)
        )
    )
