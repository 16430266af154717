"""Notifications of the desktop through the terminal: OSC 9 and OSC 777, also from inside tmux and GNU screen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from amt_console.model import AlertView
from amt_console.text import SEVERITY_WORDS, safe_text

MAX_CHARS = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9 .,:/@_#+-]+")
_TITLE = "amt-console"


def sequence_of(alerts: Sequence[AlertView], kind: str, env: Mapping[str, str]) -> str:
    """What the terminal is sent for new alerts; empty for nothing.

    Args:
        alerts: The new alerts, the worst first.
        kind: One of ``amt_console.keys.DESKTOP_NOTIFICATIONS``.
        env: The environment, which tells the terminal.
    """
    chosen = _known_by(env) if kind == "auto" else kind
    if not alerts or chosen == "off" or env.get("TERM", "") in ("", "dumb"):
        return ""
    words = _words(alerts)
    # The text begins with a letter: OSC 9 with a number means progress and more to some terminals.
    plain = f"\x1b]9;{words}\x07" if chosen == "osc9" else f"\x1b]777;notify;{_TITLE};{words}\x07"
    if env.get("TMUX"):
        return f"\x1bPtmux;{plain.replace(chr(27), chr(27) * 2)}\x1b\\"
    return f"\x1bP{plain}\x1b\\" if env.get("STY") else plain


def _words(alerts: Sequence[AlertView]) -> str:
    """Severity and subject, in ASCII without control characters and semicolons; never the message of an alert."""
    first = alerts[0]
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    subject = _UNSAFE.sub("?", safe_text(first.subject, MAX_CHARS - len(more) - 20)).strip()
    return f"{SEVERITY_WORDS[first.severity]} {subject}{more}"


def _known_by(env: Mapping[str, str]) -> str:
    """The one that a terminal seems to know. OSC 9 is the more usual one; who knows neither drops both."""
    term = env.get("TERM", "")
    if term == "linux":
        return "off"
    return "osc777" if "VTE_VERSION" in env or term.startswith(("rxvt", "foot")) else "osc9"
