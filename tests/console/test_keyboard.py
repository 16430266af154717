"""Keys and pastes in what a terminal sends, wherever the reads are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from amt_console.console.terminal.keyboard import Keyboard, looks_pasted

STREAM = "ab\x1b[A\x1b[200~one\x1b[31m\rtwo\x1b[201~c\x1bOP\x1b[200~\x1b[201~d"
MEANING = ["a", "b", "up", "<one\x1b[31m\rtwo>", "c", "f1", "<>", "d"]


def read(pieces: list[str]) -> list[str]:
    keyboard = Keyboard(XTermParser())
    messages = [message for piece in pieces for message in keyboard.feed(piece, continues=True)]
    messages += keyboard.pause()
    return [
        message.key if isinstance(message, events.Key) else f"<{message.text}>"
        for message in messages
        if isinstance(message, (events.Key, events.Paste))
    ]


@pytest.mark.slow
@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=12))
def test_the_cuts_do_not_matter(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[start:end] for start, end in itertools.pairwise(edges)]) == MEANING


def test_a_lone_escape_is_a_key_after_a_pause() -> None:
    keyboard = Keyboard(XTermParser())
    assert list(keyboard.feed("\x1b", continues=False)) == []
    (key,) = keyboard.pause()
    assert isinstance(key, events.Key)
    assert key.key == "escape"


@pytest.mark.parametrize(
    ("burst", "pasted"),
    [
        ("", False),
        ("\r", False),
        ("j\r", False),
        ("\x1b[B\r", False),
        ("aon it\r", False),
        ("on it\rq", False),
        ("\rjj", False),
        ("first\rsecond", True),
        ("first\nsecond", True),
        ("first\r\r", True),
        ("fir\x1bst\r", True),
        ("\x1b[31mred\r", True),
        ("x" * 150 + "\r", True),
        ("x" * 150, False),
    ],
)
def test_a_line_end_in_the_middle_of_a_text_was_pasted(burst: str, pasted: bool) -> None:
    assert looks_pasted(burst) is pasted
