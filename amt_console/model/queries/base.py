"""Base of the questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

Answer = TypeVar("Answer", covariant=True)
FEW_BUCKETS, MANY_BUCKETS = 60, 750
"""Buckets of a first, quick picture of a long range, and of the refined one: 30 days by the hour."""


@dataclass(frozen=True, slots=True)
class Query(Generic[Answer]):
    """A question of a screen. ``Answer`` is the type of the answer."""

    name: ClassVar[str]
    """Its name in the API."""
    answer: ClassVar[Any]
    """``Answer`` at run time."""
    at: datetime | None = field(default=None, kw_only=True)
    """The past moment to answer for; ``None`` for now. Nothing later is known to the answer."""
