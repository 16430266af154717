"""What the keys do that change something: on the selected alert, or on all that are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from textual.binding import Binding, BindingsMap

from amt_console.clock import Clock
from amt_console.console.actions import Actions
from amt_console.console.bulk import BulkActions, BulkHost
from amt_console.console.handling import HandlingActions
from amt_console.console.muting import Muting
from amt_console.console.own_commands.host import CommandHost
from amt_console.console.undoing import UndoMemory

if TYPE_CHECKING:
    from amt_console.console.own_commands.asking import OwnCommands
    from amt_console.own_commands import OwnCommand

Act = Callable[[], None]


class ActsHost(BulkHost, CommandHost, Protocol):
    """The part of the app that all actions use."""


class Acts:
    """The actions by the names of their keys."""

    def __init__(self, host: ActsHost, clock: Clock) -> None:
        undo = UndoMemory(clock)
        actions = Actions(host, undo)
        handling = HandlingActions(host, actions, undo)
        bulk = BulkActions(host, actions, undo)
        self._host, self._actions = host, actions
        self.muting = Muting(host, actions, undo)
        self._own: OwnCommands | None = None
        self._on_one: Mapping[str, Act] = {
            "acknowledge": actions.acknowledge,
            "unacknowledge": actions.unacknowledge,
            "claim": handling.claim,
            "snooze": handling.snooze,
            "hand_off": handling.hand_off,
            "note": actions.add_note,
            "silence": self.muting.silence,
            "close": handling.close,
            "undo": handling.undo,
            "probe": actions.probe_now,
        }
        self._on_marked: Mapping[str, Act] = {
            "acknowledge": bulk.acknowledge,
            "unacknowledge": bulk.unacknowledge,
            "snooze": bulk.snooze,
            "note": bulk.note,
            "silence": bulk.silence,
            "close": bulk.close,
        }

    @property
    def own(self) -> OwnCommands:
        """The person's own commands; their files are loaded when it is first asked for."""
        if self._own is None:
            from amt_console.console.own_commands.asking import OwnCommands  # most people have none

            self._own = OwnCommands(self._host, self._actions)
        return self._own

    def use(self, commands: Sequence[OwnCommand], to: BindingsMap) -> Sequence[Binding]:
        """Take the commands of the configuration, and add their keys."""
        return self.own.use(commands, to) if commands else ()

    def close(self) -> None:
        """End own commands that run. Blocks for a moment."""
        if self._own is not None:
            self._own.close()

    def run(self, name: str) -> None:
        """Do it to the marked alerts if there are any, else to the selected one."""
        marked = self._on_marked.get(name) if self._host.selection().marked else None
        (marked or self._on_one[name])()
