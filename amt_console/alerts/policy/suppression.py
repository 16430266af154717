"""Why the messages of an alert are held at the moment, if they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amt_console.alerts.policy.dependencies import Dependencies
from amt_console.alerts.policy.maintenance import maintenance_of
from amt_console.alerts.policy.silences import silences_of
from amt_console.clock import Instant
from amt_console.model import Episode, Severity
from amt_console.model.notifications import Stage
from amt_console.model.policy import Policies, Silence
from amt_console.text import duration

FLAP_MUTE_MOST = 1800.0
"""A critical alert is held for flapping no longer than this many seconds."""
ENDED: Mapping[Stage, str] = {
    Stage.SETTLE: "dependency",
    Stage.INHIBIT: "cause",
    Stage.MAINTENANCE: "maintenance",
    Stage.SILENCE: "silence",
    Stage.FLAPPING: "flapping",
}
"""What is over when a suppression of a stage has ended."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why messages are held."""

    stage: Stage
    reason: str
    detail: str

    @property
    def key(self) -> str:
        """Equal as long as the suppression is the same."""
        return f"{self.stage.value}: {self.detail}"


def suppression_of(
    episode: Episode, policies: Policies, dependencies: Dependencies, at: Instant, *, began_flapping: bool
) -> Suppression | None:
    """The first stage that holds the messages of a firing alert.

    Args:
        episode: The alert.
        policies: Silences, maintenance and times.
        dependencies: The other open alerts.
        at: The instant.
        began_flapping: It flaps since this look: that is told once, and held from the next look on.
    """
    group = policies.groups.get(episode.subject)
    pending = dependencies.unconfirmed_for(episode)
    if pending is not None and not _settled(episode, policies, at):
        return Suppression(Stage.SETTLE, f"{pending.subject}, which it needs, is being re-checked", pending.subject)
    cause = dependencies.cause_of(episode)
    if cause is not None:
        stored = cause.id is not None and cause.id > 0
        which = f"alert {cause.id} on {cause.subject}" if stored else f"the alert on {cause.subject}"
        return Suppression(Stage.INHIBIT, f"it follows from {which}", cause.subject)
    work = maintenance_of(episode.subject, group, policies.maintenance, at.wall)
    if work is not None:
        window, until = work
        reason = f"maintenance '{window.name}' until {until:%Y-%m-%d %H:%M} UTC"
        return Suppression(Stage.MAINTENANCE, reason, window.name)
    silences = silences_of(episode, policies.silences, group, at.wall)
    if silences:
        return _silenced(silences[0])
    return _flapping(episode, at) if episode.paging.flapping and not began_flapping else None


def flap_words(episode: Episode, at: Instant) -> str:
    """How often it changed, e.g. ``5 times in 20m``."""
    flips = episode.paging.flips
    span = (at.wall - flips[0]).total_seconds() if flips else 0.0
    return f"{(len(flips) + 1) // 2} times in {duration(max(0.0, span))}"


def _settled(episode: Episode, policies: Policies, at: Instant) -> bool:
    """Whether the alert has waited long enough for the verdict on a dependency, once in its life."""
    base = episode.paging.base or at
    return episode.paging.settled or at.seconds_since(base) >= policies.times.settle


def _silenced(longest: Silence) -> Suppression:
    by = f" by {longest.created_by}" if longest.created_by else ""
    until = f"{longest.ends_at:%Y-%m-%d %H:%M} UTC"
    return Suppression(
        Stage.SILENCE, f"silence {longest.id}{by} until {until}: {longest.reason}", longest.id or longest.reason
    )


def _flapping(episode: Episode, at: Instant) -> Suppression | None:
    since = episode.paging.held_since
    held = 0.0 if since is None else at.seconds_since(since)
    if episode.severity is Severity.CRITICAL and held >= FLAP_MUTE_MOST:
        return None
    return Suppression(Stage.FLAPPING, f"it flaps: {flap_words(episode, at)}", "flapping")
