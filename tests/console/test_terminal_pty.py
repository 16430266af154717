"""The console on a pseudo terminal: it restores the terminal however it ends."""

from __future__ import annotations

import signal

import psutil
import pyte
import pytest
from support.programs import until
from support.raw_terminal import RawTerminal

pytestmark = pytest.mark.pty
READY = "monitoring"
LIMIT = 1.0
"""Seconds in which the terminal must be as before, or the process gone."""
STALLED_LIMIT = 3.0
"""The same where the terminal takes nothing: after some time it is restored by force."""


def test_quitting_restores_the_terminal_and_closes_the_session() -> None:
    with RawTerminal(["all_fine", "viewer"]) as terminal:
        terminal.expect(READY)
        terminal.press("q")
        assert terminal.wait(LIMIT) == 0
        assert terminal.is_restored()
        assert b"closed=1" in terminal.output


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_restores_the_terminal(number: signal.Signals, code: int) -> None:
    with RawTerminal(["incident"]) as terminal:
        terminal.expect(READY)
        terminal.process.send_signal(number)
        assert terminal.wait(LIMIT) == code
        assert terminal.is_restored()
        assert b"closed=1" in terminal.output


@pytest.mark.parametrize("ignore_hangup", [False, True])
def test_a_vanished_terminal_ends_the_process(ignore_hangup: bool) -> None:
    with RawTerminal(["all_fine"], ignore_hangup=ignore_hangup) as terminal:
        terminal.expect(READY)
        terminal.hang_up()
        assert terminal.wait_blind(LIMIT) != 0


def test_a_stalled_terminal_cannot_keep_a_terminated_process() -> None:
    with RawTerminal(["incident", "busy"], size=(200, 60)) as terminal:
        terminal.expect(READY)
        terminal.press("\t" * 500)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait_blind(STALLED_LIMIT) == 143


def test_sigterm_while_the_session_is_still_opening() -> None:
    with RawTerminal(["all_fine", "hang"]) as terminal:
        terminal.expect("starting")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.read(LIMIT, lambda output: b"\x1b[?1049l" in output)
        terminal.read(0.3)
        assert terminal.is_restored()


def test_suspending_gives_the_terminal_back_and_fg_returns() -> None:
    with RawTerminal(["incident"]) as terminal:
        terminal.expect(READY)
        terminal.press("\x1a")
        terminal.read(5, lambda output: b"\x1b[?1049l" in output)
        until(lambda: psutil.Process(terminal.process.pid).status() == psutil.STATUS_STOPPED)
        terminal.read(0.2)
        assert terminal.is_restored()
        before = len(terminal.output)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.read(10, lambda output: b"help" in output[before:])
        assert b"\x1b[?1049h" in terminal.output[before:]
        empty = pyte.Screen(80, 24)
        pyte.ByteStream(empty).feed(terminal.output[before:])
        for words in ("CRITICAL", "ALERTS 3", "SERVICES 8", "web-app", "HOST", "REVENUE", "q quit"):
            assert any(words in line for line in empty.display), f"{words} was not drawn again"
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait(LIMIT) == 143
        assert terminal.is_restored()


def test_a_session_that_cannot_open_ends_with_its_message_and_code() -> None:
    with RawTerminal(["all_fine", "fail"]) as terminal:
        assert terminal.wait(15) == 75
        assert terminal.is_restored()
        assert b"the database is busy: [/x]" in terminal.output
        assert b"\x1b[31m" not in terminal.output.split(b"the database is busy")[1]


def test_hostile_text_never_reaches_the_terminal_as_control() -> None:
    with RawTerminal(["hostile"], size=(120, 40)) as terminal:
        terminal.expect(READY)
        for keys in ("a", "\x1b", "j", "\r", "\x1b", "\t", "j", "\r", "u", "\x1b", "r", "y", "/", "x", "\x1b"):
            terminal.press(keys)
            terminal.read(0.25)
        shown = terminal.output
        assert b"owned" in shown, "the hostile text must have been drawn at all"
        for forbidden in (b"\x1b[31mred", b"\x1b]0;owned", b"\x00", "\u202e".encode(), "\u200b".encode()):
            assert forbidden not in shown
        assert shown.count(b"\x07") == shown.count(b"\x1b]"), "a bell ends an own sequence, nothing else"


def test_ascii_mode_writes_nothing_but_ascii() -> None:
    with RawTerminal(["hostile", "ascii"], size=(120, 40)) as terminal:
        terminal.expect("monitoring")
        for keys in ("a", "\x1b", "j", "\r", "w", "\x1b", "?", "\x1b", "q"):
            terminal.press(keys)
            terminal.read(0.3)
        assert terminal.output.isascii()


@pytest.mark.parametrize(
    "env", [{"LANG": "C"}, {"LANG": ""}, {"LANG": "C", "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}]
)
def test_a_locale_without_utf8_gets_ascii(env: dict[str, str]) -> None:
    with RawTerminal(["incident"], env=env) as terminal:
        terminal.expect("X DOWN")
        assert terminal.output.isascii()


def test_a_character_set_in_utf8_brings_the_signs_back() -> None:
    with RawTerminal(["incident"], env={"LANG": "C", "LC_CTYPE": "C.UTF-8"}) as terminal:
        terminal.expect("✖ DOWN")


def test_a_console_answers_after_a_storm_of_sizes() -> None:
    with RawTerminal(["incident", "live"]) as terminal:
        terminal.expect(READY)
        for columns, lines in ((1, 1), (500, 200), (2, 100), (200, 2), (60, 16), (59, 15), (300, 80)) * 4:
            terminal.resize(columns, lines)
            terminal.press("j")
            terminal.read(0.05)
        terminal.resize(80, 24)
        terminal.press("q")
        terminal.expect("Quit the monitor?")
        terminal.press("y")
        assert terminal.wait(30) == 0
        assert terminal.is_restored()


def test_resizing_and_too_small() -> None:
    with RawTerminal(["all_fine"], size=(40, 10)) as terminal:
        terminal.expect("60x16")
        terminal.press("qy")
        assert terminal.wait(LIMIT) == 0
