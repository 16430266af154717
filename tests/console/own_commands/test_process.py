"""Own commands as processes: whatever they do, they end, and what is kept of their output is bounded and safe."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from support.programs import until

from amt_console.console.own_commands.kept_output import KEPT_BYTES, KeptOutput
from amt_console.console.own_commands.process import CommandEnd, CommandProcess

pytestmark = pytest.mark.slow
ENVIRONMENT = {"PATH": os.environ["PATH"], "AMT_SERVICE": "web-app"}


def run(*command: str, timeout: float = 30.0) -> tuple[CommandEnd, list[str]]:
    process = CommandProcess(command, ENVIRONMENT, timeout)
    return process.run(), process.output.lines()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_output_and_errors_come_in_their_order_with_the_exit_code() -> None:
    end, lines = run("sh", "-c", "echo one; echo two >&2; echo three; exit 3")
    assert (end.exit_code, end.words, end.well) == (3, "exit code 3", False)
    assert lines == ["one", "two", "three"]


def test_it_gets_its_environment_and_nothing_to_read() -> None:
    _, lines = run(sys.executable, "-c", "import os, sys; print(sorted(os.environ)); print(repr(sys.stdin.read()))")
    assert "AMT_SERVICE" in lines[0]
    assert not {"USER", "AMT_TOKEN", "SSH_AUTH_SOCK"} & set(lines[0].split("'"))
    assert lines[1] == "''"


def test_an_argument_stays_one_argument() -> None:
    hostile = "a b; echo $HOME `id` 'x' \"y\""
    end, lines = run(sys.executable, "-c", "import sys; print(len(sys.argv), sys.argv[1])", hostile)
    assert (end.exit_code, lines) == (0, [f"2 {hostile}"])


def test_it_has_no_terminal() -> None:
    end, _ = run("sh", "-c", "exec 3</dev/tty")
    assert end.exit_code != 0


@pytest.mark.parametrize("command", ["/nonexistent/program", "no-such-program-anywhere", "/etc/passwd", "/"])
def test_what_cannot_be_started_says_why(command: str) -> None:
    end, lines = run(command)
    assert end.exit_code is None
    assert end.words.startswith(f"{command} cannot be started: ")
    assert lines == []


@pytest.mark.parametrize(("signal", "code", "words"), [("KILL", 137, "SIGKILL"), ("SEGV", 139, "SIGSEGV")])
def test_a_signal_is_named(signal: str, code: int, words: str) -> None:
    end, _ = run("sh", "-c", f"kill -{signal} $$")
    assert (end.exit_code, end.words) == (code, f"ended by {words}")


def test_what_hangs_is_ended_with_its_children() -> None:
    end, lines = run("sh", "-c", "sleep 300 & echo $!; echo begun; sleep 300", timeout=0.5)
    assert (end.exit_code, end.words) == (None, "it did not end within 1s, and was ended")
    assert lines[1] == "begun"
    until(lambda: gone(int(lines[0])))


def test_what_ignores_the_first_signal_is_killed() -> None:
    end, lines = run("sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done", timeout=0.5)
    assert end.exit_code is None
    assert gone(int(lines[0]))


def test_it_can_be_stopped_from_another_thread() -> None:
    process = CommandProcess(("sh", "-c", "echo ready; sleep 300"), ENVIRONMENT, 300)
    ends: list[CommandEnd] = []
    thread = threading.Thread(target=lambda: ends.append(process.run()))
    thread.start()
    until(lambda: process.output.lines() == ["ready"])
    process.stop()
    thread.join(30)
    assert [(end.exit_code, end.words) for end in ends] == [(None, "stopped")]


def test_a_child_that_stays_behind_holds_nothing_up_and_is_ended() -> None:
    end, lines = run("sh", "-c", "sleep 300 & echo $!")
    assert (end.exit_code, len(lines)) == (0, 1)
    until(lambda: gone(int(lines[0])))


def test_a_child_in_a_session_of_its_own_that_writes_for_ever_holds_nothing_up() -> None:
    script = "import os, sys\nif os.fork(): sys.exit(0)\nos.setsid()\nprint(os.getpid(), flush=True)\n"
    script += "try:\n  while True: os.write(1, b'x' * 4096)\nexcept OSError: pass\n"
    end, _ = run(sys.executable, "-c", script)
    assert end.exit_code == 0


def test_of_100_megabytes_the_beginning_and_the_end_are_kept() -> None:
    script = (
        "import os\nos.write(1, b'first\\n')\nfor _ in range(1600): os.write(1, b'y' * 65535 + b'\\n')\nprint('last')"
    )
    process = CommandProcess((sys.executable, "-c", script), ENVIRONMENT, 120)
    assert process.run().exit_code == 0
    lines = process.output.lines()
    assert process.output.total == 6 + 1600 * 65536 + 5
    assert (lines[0], lines[-1]) == ("first", "last")
    assert sum(map(len, lines)) < KEPT_BYTES + 200
    assert "… 104,792,075 bytes are left out here …" in lines


def test_control_characters_are_harmless_and_terminal_sequences_are_gone() -> None:
    kept = KeptOutput()
    kept.add(b"\x1b[31mred\x1b[0m\x1b]0;title\x07 \x1b]52;c;aGk=\x1b\\copied\n")
    kept.add(b"10 %\r50 %\r100 %\r\n")
    kept.add("a\tb\x07\x08\u202ec".encode() + b"\xff\x00\n")
    kept.add(b"[/bold] {service}")
    lines = kept.lines()
    assert lines[0] == "red copied"
    assert lines[1] == "100 %"
    assert lines[2].startswith("a       b␇␈\\u202ec")
    assert lines[3] == "[/bold] {service}"
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("pieces", [1, 7, 4096, 65536])
def test_the_kept_output_is_the_same_in_whatever_pieces_it_came(pieces: int) -> None:
    data = b"".join(b"%06d\n" % number for number in range(30_000))
    kept = KeptOutput()
    for at in range(0, len(data), pieces):
        kept.add(data[at : at + pieces])
    whole = KeptOutput()
    whole.add(data)
    assert kept.lines() == whole.lines()
    assert kept.total == len(data)
