"""Hostile text in everything that the console draws, in front of a person: what reaches the terminal.

Each run shows all screens and details with several payloads in every text, then looks at each byte that was sent.
"""

from __future__ import annotations

import base64
import re

import pytest
from support.attacks import GROUPS, MARK, PAYLOADS, intruders
from support.raw_terminal import RawTerminal
from textual.constants import ESCAPE_DELAY

from amt_console.console.terminal.driver import BURST_SECONDS

pytestmark = pytest.mark.pty
OVERVIEW = (
    "backend-api",
    "connection refused",
    "ann",
    "first notice",
    "oncall-gil",
    "Starter",
    "Pricing",
    "revenue mrr",
)
"""Service, error, owner, notice, person on call, plan, topic, what moved together; evidence: a process and a disk."""
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("2", ("platform", "fra", "nyc", "https://runbook", "http://localhost")),  # group, locations, runbook, address
    ("j\r", ("certificate", "connection refused")),  # label of a plugin's or a probe's fact
    ("S", ("backend-api",)),  # text of a prompt
    ("\x1b", ("fra",)),
    ("3", ("connection refused",)),
    ("j\r", ("connection refused",)),
    ("w", ("ops-slack", "level 2")),  # channel, what was decided
    ("6", ("connection refused",)),
    ("j\r", ("connection refused",)),
    ("7", ("looking at", "#ops", "401 from", "no answer from", "alert 9 api", "deploy rolled", "203.0")),
    ("m", ("oncall-gil",)),
    ("\x1b", ("it fired",)),
    ("M", ("silence reason", "planned work", "silence-hal")),
    ("j", ()),
    ("x", ()),
    ("n", ()),
    ("\x1b", ()),
    ("W", ()),
    ("\x1b", ()),
    ("1", ()),
    ("j", ()),
    ("y", ()),
    ("{", ()),  # a message
    ("0", ()),
    ("a", ()),
    ("\x1b", ()),
)
"""Keys, and texts that they bring to the screen, each behind ``MARK``."""


QUIET_SECONDS = 2 * BURST_SECONDS
"""Without output: then a screen is drawn, and the next key is no part of a burst."""
QUIET_AFTER_ESCAPE_SECONDS = 3 * ESCAPE_DELAY
"""A key directly behind an escape character would be one with alt."""


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_no_text_reaches_the_terminal_as_anything_but_text(group: int) -> None:
    with RawTerminal([f"attack-{group}", "viewer"], size=(200, 60)) as terminal:
        _wait(terminal, 0, OVERVIEW, QUIET_SECONDS)
        for keys, words in STEPS:
            before = len(terminal.output)
            terminal.press(keys)
            terminal.read(4, lambda output, before=before: len(output) > before)  # type: ignore[misc]
            _wait(terminal, before, words, QUIET_AFTER_ESCAPE_SECONDS if keys == "\x1b" else QUIET_SECONDS)
        _quit(terminal)
        assert terminal.is_restored()
        shown = terminal.output
    assert not intruders(shown)
    # The toolkit marks what can be clicked with links; none of them comes from outside.
    assert b"\x1b]8;" not in shown
    for title in re.findall(rb"\x1b\]2;(.*?)\x07", shown):
        assert MARK.encode() not in title
    for copied in re.findall(rb"\x1b\]52;c;(.*?)\x07", shown):
        text = base64.b64decode(copied).decode()
        assert text.isprintable() or set(text) & {"\u200d", "\ufe0f"}, text
        assert "\x1b" not in text
    if "markup" in GROUPS[group]:
        assert PAYLOADS["markup"].encode() in shown, "markup is text"


def test_the_grammar_of_sequences_finds_each_payload() -> None:
    harmless = {"markup", "link", "style", "formats", "emoji", "wide", "right to left", "combining", "long"}
    hidden = {name for name, text in PAYLOADS.items() if not intruders(text.encode("utf-8", "surrogatepass"))}
    # A tab is no sequence, but no cell either; a lone surrogate is no UTF-8.
    assert hidden == harmless
    assert not intruders(b"\x1b[?1049h\x1b[1;1H\x1b[1;38;2;1;2;3mfine\x1b[0m\x1b]2;amt-console\x07")


def _quit(terminal: RawTerminal) -> None:
    """On a busy machine an escape character and the key behind it are read together: then both come again."""
    for _ in range(3):
        terminal.press("q")
        terminal.read(5, lambda output: b"closed=1" in output)
        if b"closed=1" in terminal.output:
            return
        terminal.press("\x1b")
        terminal.read(QUIET_AFTER_ESCAPE_SECONDS)
    terminal.expect("closed=1")


def _wait(terminal: RawTerminal, before: int, words: tuple[str, ...], quiet: float) -> None:
    """Until all these texts were sent after a place in the output, and then nothing for so long."""
    wanted = [f"{MARK}{word}".encode() for word in words]
    terminal.read(6, lambda output: all(output.find(each, before) >= 0 for each in wanted))
    missing = [each for each in wanted if terminal.output.find(each, before) < 0]
    assert not missing, f"{missing} was not drawn"
    while terminal.read(quiet):
        pass
