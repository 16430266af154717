"""``--plain`` as a real program: on pipes and dumb terminals, attached and as the monitor, to its end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from support import template_process
from support.platform import serving
from support.programs import Place, end, holder_pid, until
from support.terminal import TerminalProgram

pytestmark = pytest.mark.slow


def started(place: Place, *arguments: str, term: str = "xterm") -> tuple[subprocess.Popen[str], Path]:
    """The program with its standard output in a file."""
    out = place.home / f"out-{len(list(place.home.iterdir()))}"
    with out.open("w") as file:
        process = template_process.start(
            place.command(*arguments), env={**place.env, "TERM": term}, cwd=place.home, stdout=file, text=True
        )
    return process, out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_without_a_terminal_it_prints_pages_is_the_monitor_and_ends_cleanly(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with serving() as platform:
        place = Place(tmp_path / "home", web=platform.url)
        process, out = started(place, "--interval", "1")
        try:
            until(lambda: "2 of 2 services up" in out.read_text())
            assert holder_pid(place.url) == process.pid
            assert "Monitor: this process" in out.read_text()
            process.send_signal(number)
            assert process.wait(30) == code
        finally:
            end(process)
    assert holder_pid(place.url) is None
    pages = out.read_text().split("\n\n")
    assert pages[-1].startswith(("OK at ", "WARNING at "))  # a busy machine has an alert of its own
    assert "\x1b" not in out.read_text()


def test_it_attaches_to_a_running_monitor_and_tells_of_an_outage(tmp_path: Path) -> None:
    with serving() as platform:
        place = Place(tmp_path / "home", web=platform.url)
        with place.monitor() as monitor:
            process, out = started(place, "--plain", "--interval", "1")
            try:
                until(lambda: f"pid {monitor.pid} on" in out.read_text() and "2 of 2 services up" in out.read_text())
                platform.close()
                until(lambda: "CRITICAL web" in out.read_text())
                assert "nobody has it" in out.read_text()
            finally:
                end(process)
            assert holder_pid(place.url) == monitor.pid


def test_once_prints_one_page_and_exits_as_status_does(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", web="http://127.0.0.1:9/")
    nothing = place.run("--plain", "--once")
    assert (nothing.returncode, place.run("status").returncode) == (3, 3)
    place.run("monitor", "--once")
    found = place.run("--plain", "--once")
    assert found.returncode == place.run("status").returncode
    assert "DOWN web" in found.stdout
    assert holder_pid(place.url) is None, "it never becomes the monitor"
    past = place.run("--plain", "--at", "1h")
    assert past.stdout.startswith("PAST ")


@pytest.mark.pty
@pytest.mark.parametrize(("term", "flags"), [("dumb", ()), ("", ()), ("xterm-256color", ("--plain",))])
def test_a_terminal_gets_no_escape_sequence_and_no_line_that_is_too_long(
    tmp_path: Path, term: str, flags: tuple[str, ...]
) -> None:
    with serving() as platform:
        place = Place(tmp_path / "home", web=platform.url)
        command = place.command(*flags)
        with TerminalProgram(command, columns=40, lines=24, env={**place.env, "TERM": term}) as program:
            program.wait_for("Monitor: this process, last result")
            program.process.send_signal(signal.SIGINT)
            assert program.process.wait(30) == 130
            assert b"\x1b" not in program.raw
            assert max(map(len, bytes(program.raw).decode().splitlines())) <= 40


def test_a_reader_that_goes_ends_it(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", web="http://127.0.0.1:9/")
    read, write = os.pipe()
    process = template_process.start(place.command("--interval", "1"), env=place.env, cwd=place.home, stdout=write)
    os.close(write)
    os.read(read, 10)
    os.close(read)
    try:
        assert process.wait(60) == 141
    finally:
        end(process)


def test_a_reader_that_does_not_read_cannot_keep_it(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", web="http://127.0.0.1:9/")
    read, write = os.pipe()
    os.set_blocking(write, False)
    with open(write, "wb", buffering=0, closefd=False) as pipe:
        while pipe.write(b"." * 65536):
            pass
        while pipe.write(b"."):
            pass
    os.set_blocking(write, True)
    process = template_process.start(place.command("--interval", "1"), env=place.env, cwd=place.home, stdout=write)
    os.close(write)
    try:
        until(lambda: holder_pid(place.url) == process.pid)
        process.terminate()
        assert process.wait(30) == 143
    finally:
        end(process)
        os.close(read)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--plain", "--interval", "0"), "--interval is from 1s to 1h"),
        (("--plain", "--interval", "often"), "--interval takes a length of time"),
        (("--plain", "status"), "options of the console"),
        (("--once", "status"), "options of the console"),
    ],
    ids=str,
)
def test_nonsense_is_refused_in_words(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    result = Place(tmp_path / "home").run(*arguments)
    assert result.returncode == 64
    assert words in result.stderr


@pytest.mark.pty
def test_on_a_terminal_the_options_of_plain_go_with_plain(tmp_path: Path) -> None:
    place = Place(tmp_path / "home")
    with TerminalProgram(place.command("--once"), env={**place.env, "TERM": "xterm"}) as program:
        assert program.process.wait(30) == 64
        program.wait_for("--once and --interval go with --plain")


@pytest.mark.pty
def test_without_keys_it_says_so_and_names_the_pages(tmp_path: Path) -> None:
    place = Place(tmp_path / "home")
    command = ["sh", "-c", 'exec "$@" </dev/null', "sh", *place.command()]
    with TerminalProgram(command, columns=200, env={**place.env, "TERM": "xterm"}) as program:
        assert program.process.wait(30) == 69
        program.wait_for("standard input is not one. Pages of text need none: amt-console --plain")
        assert b"\x1b" not in program.raw
