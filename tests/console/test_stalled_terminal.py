"""A terminal that takes no output, as a lost connection or ctrl+s leaves it: the monitor goes on behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pyte
import pytest
from support.platform import Platform, serving
from support.programs import Place, until
from support.raw_terminal import RawTerminal

pytestmark = [pytest.mark.pty, pytest.mark.waits]
COLUMNS, LINES = 150, 40


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


def lines_of(output: bytes) -> list[str]:
    """The screen after this output."""
    screen = pyte.Screen(COLUMNS, LINES)
    pyte.ByteStream(screen).feed(output)
    return list(screen.display)


def loop_waits_for_the_terminal(terminal: RawTerminal) -> bool:
    """Whether the loop of the console waits for a lock, that of the full queue, instead of for events. Types a key."""
    terminal.press("21")
    return "futex" in Path(f"/proc/{terminal.process.pid}/wchan").read_text("ascii")


def test_behind_a_terminal_that_takes_nothing_the_monitor_goes_on(tmp_path: Path, platform: Platform) -> None:
    place = Place(tmp_path, shop=platform.url, wiki=platform.url)
    command = place.command()
    with RawTerminal(command=command, size=(COLUMNS, LINES), env=place.env) as terminal:
        terminal.expect("monitoring")
        terminal.stop_output()
        until(lambda: loop_waits_for_the_terminal(terminal))
        memory = psutil.Process(terminal.process.pid).memory_info().rss
        platform.status = 503
        until(lambda: any(each["alert_type"] == "service_down" for each in place.ask("status", "--json")["alerts"]))
        platform.wait_asked("/", platform.asked["/"] + 4)
        assert psutil.Process(terminal.process.pid).memory_info().rss - memory < 20 << 20

        terminal.continue_output()
        terminal.read(10, lambda output: b"got 503" in output)
        terminal.read(0.5)
        assert any("got 503" in line for line in lines_of(terminal.output))
        terminal.press("q")
        terminal.expect("Quit the monitor?")
        terminal.press("y")
        assert terminal.wait(15) == 0
        assert terminal.is_restored()
