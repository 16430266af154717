"""Copying through the terminal (OSC 52): the selected row, the address of a runbook."""

from __future__ import annotations

from typing import Protocol

from amt_console.console.actions import Tone
from amt_console.text import safe_text

_MOST_TEXT, _MOST_JSON = 2000, 100_000


class CopyingHost(Protocol):
    """The part of the app that copies."""

    def copy_to_clipboard(self, text: str) -> None:
        """Send a text to the terminal's clipboard."""
        ...

    def tell(self, message: str, tone: Tone = "information") -> None:
        """Show a message for a few seconds."""
        ...


class Copying:
    """Copies what a screen hands it, and says so.

    Args:
        host: The app.
    """

    def __init__(self, host: CopyingHost) -> None:
        self._host = host

    def text(self, text: str | None) -> None:
        """Copy a row as a line of text."""
        self._row(None if text is None else safe_text(text, _MOST_TEXT))

    def document(self, document: object | None) -> None:
        """Copy a row as JSON."""
        import json  # not for the first frame

        self._row(None if document is None else safe_text(json.dumps(document, ensure_ascii=False), _MOST_JSON))

    def runbook(self, address: str | None) -> None:
        """Copy the address of a runbook, and show it."""
        if address is None:
            self._host.tell("There is no runbook for this.", "warning")
            return
        self._host.copy_to_clipboard(safe_text(address, _MOST_TEXT))
        self._host.tell(f"Runbook: {address}")

    def _row(self, text: str | None) -> None:
        if text is None:
            self._host.tell("Select a row to copy first.", "warning")
            return
        self._host.copy_to_clipboard(text)
        self._host.tell("Sent to the terminal's clipboard.")
