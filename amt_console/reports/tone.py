"""The verdict of a report and the meaning of its parts, for pages, documents and the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """The meaning of a part; always shown as word and shape too, never by colour alone."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    INFO = "info"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class ReportVerdict:
    """The summary sentence of a page."""

    tone: Tone
    word: str
    sentence: str
