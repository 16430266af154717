"""Typing and pasting on a pseudo terminal: an opened prompt receives all following keys."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.raw_terminal import TESTS
from support.terminal import TerminalProgram

from amt_console.console.typed_on import TYPED_ON_SECONDS

pytestmark = pytest.mark.pty
HUMAN_SECONDS = 0.1
"""Between two keys that a person presses."""
TYPED = "queue full, q"


@contextmanager
def console(*arguments: str, columns: int = 120) -> Iterator[TerminalProgram]:
    command = [sys.executable, "-m", "support.console_script", *arguments]
    with TerminalProgram(command, columns=columns, lines=30, env={"PYTHONPATH": str(TESTS)}) as program:
        program.wait_for("monitoring")
        yield program


def ended(program: TerminalProgram) -> str:
    """What the program printed at its end."""
    return program.wait_for("closed=1").rpartition("closed=1")[2]


@pytest.mark.parametrize("load", [(), ("busy",)])
def test_text_behind_a_goes_into_the_note(load: tuple[str, ...]) -> None:
    with console("incident", *load) as program:
        program.press("a" + TYPED)
        program.wait_for(f"note: {TYPED}")
        program.press("\r")
        program.wait_for("Acknowledged by me")
        program.press("qy")
        told = "".join(ended(program).split())  # the terminal breaks it anywhere
        assert "Acknowledge(alert_id=7," in told
        assert f"note='{TYPED}'".replace(" ", "") in told


@pytest.mark.parametrize("at", range(1, len(TYPED) + 1, 3))
def test_the_split_of_the_writes_does_not_matter(at: int) -> None:
    with console("incident", "busy") as program:
        typed = "a" + TYPED
        program.press(typed[:at])
        program.press(typed[at:])
        program.wait_for(f"note: {TYPED}")


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("ehello world", "hello world"),
        ("/plan, q", "/plan, q"),
        ("\t\x1b[Baque", "backend-api, note: que"),
        ("jSnew release, q", "2h new release, q"),
        ("jcmine, q", "note: mine, q"),
        ("jxnoise, q", "note: noise, q"),
    ],
)
def test_text_behind_other_keys_goes_into_their_prompt(keys: str, shown: str) -> None:
    with console("incident") as program:
        program.press(keys)
        program.wait_for(shown)
        program.press("\x1b")
        program.wait_for(lambda text: shown not in text)
        program.press("qy")
        assert "done=[]" in ended(program)


def test_what_was_typed_for_a_prompt_that_does_not_open_runs_no_key() -> None:
    with console("all_fine") as program:
        program.press("a" + "reporting q")
        program.wait_for("No open alert")
        time.sleep(2 * TYPED_ON_SECONDS)  # who has read the message does not go on typing
        program.press("?")
        program.wait_for("EVERYWHERE")
        program.press("\x1b")
        program.wait_for("SERVICES 8")
        program.press("qy")
        assert "done=[]" in ended(program)


def test_keys_behind_an_enter_are_keys_again() -> None:
    with console("incident") as program:
        program.press("a")
        program.wait_for("note:")
        program.press("mine\r")
        program.press("?")
        program.wait_for("EVERYWHERE")


def test_a_key_behind_one_that_opens_a_screen_works_there() -> None:
    with console("incident") as program:
        program.press("j\r")
        program.press("aon it")
        program.wait_for("STORY")
        program.wait_for("note: on it")


PASTES = {
    "bracketed": "\x1b[200~first\r\nsecond\tthird\x1b[31m fourth\r\x1b[201~",
    "bracketed, in pieces": "\x1b[20|0~first\r\nsec|ond\tthird\x1b[3|1m fourth\r\x1b|[201~",
    "as keys": "first\rsecond\tthird fourth",
    "as keys, with a line end": "first\rsecond\tthird fourth\r",
    "as keys, with escape": "first\rsecond\tthird \x1bfourth\r",
}


@pytest.mark.parametrize("name", PASTES)
def test_a_paste_fills_the_prompt_and_never_confirms(name: str) -> None:
    with console("incident") as program:
        program.press("a")
        program.wait_for("note:")
        for piece in PASTES[name].split("|"):
            program.press(piece)
        shown = program.wait_for("fourth")
        assert "first second third" in shown
        assert "Acknowledged by" not in shown
        time.sleep(HUMAN_SECONDS)
        program.press("!")
        program.wait_for("fourth!" if "line end" not in name and "escape" not in name else "fourth !")
        time.sleep(HUMAN_SECONDS)
        program.press("\r")
        program.wait_for("Acknowledged by me")


def test_a_paste_without_a_prompt_does_nothing() -> None:
    with console("incident") as program:
        program.press("\x1b[200~are you querying?\r\x1b[201~")
        program.press("s")
        shown = program.wait_for("severity↑")
        assert "note:" not in shown
        program.press("qy")
        assert "done=[]" in ended(program)


def test_a_paste_whose_end_never_comes_does_not_swallow_the_keys() -> None:
    with console("incident") as program:
        program.press("a")
        program.wait_for("note:")
        program.press("\x1b[200~lost")
        program.wait_for("lost")
        program.press("!")
        program.wait_for("lost!")


def test_a_note_holds_four_thousand_characters_and_says_what_does_not_fit() -> None:
    with console("incident") as program:
        program.press("a")
        program.wait_for("note:")
        program.press("\x1b[200~" + "x" * 3000 + "\x1b[201~")
        program.wait_for("xxx")
        program.press("\x1b[200~" + "y" * 1200 + "\x1b[201~")
        program.wait_for("the last 200 were left out")
        program.press("\r")
        program.wait_for("Acknowledged by me")


def test_letters_that_are_no_utf8_do_not_end_the_keyboard() -> None:
    with console("incident") as program:
        program.press_bytes(b"a\xe4\xf6 fine")
        program.wait_for("fine")


def test_an_unused_key_says_so_once() -> None:
    with console("incident") as program:
        program.press("iii")
        shown = program.wait_for("i does nothing here; ? shows the keys")
        assert shown.count("does nothing here") == 1


@pytest.mark.parametrize(("answer", "stays"), [("y", False), ("\r", False), ("n", True), ("q", True), ("\x1b", True)])
def test_the_monitor_asks_before_it_quits(answer: str, stays: bool) -> None:
    with console("all_fine") as program:
        program.press("q")
        program.wait_for("Quit the monitor? Nothing is probed after it.")
        program.press(answer)
        if stays:
            program.wait_for(lambda text: "Quit the monitor?" not in text and "q quit" in text)
            program.press("?")
            program.wait_for("EVERYWHERE")
        else:
            assert "done=[]" in ended(program)


def test_leaving_the_picture_on_the_terminal() -> None:
    with console("incident", "viewer") as program:
        program.press("Q")
        shown = program.wait_for("closed=1")
        for words in ("CRITICAL", "backend-api", "HOST", "q quit"):
            assert words in shown
