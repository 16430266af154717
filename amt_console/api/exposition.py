"""Metrics as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exposition:
    """The metrics of a process as text."""

    body: bytes
    media_type: str
