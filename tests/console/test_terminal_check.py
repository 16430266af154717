"""Terminals on which the console refuses to start."""

from __future__ import annotations

import sys

import pytest

from amt_console.console.terminal.guard import ascii_needed, check_terminal


class Stream:
    """A standard stream as far as anybody asks."""

    def __init__(self, terminal: bool = True, encoding: str | None = "utf-8") -> None:
        self._terminal = terminal
        self.encoding = encoding

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All three streams on a terminal."""
    for name in ("__stdin__", "__stdout__", "__stderr__"):
        monkeypatch.setattr(sys, name, Stream())
    return monkeypatch


def test_a_terminal_will_do(terminal: pytest.MonkeyPatch) -> None:
    assert check_terminal({"TERM": "xterm-256color"}) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [("__stdin__", "standard input"), ("__stdout__", "standard output"), ("__stderr__", "standard error")],
)
def test_a_redirected_stream_is_named(terminal: pytest.MonkeyPatch, name: str, words: str) -> None:
    terminal.setattr(sys, name, Stream(terminal=False))
    assert words in (check_terminal({"TERM": "xterm"}) or "")
    terminal.setattr(sys, name, None)
    assert words in (check_terminal({"TERM": "xterm"}) or "")


@pytest.mark.parametrize("env", [{}, {"TERM": ""}, {"TERM": "dumb"}])
def test_a_terminal_that_cannot_move_its_cursor_will_not_do(terminal: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    assert "TERM" in (check_terminal(env) or "")


@pytest.mark.parametrize(
    ("encoding", "needed"), [("utf-8", False), ("UTF8", False), ("ascii", True), ("iso-8859-1", True), (None, True)]
)
def test_a_locale_without_unicode_needs_ascii(terminal: pytest.MonkeyPatch, encoding: str | None, needed: bool) -> None:
    terminal.setattr(sys, "__stderr__", Stream(encoding=encoding))
    assert ascii_needed({"LANG": "C.UTF-8"}) is needed


@pytest.mark.parametrize(
    ("env", "needed"),
    [
        ({}, True),
        ({"LANG": "C"}, True),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "de_DE@euro"}, True),
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "en_US.utf8", "LANG": "C"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),
    ],
)
def test_the_locale_decides_whatever_python_makes_of_it(
    terminal: pytest.MonkeyPatch, env: dict[str, str], needed: bool
) -> None:
    assert ascii_needed(env) is needed
