"""The text of an alert's card: who has it, why, what was answered, what else is known. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from amt_console.console.cards import facts
from amt_console.console.cards.alert_known import AlertKnown, Failure
from amt_console.console.cards.facts import labelled, mute_words
from amt_console.console.cards.moved_lines import moved_lines
from amt_console.console.cards.phases import phase_line, unanswered
from amt_console.console.cards.sheet import Head
from amt_console.console.cards.told import told
from amt_console.model import AlertDetail, AlertState, AlertType, AlertView, Episode, ServiceState
from amt_console.operations.evidence_facts import evidence_facts
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import (
    ALERT_STATE_WORDS,
    SEVERITY_WORDS,
    alert_amount,
    duration,
    near_moment,
    reason_of,
)
from widgets.cells import Run, Runs, joined
from widgets.look import Look

COUNTED = re.compile(r" \((\d+ of \d+)\)$")
"""How many probes agree, at the end of a message."""
_CHOSEN = 99
"""What a key opens stays where something is left out."""
_SLOW = (AlertType.RESPONSE_TIME, AlertType.TREND, AlertType.ANOMALY)


def head(known: AlertKnown, look: Look, *, take_key: str | None, chosen: bool = False) -> Head:
    """What it is and since when; who has it; what holds its messages.

    Args:
        known: The alert.
        look: Palette, alphabet and zone.
        take_key: Acknowledges it.
        chosen: Whether a key opens its subject.
    """
    alert, palette = known.alert, look.palette
    if alert is None:
        return Head([(known.subject, palette.strong)], [(f"loading{look.ellipsis}", palette.muted)])
    subject: Runs = [(alert.subject, palette.strong)]
    subject = under_cursor(subject, look) if chosen else subject
    ended = alert.state is AlertState.RESOLVED
    text, style = look.severity(alert.severity)
    left: list[Run] = [(text, palette.muted if ended else style), ("  ", palette.text), *subject]
    if ended:
        end = near_moment(alert.resolved_at, known.now, look.zone) if alert.resolved_at else "?"
        lasted = f" after {duration(alert.duration_seconds)}" if alert.duration_seconds is not None else ""
        left.append((f"  ended {end}{lasted}", palette.ok))
    else:
        state = "no fresh data" if alert.stale else ALERT_STATE_WORDS[alert.state]
        left.append(
            (f"  {state} for {look.age_words(alert.opened_at, known.now)}", palette.warning if alert.stale else style)
        )
    if alert.simulated:
        left.append((f"{look.dot}simulated", palette.muted))
    below: list[Runs] = [[(words, palette.warning)] for words in mute_words(alert, known.now, look)]
    return Head(left, _owner(known, alert, look, take_key), tuple(below))


def _owner(known: AlertKnown, alert: AlertView, look: Look, take_key: str | None) -> Runs:
    palette, now = look.palette, known.now
    if alert.acknowledged_by is not None:
        until = alert.acknowledged_until
        opened = alert.state is not AlertState.RESOLVED
        ends = f", until {near_moment(until, now, look.zone)}" if until is not None and opened else ""
        verb = f"has it for {look.age_words(alert.acknowledged_at, now)}" if opened else "had it"
        runs: list[Run] = [(f"{alert.acknowledged_by} {verb}{ends}", palette.accent)]
        return [*runs, (f": {alert.note}", palette.text)] if alert.note else runs
    if alert.state is AlertState.RESOLVED:
        return [("nobody had it", palette.muted)]
    if alert.follows_from is not None:
        return [(f"follows from #{alert.follows_from}", palette.muted)]
    takes = take_key is not None and alert.is_confirmed
    words = f"nobody has it{look.dot}{take_key} acknowledges it" if takes else "nobody has it"
    return [(words, palette.warning)]


def why(known: AlertKnown, look: Look, *, why_key: str, past: bool = False) -> list[Runs]:
    """The reason with the count of probes, and who was told."""
    alert, palette = known.alert, look.palette
    if alert is None:
        return []
    reason = reason_of(alert.message, alert.subject)
    counted = COUNTED.search(reason)
    runs: list[Run] = [(COUNTED.sub("", reason), palette.strong)]
    if counted is not None:
        runs.append((f" ({counted.group(1)} probes)", palette.muted))
    if alert.times_today > 1:
        runs.append((f"{look.dot}{_ordinal(alert.times_today)} time today", palette.warning))
    explained: Runs = [(f"{why_key} explains every decision", palette.muted)]
    return [runs, joined((told(known, look, past=past), explained), (look.dot, palette.muted))]


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def body(known: AlertKnown, look: Look) -> list[Runs]:
    """The first lines of the answer, or why there is none; nothing for what gives no answers."""
    alert, palette = known.alert, look.palette
    if alert is None:
        return []
    if alert.answer is not None:
        return facts.answer(alert.answer, look)
    if not known.is_service:
        return []
    episode = known.episode
    if episode is not None and unanswered(episode.error_class):
        return [[("none: nothing was answered", palette.muted)]]
    return [[("none was kept", palette.muted)]]


def phase(known: AlertKnown, look: Look) -> list[Runs]:
    """Where it stopped, then what was seen around the first failure."""
    detail = known.detail
    if known.alert is None or not isinstance(detail, AlertDetail):
        return []
    evidence, episode = detail.evidence, detail.episode
    phases, status = (evidence.phases, evidence.status) if evidence is not None else (None, None)
    slow = episode.alert_type in _SLOW
    if phases is None and isinstance(known.history, ServiceDetail):
        begin = episode.opened_at
        bad = (ServiceState.DEGRADED,) if slow else (ServiceState.DOWN,)
        probes = [each for each in known.history.probes if each.state in bad and each.timestamp >= begin]
        if probes:
            phases, status = probes[-1].phases, probes[-1].status_code
    lines: list[Runs] = []
    if known.is_service or evidence is not None:
        first = phase_line(phases, episode.error_class, look, status=status, failed=not slow)
        lines.append(first or [("not kept", look.palette.muted)])
    if evidence is not None:
        lines += labelled([pair for pair in evidence_facts(evidence) if pair[0] not in ("phases", "answer")], look)
    return lines


def linked(known: AlertKnown, shown: Sequence[AlertView]) -> list[int]:
    """The alerts that belong to it: its cause, its followers, others of its subject."""
    alert = known.alert
    if alert is None:
        return []
    cause = [] if alert.follows_from is None else [alert.follows_from]
    return list(dict.fromkeys([*cause, *(each.id for each in _followers(alert, shown)), *_same(alert, shown)]))


def _followers(alert: AlertView, shown: Sequence[AlertView]) -> list[AlertView]:
    return [each for each in shown if each.follows_from == alert.id and each.id != alert.id]


def _same(alert: AlertView, shown: Sequence[AlertView]) -> list[int]:
    known = {alert.id, alert.follows_from}
    return [
        each.id
        for each in shown
        if each.subject == alert.subject and each.id not in known and each.follows_from != alert.id
    ]


def also(
    known: AlertKnown,
    shown: Sequence[AlertView],
    look: Look,
    *,
    services: frozenset[str] = frozenset(),
    each_apart: bool = False,
    every_name: bool = False,
    chosen: int | None = None,
) -> list[tuple[Runs, int]]:
    """Cause, what moved together, followers and other alerts of the subject, each with how telling it is.

    Args:
        known: The alert.
        shown: All alerts of the moment.
        look: Palette and alphabet.
        services: The subjects that are services.
        each_apart: A line for each signal that moved, with its time; else all on one line.
        every_name: All names of services that moved alike.
        chosen: The alert that a key opens.
    """
    alert = known.alert
    if alert is None:
        return []
    by_id = {each.id: each for each in shown}
    lines: list[tuple[int | None, Runs, int]] = []
    if alert.follows_from is not None:
        lines.append((alert.follows_from, _cause(known, alert.follows_from, by_id, look), 9))
    lines += [(None, runs, 8) for runs in _moved(known, services, look, each_apart=each_apart, every_name=every_name)]
    lines += _follow(known, _followers(alert, shown), look, each_apart=each_apart, chosen=chosen)
    lines += [(number, _other("also", by_id[number], known, look), 5) for number in _same(alert, shown)]
    return [
        (under_cursor(runs, look), _CHOSEN) if number is not None and number == chosen else (runs, rank)
        for number, runs, rank in lines
    ]


def _follow(
    known: AlertKnown, followers: Sequence[AlertView], look: Look, *, each_apart: bool, chosen: int | None
) -> list[tuple[int | None, Runs, int]]:
    """A line for each follower; where there is little room one for all, and one for what a key opens."""
    apart = [each for each in followers if each_apart or len(followers) == 1 or each.id == chosen]
    lines: list[tuple[int | None, Runs, int]] = [(each.id, _other("follows", each, known, look), 6) for each in apart]
    if len(apart) == len(followers):
        return lines
    names = ", ".join(each.subject for each in followers)
    palette = look.palette
    return [(None, [(f"{len(followers)} follow: ", palette.muted), (names, palette.text)], 7), *lines]


def under_cursor(runs: Runs, look: Look) -> list[Run]:
    """What a key opens."""
    return [(text, style + look.palette.cursor) for text, style in runs]


def _cause(known: AlertKnown, cause_id: int, shown: Mapping[int, AlertView], look: Look) -> Runs:
    palette = look.palette
    cause: AlertView | Episode | None = shown.get(cause_id)
    if cause is None and isinstance(known.detail, AlertDetail):
        cause = known.detail.cause
    if cause is None:
        return [(f"follows from alert #{cause_id}", palette.text)]
    who = f"{cause.acknowledged_by} has it" if cause.acknowledged_by else "nobody has it"
    return [
        (f"cause: #{cause_id} ", palette.muted),
        (cause.subject, palette.strong),
        (f" {reason_of(cause.message, cause.subject)}", palette.text),
        (f"{look.dot}{who}", palette.accent if cause.acknowledged_by else palette.warning),
    ]


def _moved(
    known: AlertKnown, services: frozenset[str], look: Look, *, each_apart: bool, every_name: bool
) -> list[Runs]:
    palette, moved, alert = look.palette, known.moved, known.alert
    if alert is None:
        return []
    if moved is None:
        return [[(f"looking for what moved together{look.ellipsis}", palette.muted)]]
    if isinstance(moved, Failure):
        return [[(f"what moved together cannot be told: {moved.words}", palette.warning)]]
    if not moved.signals:
        return [[("nothing else moved around that time", palette.muted)]]
    return moved_lines(moved, services, alert.opened_at, look, each_apart=each_apart, every_name=every_name)


def _other(word: str, alert: AlertView, known: AlertKnown, look: Look) -> Runs:
    palette = look.palette
    ended = alert.state is AlertState.RESOLVED
    _, style = look.severity(alert.severity)
    age = "ended" if ended else look.age_words(alert.opened_at, known.now)
    who = f"{look.dot}{alert.acknowledged_by} has it" if alert.acknowledged_by and not ended else ""
    return [
        (f"{word}: ", palette.muted),
        (alert.subject if word == "follows" else SEVERITY_WORDS[alert.severity], palette.muted if ended else style),
        (f" {reason_of(alert.message, alert.subject)}", palette.text),
        (f"{look.dot}{age}", palette.muted),
        (who, palette.accent),
    ]


def before(known: AlertKnown, look: Look) -> Runs:
    """The outage before: when, how long, who handled it and what was said."""
    palette, earlier = look.palette, known.earlier
    if earlier is None:
        return []
    if isinstance(earlier, Failure):
        return [(f"earlier alerts cannot be read: {earlier.words}", palette.warning)]
    if not earlier:
        return [(f"the first alert of {known.subject} in 30 days", palette.muted)]
    last = earlier[0]
    lasted = f" for {duration(last.duration_seconds)}" if last.duration_seconds is not None else ""
    runs: list[Run] = [(f"before: {look.age_words(last.opened_at, known.now)} ago{lasted}", palette.text)]
    said = ": ".join(part for part in (last.acknowledged_by, last.note) if part)
    if said:
        runs.append((f"{look.dot}{said}", palette.accent))
    runs.append((f"{look.dot}{reason_of(COUNTED.sub('', last.message), last.subject)}", palette.muted))
    if last.rating is not None:
        runs.append((f"{look.dot}{last.rating.value}", palette.muted))
    return runs


def earlier(known: AlertKnown, look: Look) -> list[Runs]:
    """A line for each alert of its subject before it, newest first."""
    palette, found = look.palette, known.earlier
    if found is None or isinstance(found, Failure):
        return []
    lines: list[Runs] = []
    for each in found:
        lasted = duration(each.duration_seconds) if each.duration_seconds is not None else look.missing
        said = ": ".join(part for part in (each.acknowledged_by, each.note) if part)
        lines.append(
            [
                (f"{look.local(each.opened_at):%d %b %H:%M}  ", palette.muted),
                (f"{lasted:<7} ", palette.text),
                (f"{said}{look.dot}" if said else "", palette.accent),
                (reason_of(COUNTED.sub("", each.message), each.subject), palette.muted),
            ]
        )
    return lines


def runbook(known: AlertKnown, look: Look) -> list[Runs]:
    """Its address."""
    alert, palette = known.alert, look.palette
    if alert is None:
        return []
    if alert.runbook is None:
        return [[("none is configured", palette.muted)]]
    return [[(look.value(alert.runbook), palette.accent)]]


def facts_of(known: AlertKnown, look: Look) -> list[Runs]:
    """The facts of the episode."""
    episode, now = known.episode, known.now
    if episode is None:
        return []
    lasts = ((episode.resolved_at or now) - episode.opened_at).total_seconds()
    pairs = [
        ("Alert", f"#{episode.id} {episode.alert_type.value}"),
        ("Rule", episode.rule_id),
        (
            "Since",
            f"{look.local(episode.opened_at):%Y-%m-%d %H:%M:%S %Z} ({look.age_words(episode.opened_at, now)} ago)",
        ),
        ("Fired", f"{look.local(episode.fired_at):%H:%M:%S %Z}" if episode.fired_at else "not yet"),
        ("Lasted", duration(lasts)) if episode.resolved_at else ("Lasts", look.lasting(lasts)),
    ]
    pairs += [
        (label, look.value(alert_amount(episode.alert_type, number)))
        for label, number in (("Value", episode.value), ("Threshold", episode.threshold))
        if number is not None
    ]
    if episode.rating is not None:
        pairs.append(("Rated", episode.rating.value))
    if episode.escalation_level:
        pairs.append(("Escalation", f"level {episode.escalation_level}"))
    if episode.resolved_at is not None:
        how = f", {episode.resolution.value}" if episode.resolution else ""
        pairs.insert(4, ("Resolved", f"{look.local(episode.resolved_at):%H:%M:%S %Z}{how}"))
    if episode.previous_episode_id is not None:
        pairs.append(("Before", f"#{episode.previous_episode_id}"))
    if episode.simulated:
        pairs.append(("Origin", "simulated"))
    return labelled(pairs, look)
