"""Hostile text in the output, the arguments and the inputs of a command, and in the palette, on a terminal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from support.attacks import MARK, PAYLOADS, intruders
from support.raw_terminal import RawTerminal

pytestmark = pytest.mark.pty


def test_what_a_command_prints_reaches_the_terminal_as_text(tmp_path: Path) -> None:
    with RawTerminal(["attack-0", "own", "viewer"], size=(200, 60), env={"HOME": str(tmp_path)}) as terminal:
        terminal.expect(f"{MARK}backend-api")
        steps = (
            ("\x1b[17~", "unit"),  # F6 asks the input, whose default is hostile
            ("\r", f"{MARK}combining"),
            ("e", "Export"),
            ("\x15" + str(tmp_path / "painted.md") + "\r", "Wrote"),
            ("\x1b", "backend-api"),
            (":", "Overview"),
            ("backend-api", f"{MARK}connection refused"),
        )
        for keys, words in steps:
            before = len(terminal.output)
            terminal.press(keys)
            terminal.read(8, lambda output, at=before, words=words: words.encode() in output[at:])  # type: ignore[misc]
            assert words.encode() in terminal.output[before:], (keys, terminal.output[before:][-2000:])
            while terminal.read(0.1):
                pass
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait(10) == 143
        assert terminal.is_restored()
    drawn = terminal.output.partition(b"\x1b[?1049l")[0]
    assert not intruders(drawn)
    assert PAYLOADS["markup"].encode() in drawn, "markup is text"
