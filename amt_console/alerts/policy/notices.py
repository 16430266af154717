"""The facts that a message tells of an alert, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from amt_console.model import AlertEvent, Episode, Receiver, Resolution
from amt_console.model.notifications import Notice


def notice_of(episode: Episode, *, group: str | None, answer_line: str | None, followers: int) -> Notice:
    """The facts about an alert as they are now.

    Args:
        episode: The alert.
        group: Of its subject.
        answer_line: The first line of the failing answer.
        followers: How many alerts follow from it.
    """
    return Notice(
        alert_id=episode.id or 0,
        version=episode.version,
        alert_type=episode.alert_type,
        severity=episode.severity,
        subject=episode.subject,
        message=episode.message,
        state=episode.state,
        opened_at=episode.opened_at,
        fired_at=episode.fired_at,
        resolved_at=episode.resolved_at,
        duration_seconds=episode.duration_seconds,
        rule=episode.rule_id,
        group=group,
        value=episode.value,
        threshold=episode.threshold,
        owner=episode.acknowledged_by,
        note=episode.note,
        runbook=episode.runbook,
        answer_line=answer_line,
        level=episode.escalation_level,
        followers=followers,
        resolution=None if episode.resolution is None else episode.resolution.value,
        simulated=episode.simulated,
    )


def once_per_channel(receivers: Iterable[Receiver]) -> tuple[Receiver, ...]:
    """One message to a channel is enough, whoever is behind it; the first name counts."""
    found: dict[str, Receiver] = {}
    for receiver in receivers:
        found.setdefault(receiver.channel, receiver)
    return tuple(found.values())


def end_reason(episode: Episode, events: Sequence[AlertEvent]) -> str:
    """Why an alert ended."""
    if episode.resolution is Resolution.MANUAL:
        closed = next((event for event in events if event.kind == "resolved"), None)
        return "it was closed" if closed is None or closed.actor is None else f"closed by {closed.actor}"
    if episode.resolution is Resolution.RULE_REMOVED:
        return "its rule or target was removed"
    return "it recovered"
