"""The timeline of an incident: events, probes, people's actions, messages and gaps in one order."""

from __future__ import annotations

from collections.abc import Iterator

from amt_console.alerts import fold_story
from amt_console.model import Episode, GapReason, ProbeResult, ServiceState
from amt_console.model.notifications import DecisionOutcome, Delivery, DeliveryState
from amt_console.reports.incident.data import IncidentData, Source, TimelineEntry
from amt_console.text import duration, milliseconds

_STATES = {
    ServiceState.UP: "up",
    ServiceState.DEGRADED: "slow",
    ServiceState.DOWN: "down",
    ServiceState.UNKNOWN: "without data",
    ServiceState.MAINTENANCE: "in maintenance",
}
_GAPS = {
    GapReason.STOPPED: "the monitor was stopped",
    GapReason.SUSPENDED: "the machine was suspended",
    GapReason.STALLED: "the monitor stalled",
}
_ACTIONS = {
    "add_silence": "silenced",
    "end_silence": "ended the silence of",
    "add_maintenance": "began or planned maintenance of",
    "end_maintenance": "ended the maintenance of",
    "take_oncall": "took over the shift of",
    "override_oncall": "changed who is on call in",
    "undo_oncall": "took back a change of who is on call in",
    "probe": "asked for a probe of",
    "ran_command": "ran the",
}


def timeline(data: IncidentData) -> tuple[TimelineEntry, ...]:
    """Everything that happened, oldest first; of one moment probes come before what followed from them."""
    entries = [*_probes(data), *_events(data), *_followers(data), *_messages(data), *_actions(data), *_gaps(data)]
    rank = {Source.PROBE: 0, Source.MONITOR: 1, Source.ALERT: 2, Source.PERSON: 3, Source.MESSAGE: 4}
    return tuple(sorted(entries, key=lambda each: (each.at, rank[each.source])))


def _events(data: IncidentData) -> Iterator[TimelineEntry]:
    subject = data.episode.subject
    for line in fold_story(data.events):
        event = line.event
        words = line.summary or event.message
        if event.note:
            words += f" “{event.note}”"
        source = Source.ALERT if event.actor is None else Source.PERSON
        kind = event.kind.replace("_", " ")
        told = words if words.startswith(kind) else f"{kind}: {words}"
        yield TimelineEntry(line.since, source, subject, told, event.actor)


def _followers(data: IncidentData) -> Iterator[TimelineEntry]:
    for each in data.followers:
        yield TimelineEntry(
            each.fired_at or each.opened_at,
            Source.ALERT,
            each.subject,
            f"alert {each.id} fired and follows from this one: {each.message}",
        )
        if each.acknowledged_by is not None and each.acknowledged_at is not None:
            words = f"acknowledged alert {each.id}"
            yield TimelineEntry(each.acknowledged_at, Source.PERSON, each.subject, words, each.acknowledged_by)
        if each.resolved_at is not None:
            yield TimelineEntry(each.resolved_at, Source.ALERT, each.subject, f"alert {each.id} ended{_how(each)}")


def _how(episode: Episode) -> str:
    return f" ({episode.resolution.value.replace('_', ' ')})" if episode.resolution is not None else ""


def _probes(data: IncidentData) -> Iterator[TimelineEntry]:
    shown = set()
    begin = data.episode.opened_at
    for probe in data.probes:
        shown.add(probe.timestamp)
        if probe.state is ServiceState.UP:
            lead = "last good answer" if probe.timestamp < begin else "first good answer"
        else:
            lead = "failing answer" if probe.attempt == 1 else f"re-check {probe.attempt - 1}"
        yield TimelineEntry(probe.timestamp, Source.PROBE, probe.service, f"{lead}: {probe_words(probe)}")
    for change in data.changes:
        if change.at not in shown:
            error = f": {change.error}" if change.error else ""
            words = f"the service is {_STATES[change.state]}{error}"
            yield TimelineEntry(change.at, Source.PROBE, change.service, words)


def probe_words(probe: ProbeResult) -> str:
    """A result in a few words: status, error, response time."""
    parts = [
        None if probe.status_code is None else f"status {probe.status_code}",
        probe.error,
        None if probe.response_time_ms is None else milliseconds(probe.response_time_ms),
    ]
    return ", ".join(part for part in parts if part) or _STATES[probe.state]


def _messages(data: IncidentData) -> Iterator[TimelineEntry]:
    subject = data.episode.subject
    for each in data.deliveries:
        to = each.receiver if each.receiver == each.channel else f"{each.receiver} on {each.channel}"
        name = f"message ({each.kind.value.replace('_', ' ')}) to {to}"
        failed = [attempt for attempt in each.attempts if attempt.error is not None]
        if failed and each.state is not DeliveryState.DEAD:
            times = "" if len(failed) == 1 else f", {len(failed)} times in all"
            yield TimelineEntry(failed[0].at, Source.MESSAGE, subject, f"{name} failed{times}: {failed[0].error}")
        at = each.delivered_at or (failed[-1].at if failed and each.state is DeliveryState.DEAD else each.created_at)
        yield TimelineEntry(at, Source.MESSAGE, subject, f"{name}: {fate(each)}")
    told = set()
    for decision in data.decisions:
        key = (decision.stage, decision.reason)
        if decision.outcome in (DecisionOutcome.SUPPRESSED, DecisionOutcome.HELD) and key not in told:
            told.add(key)
            held = "message held back" if decision.outcome is DecisionOutcome.HELD else "no message"
            yield TimelineEntry(decision.at, Source.MESSAGE, subject, f"{held}: {decision.reason}")


def fate(delivery: Delivery) -> str:
    """What became of a message."""
    if delivery.delivered_at is not None:
        return (
            f"delivered {duration((delivery.delivered_at - delivery.created_at).total_seconds())} after it was queued"
        )
    if delivery.state is DeliveryState.DEAD:
        error = next((attempt.error for attempt in reversed(delivery.attempts) if attempt.error), None)
        return f"not delivered: {error}" if error else "not delivered"
    if delivery.state in (DeliveryState.CANCELLED, DeliveryState.SUPPRESSED):
        return f"{delivery.state.value}: {delivery.reason}"
    return "queued, not delivered yet"


def _actions(data: IncidentData) -> Iterator[TimelineEntry]:
    for entry in data.actions:
        words = f"{_ACTIONS.get(entry.action, entry.action)} {entry.subject}"
        reason = entry.detail.get("reason") or entry.detail.get("note")
        if isinstance(reason, str) and reason:
            words += f": {reason}"
        yield TimelineEntry(entry.at, Source.PERSON, "", words, entry.actor)


def _gaps(data: IncidentData) -> Iterator[TimelineEntry]:
    for gap in data.gaps:
        length = duration((gap.ended_at - gap.started_at).total_seconds())
        words = f"nothing was measured for {length}: {_GAPS[gap.reason]}"
        yield TimelineEntry(gap.started_at, Source.MONITOR, "monitor", words)
