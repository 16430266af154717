"""Silences: which ones mute an alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from amt_console.model import belongs_to
from amt_console.model.alerts import Episode
from amt_console.model.policy import Silence

MOST_SECONDS = 0.02
"""How long a pattern may search one subject; one that takes longer does not match, so that the alert is told."""


def silences_of(episode: Episode, silences: Iterable[Silence], group: str | None, at: datetime) -> tuple[Silence, ...]:
    """The silences that mute an alert at a moment, the one that lasts longest first.

    Args:
        episode: The alert.
        silences: All silences.
        group: The group of the alert's subject, if it has one.
        at: The moment.
    """
    found = [silence for silence in silences if is_running(silence, at) and _matches(silence, episode, group)]
    return tuple(sorted(found, key=lambda silence: silence.ends_at, reverse=True))


def is_running(silence: Silence, at: datetime) -> bool:
    """Whether a moment lies between the silence's beginning and end."""
    return (silence.starts_at is None or silence.starts_at <= at) and at < silence.ends_at


def _matches(silence: Silence, episode: Episode, group: str | None) -> bool:
    return (
        (not silence.services or any(belongs_to(episode.subject, service) for service in silence.services))
        and (not silence.groups or group in silence.groups)
        and (not silence.alert_types or episode.alert_type in silence.alert_types)
        and (silence.severity is None or silence.severity is episode.severity)
        and (silence.match is None or _found(silence.match, episode.subject))
    )


@lru_cache(maxsize=4096)
def _found(pattern: str, subject: str) -> bool:
    import regex  # 2 MB, which a monitor without patterns does not need

    try:
        return regex.search(pattern, subject, timeout=MOST_SECONDS) is not None
    except (TimeoutError, regex.error):
        return False
