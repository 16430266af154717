"""Own commands that run or have run: each on a thread of its own, with a row in the audit at its end."""

from __future__ import annotations

import logging
import os
import shlex
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amt_console.console.own_commands.process import CommandEnd, CommandProcess
from amt_console.model import RanCommand
from amt_console.operations.protocol import OperationError, Operations
from amt_console.own_commands import OwnCommand
from amt_console.text import safe_text

MAX_RUNNING = 4
PASSED_ON = ("PATH", "HOME", "LANG", "TERM")
"""The variables of the console that a command gets."""
CLOSE_SECONDS = 2.5
_MAX_ARGUMENT_CHARS = 1000
_MAX_AUDITED_CHARS = 16_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command with what was selected when its key was pressed."""

    command: OwnCommand
    values: Mapping[str, str]
    service: str = ""
    """The selected service, or the subject of the alert; empty for none."""
    url: str = ""
    alert_id: int | None = None

    @property
    def argv(self) -> tuple[str, ...]:
        """Program and arguments. Raises KeyError while an input has no answer."""
        return self.command.filled(self.values)

    def line(self) -> str:
        """Program and arguments as a shell would be given them, safe to show."""
        return safe_text(" ".join(map(shlex.quote, self.argv)), 4000)

    def environment(self, env: Mapping[str, str] = os.environ) -> dict[str, str]:
        """All variables of the process: nothing else of the console's own environment, which may hold secrets."""
        selected = {
            "AMT_SERVICE": self.service,
            "AMT_URL": self.url,
            "AMT_ALERT_ID": "" if self.alert_id is None else str(self.alert_id),
        }
        return {**{name: env[name] for name in PASSED_ON if name in env}, **selected}


class CommandRun:
    """One run of a command. ``end`` and ``unaudited`` are set once, at the end."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.argv = wanted.argv
        self.process = CommandProcess(self.argv, wanted.environment(), wanted.command.timeout)
        self.end: CommandEnd | None = None
        self.unaudited: str | None = None
        """Why no row could be added to the audit."""

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.end is None

    def state(self) -> str:
        """How it stands, in words."""
        return "running" if self.end is None else self.end.words


class CommandRunner:
    """Starts commands, a few at once. ``start`` and ``close`` are for the app's loop."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[CommandRun, threading.Thread]] = {}

    def running(self, name: str) -> CommandRun | None:
        """The run of a command that has not ended yet."""
        found = self._running.get(name)
        return found[0] if found is not None and found[0].running else None

    @property
    def is_full(self) -> bool:
        """Whether as many run as may run at once."""
        return sum(run.running for run, _ in self._running.values()) >= MAX_RUNNING

    def start(self, wanted: Wanted, operations: Operations, done: Callable[[CommandRun], None]) -> CommandRun:
        """Run a command on a thread; ``done`` is called there at the end."""
        run = CommandRun(wanted)

        def work() -> None:
            end = run.process.run()
            run.unaudited = _audit(run, end, operations)
            run.end = end
            done(run)

        thread = threading.Thread(target=work, name="amt-command", daemon=True)
        self._running[wanted.command.name] = (run, thread)
        thread.start()
        return run

    def close(self) -> None:
        """End what runs: nothing outlives the console."""
        for run, _ in self._running.values():
            run.process.stop()
        for _, thread in self._running.values():
            thread.join(CLOSE_SECONDS)


def _audit(run: CommandRun, end: CommandEnd, operations: Operations) -> str | None:
    """Leave the row; why there is none."""
    wanted = run.wanted
    try:
        operations.act(
            RanCommand(
                name_=wanted.command.name,
                command=_audited(run.argv),
                exit_code=end.exit_code,
                ended=safe_text(end.words, 200),
                seconds=round(end.seconds, 3),
                service=safe_text(wanted.service, 200) or None,
                alert_id=wanted.alert_id,
            )
        )
    except OperationError as error:
        return safe_text(error)
    except Exception as error:
        _log.warning("an own command left no audit row", exc_info=True)
        return safe_text(error) or type(error).__name__
    return None


def _audited(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments as the audit keeps them: each safe to show, and not too long."""
    each = min(_MAX_ARGUMENT_CHARS, _MAX_AUDITED_CHARS // len(argv))
    return tuple(safe_text(argument, each) for argument in argv)
