"""What every test may count on: the environment of a usual terminal, whatever the tests were started from."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(autouse=True)
def usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for name in ("NO_COLOR", "COLORTERM", "FORCE_COLOR", "SSH_CONNECTION", "SUDO_USER", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
