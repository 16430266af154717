"""Runs the console on sample data: what the tests on a pseudo terminal start.

Usage: python -m support.console_script PICTURE [hang|fail|busy|live|ascii|viewer|own ...]
PICTURE is a function of `support.pictures`, or `attack-N` with the number of a group of `support.attacks`.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from support import attacks, fake_operations, pictures

from amt_console.clock import SystemClock
from amt_console.console.app import ConsoleApp
from amt_console.console.session import Preferences
from amt_console.console.terminal.guard import ascii_needed
from amt_console.model import MonitorState, MonitorStatus
from amt_console.own_commands import CommandContext, CommandInput, OwnCommand

PAINTS = (
    f"import sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}]; from support.attacks import MARK, PAYLOADS; "
    "text = '\\n'.join(MARK + name + ' ' + words[:400] for name, words in PAYLOADS.items()); "
    "sys.stdout.buffer.write(text.encode('utf-8', 'surrogatepass') + b'\\xff\\n')"
)
"""Prints all hostile text."""


class CannotOpenError(Exception):
    """A failure with a text and an exit code of its own."""

    exit_code = 75


def live(operations: fake_operations.FakeOperations, clock: SystemClock) -> None:
    """Another picture each second, as a monitor makes it: a new host sample, and a fifteenth of the services probed."""
    now = clock.now()
    second = int(now.timestamp())
    services = tuple(
        replace(
            view,
            response_time_ms=20.0 + (second * 7919 + at * 104_729) % 300,
            last_checked=now,
            sparkline=(*view.sparkline[1:], 20.0 + (second * 31 + at) % 300) if second % 60 == at else view.sparkline,
        )
        if second % 15 == at % 15
        else view
        for at, view in enumerate(operations.picture.services)
    )
    resources = operations.picture.resources
    if resources.sample is not None:
        sample = replace(
            resources.sample,
            cpu_usage=30.0 + second * 13 % 20,
            memory_usage=78.0 + second % 3 / 2,
            active_connections=130 + second % 9,
            network=replace(pictures.RATES, received_bytes=1_000_000.0 + second * 7919 % 400_000),
        )
        cpu = (*resources.cpu[1:], 30.0 + second * 13 % 20) if second % 60 == 0 else resources.cpu
        resources = replace(resources, sample=sample, cpu=cpu)
    monitor = replace(operations.picture.monitor, last_cycle_at=now)
    operations.show(replace(operations.picture, services=services, resources=resources, monitor=monitor))


def main() -> None:
    """Run until told to end; exit as the app says."""
    wanted = set(sys.argv[2:])
    clock = SystemClock()
    shift = clock.now() - pictures.NOW
    if sys.argv[1].startswith("attack-"):
        attack = attacks.attack_with(attacks.GROUPS[int(sys.argv[1].partition("-")[2])])
        sys.exit(run(attacks.attacked_session(attack, shift=shift), clock, wanted))
    picture = getattr(pictures, sys.argv[1])()
    services = tuple(
        replace(view, last_checked=view.last_checked + shift if view.last_checked else None)
        for view in picture.services
    )
    monitor = MonitorStatus(MonitorState.RUNNING, "host", 1, clock.now(), clock.now())
    operations = fake_operations.FakeOperations(replace(picture, services=services, monitor=monitor))
    sys.exit(run(fake_operations.FakeSession(operations, is_monitor="viewer" not in wanted), clock, wanted))


def run(session: fake_operations.FakeSession, clock: SystemClock, wanted: set[str]) -> int | None:
    """Run the console on a session; returns its exit code."""
    operations = session.operations

    def open_session() -> fake_operations.FakeSession:
        if "hang" in wanted:
            time.sleep(3600)
        if "fail" in wanted:
            raise CannotOpenError("the database is busy: [/x] \x1b[31m")
        if "own" in wanted:
            fit = (words for name, words in attacks.PAYLOADS.items() if name not in ("long", "surrogates"))
            hostile = "".join(fit).replace("\0", "")
            argv = (sys.executable, "-c", PAINTS, hostile.replace("{", "{{").replace("}", "}}"))
            own = OwnCommand("paint", "f6", CommandContext.ANYWHERE, argv, (CommandInput("unit", hostile),), False)
            app.prefer(Preferences(commands=(own,)))
        if "busy" in wanted:
            threading.Thread(target=flood, daemon=True).start()
        return session

    def flood() -> None:
        number = 0
        while True:
            number += 1
            services = tuple(
                replace(view, response_time_ms=float(number % 977), p95_ms=float(number % 613))
                for view in operations.picture.services
            )
            operations.show(replace(operations.picture, services=services))
            app.wake()
            time.sleep(0.01)

    if "live" in wanted:
        operations.before_snapshot = lambda: live(operations, clock)
    app = ConsoleApp(open_session, ascii_only="ascii" in wanted or ascii_needed(), clock=clock)
    app.run()
    done = [call for call in operations.calls if call[0] not in ("service", "alert", "ask")]
    print(f"closed={session.closed} message={app.exit_message!r} done={done!r}", flush=True)
    return app.return_code


if __name__ == "__main__":
    main()
