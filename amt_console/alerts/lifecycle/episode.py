"""The life of an alert episode: pure transitions from one observation to the next."""

from __future__ import annotations

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.lifecycle.transition import Step, Transition
from amt_console.alerts.rules.rule import Rule
from amt_console.alerts.wording import error_of
from amt_console.clock import Instant
from amt_console.model import AlertState, Episode, Paging, Resolution, Severity
from amt_console.text import duration

REFRESH_FRACTION = 0.1
"""A steadily bad alert stores a new message only when its value moves by more than this fraction."""
RULE_REMOVED_NOTE = "rule removed"


def step(episode: Episode | None, observation: Observation, rule: Rule) -> Step:
    """Apply an observation to the episode of its key. Total: every observation is handled in every state.

    Args:
        episode: The newest episode of the key (``rule.id``, ``observation.subject``), open or resolved; ``None`` if
            there was none. A resolved one is not changed, and is named as predecessor if a new one opens soon enough.
        observation: The observation.
        rule: Its rule.

    Returns:
        The episode afterwards, and its events in order. A new episode has no id and version 0.
    """
    if episode is None or not episode.open:
        return _open(episode, observation, rule)
    transition = Transition(episode, observation.at)
    if observation.verdict is Verdict.NO_DATA:
        _hold(transition, observation.at, observation.message)
        return transition.step()
    _freshen(transition, observation)
    good = observation.verdict is Verdict.OK
    match episode.state:
        case AlertState.PENDING if good:
            transition.end(Resolution.CLEARED, observation.message, value=observation.value)
        case AlertState.PENDING:
            _count_bad(transition, observation, rule)
            _note_error(transition, observation, rule)
            _pend(transition, observation, rule)
        case AlertState.FIRING if good:
            _recover(transition, observation, rule)
        case AlertState.FIRING:
            _count_bad(transition, observation, rule)
            _note_error(transition, observation, rule)
            _settle_severity(transition, observation, rule)
            _pass_step(transition, observation, rule)
            _refresh(transition, observation, rule)
        case AlertState.RECOVERING if good:
            _count_good(transition, observation, rule)
        case _:
            _relapse(transition, observation, rule)
    return transition.step()


def resume(episode: Episode, *, at: Instant, gap_seconds: float, interval: float) -> Step:
    """Apply a gap (restart, suspend, stall) to an open episode.

    The condition is held and marked stale; the gap never counts. A pending episode must be confirmed again when
    the gap was longer than two intervals. Idempotent.
    """
    transition = Transition(episode, at)
    if not episode.open:
        return transition.step()
    if episode.state is AlertState.PENDING and gap_seconds > 2 * interval:
        transition.change(bad_since=None, bad_count=0, critical_count=0, warning_count=0)
    _hold(transition, at.moved(-gap_seconds), "nothing was measured for a while")
    return transition.step()


def retire(episode: Episode, *, at: Instant) -> Step:
    """End an open episode whose rule or target was removed or switched off; a resolved one is not changed."""
    transition = Transition(episode, at)
    if episode.open:
        transition.end(Resolution.RULE_REMOVED, "closed: its rule or target was removed", note=RULE_REMOVED_NOTE)
    return transition.step()


def _open(last: Episode | None, observation: Observation, rule: Rule) -> Step:
    if not observation.verdict.bad:
        return Step(last)
    at = observation.at
    previous = _predecessor(last, at, rule)
    episode = Episode(
        rule_id=rule.id,
        subject=observation.subject,
        alert_type=rule.alert_type,
        severity=_seen_severity(observation, rule),
        message=observation.message,
        state=AlertState.PENDING,
        opened_at=at.wall,
        began=at,
        previous_episode_id=previous,
        paging=_carried_over(last, previous),
        runbook=rule.runbook_for(observation.subject),
    )
    transition = Transition(episode, at, new=True)
    _keep_answer(transition, observation)
    _count_bad(transition, observation, rule)
    _tell(transition, observation, rule)
    transition.event("opened", detail=_judged_by(transition.episode, rule))
    _pend(transition, observation, rule)
    return transition.step()


def _predecessor(last: Episode | None, at: Instant, rule: Rule) -> int | None:
    if last is None or last.ok_since is None or not rule.reopen_window:
        return None
    if at.seconds_since(last.ok_since) > rule.reopen_window:
        return None
    return last.id


def _carried_over(last: Episode | None, previous: int | None) -> Paging:
    """Flapping is a property of the key; the owner stays when the alert comes back soon."""
    if last is None:
        return Paging()
    recovered = previous is not None and last.resolution is Resolution.RECOVERED
    owner = last.acknowledged_by if recovered else None
    # How long a flapping key is held counts across its episodes: short ones would never reach the limit.
    held_since = last.paging.held_since if last.paging.flapping else None
    return Paging(flips=last.paging.flips, flapping=last.paging.flapping, returning=owner, held_since=held_since)


def _seen_severity(observation: Observation, rule: Rule) -> Severity:
    return Severity.CRITICAL if observation.verdict is Verdict.CRITICAL else rule.lesser_severity


def _hold(transition: Transition, since: Instant, message: str) -> None:
    """Row 9: no data freezes everything; only the first such observation is stored."""
    if not transition.episode.stale:
        transition.change(stale=True, stale_since=since)
        transition.event("stale", message)


def _freshen(transition: Transition, observation: Observation) -> None:
    """Data is back: shift the starts of the running durations by the time without data."""
    episode = transition.episode
    if not episode.stale:
        return
    transition.change(
        stale=False,
        stale_since=None,
        bad_since=_without_gap(episode.bad_since, episode.stale_since, observation.at),
        ok_since=_without_gap(episode.ok_since, episode.stale_since, observation.at),
    )
    transition.event("fresh", observation.message, value=observation.value)


def _count_bad(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Count only up to the largest number that matters: a steadily bad episode then stays equal and needs no write."""
    episode, streaks = transition.episode, observation.streaks
    critical = observation.verdict is Verdict.CRITICAL
    bad, criticals, mild = episode.bad_count + 1, episode.critical_count + 1, episode.warning_count + 1
    if streaks is not None:
        bad, criticals, mild = streaks.bad, streaks.critical, streaks.mild
    transition.change(
        bad_since=episode.bad_since or observation.at,
        bad_count=min(bad, rule.fail),
        critical_count=min(criticals, rule.fail) if critical else 0,
        warning_count=0 if critical else min(mild, rule.recover),
        ok_count=0,
        ok_since=None,
    )


def _note_error(transition: Transition, observation: Observation, rule: Rule, before: Episode | None = None) -> None:
    """Record another error than ``before``, perhaps of another cause, and keep its answer."""
    old, new = before or transition.episode, observation.error_class
    if new is None or old.error_class is None or new is old.error_class:
        return
    _tell(transition, observation, rule)
    _keep_answer(transition, observation)
    errors = {
        "old_error": error_of(old.subject, old.message),
        "new_error": error_of(old.subject, observation.message),
    }
    transition.event("error_changed", note=f"before: {errors['old_error']}", detail=errors)


def _judged_by(episode: Episode, rule: Rule) -> dict[str, str]:
    """The counts and limits of this moment: the rule may be changed later, and people ask why it fired."""
    facts = {"count": f"{episode.bad_count} of {rule.fail}"}
    if rule.for_seconds:
        facts["for"] = duration(rule.for_seconds)
    if episode.threshold is not None:
        facts["limit"] = f"{episode.threshold:g}"
    return facts


def _keep_answer(transition: Transition, observation: Observation) -> None:
    if observation.answer is not None:
        transition.answer = observation.answer()


def _pend(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Rows 1 and 2: fire when confirmed, else stay pending."""
    episode = transition.episode
    elapsed = observation.at.seconds_since(episode.bad_since or observation.at)
    if episode.bad_count >= rule.fail and elapsed >= rule.for_seconds:
        confirmed = episode.critical_count >= rule.fail
        transition.change(
            state=AlertState.FIRING,
            severity=Severity.CRITICAL if confirmed else rule.lesser_severity,
            fired_at=transition.wall,
        )
        _tell(transition, observation, rule)
        transition.event("fired", detail=_judged_by(transition.episode, rule))
        return
    severity = _seen_severity(observation, rule)
    if severity is not episode.severity:
        transition.change(severity=severity)
        _tell(transition, observation, rule)
        transition.event("severity")
    _refresh(transition, observation, rule)


def _settle_severity(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Rows 4 and 5: up when the critical run is confirmed, which ends acknowledgement and snooze; down in place."""
    episode = transition.episode
    if episode.severity is not Severity.CRITICAL and episode.critical_count >= rule.fail:
        transition.change(severity=Severity.CRITICAL)
        _tell(transition, observation, rule)
        transition.event("severity")
        if episode.acknowledged_by is not None:
            transition.change(acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
            transition.event("ack_revoked", f"worse than what {episode.acknowledged_by} acknowledged")
        if episode.snoozed_by is not None:
            transition.change(snoozed_by=None, snoozed_until=None)
            transition.event("snooze_ended", f"worse than what {episode.snoozed_by} snoozed")
    elif episode.severity is Severity.CRITICAL and episode.warning_count >= rule.recover:
        transition.change(severity=rule.lesser_severity)
        _tell(transition, observation, rule)
        transition.event("severity")


def _pass_step(transition: Transition, observation: Observation, rule: Rule) -> None:
    """A further step of the rule is passed: it is told anew, also to whoever acknowledged the one before."""
    episode, step_now = transition.episode, observation.threshold
    if observation.verdict is Verdict.CRITICAL:
        return  # confirmed, it is told as a change of severity
    known = step_now in rule.steps and episode.threshold in rule.steps
    if not known or rule.steps.index(step_now) <= rule.steps.index(episode.threshold):
        return
    _tell(transition, observation, rule)
    transition.event("step", detail={"limit": f"{step_now:g}"})
    if episode.acknowledged_by is not None:
        transition.change(acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
        transition.event("ack_revoked", f"worse than what {episode.acknowledged_by} acknowledged")


def _recover(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Row 6: the first good observation."""
    transition.change(
        state=AlertState.RECOVERING,
        bad_since=None,
        bad_count=0,
        critical_count=0,
        warning_count=0,
        ok_count=0,
        ok_since=observation.at,
    )
    transition.event("recovering", observation.message, value=observation.value)
    _count_good(transition, observation, rule)


def _count_good(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Row 8: resolve after enough good observations over a long enough time."""
    episode = transition.episode
    ok_since = episode.ok_since or observation.at
    good = episode.ok_count + 1 if observation.streaks is None else observation.streaks.good
    transition.change(ok_count=min(good, rule.recover), ok_since=ok_since)
    lasted = observation.at.seconds_since(ok_since) >= rule.keep_firing_for
    if lasted and transition.episode.ok_count >= rule.recover:
        transition.end(Resolution.RECOVERED, observation.message, value=observation.value)


def _relapse(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Row 7: bad again before the end is the same episode."""
    before = transition.episode
    _count_bad(transition, observation, rule)
    transition.change(state=AlertState.FIRING)
    _tell(transition, observation, rule)
    transition.event("relapsed")
    _note_error(transition, observation, rule, before)
    _settle_severity(transition, observation, rule)


def _refresh(transition: Transition, observation: Observation, rule: Rule) -> None:
    """Take the newest message if the row is written anyway, or if the message has new content."""
    episode = transition.episode
    moved = _moved_much(episode.value, observation.value)
    if transition.changed or (moved and _message(episode, observation, rule) != episode.message):
        _tell(transition, observation, rule)


def _tell(transition: Transition, observation: Observation, rule: Rule) -> None:
    transition.change(
        message=_message(transition.episode, observation, rule),
        value=observation.value,
        threshold=observation.threshold,
        error_class=observation.error_class,
    )


def _message(episode: Episode, observation: Observation, rule: Rule) -> str:
    if not rule.counts_in_message or observation.streaks is not None:
        return observation.message
    confirmed = rule.fail if episode.fired_at is not None else episode.bad_count
    return f"{observation.message} ({confirmed} of {rule.fail})"


def _moved_much(old: float | None, new: float | None) -> bool:
    """Whether a change of value is worth a write; without values, the message decides."""
    if old is None or new is None:
        return True
    return abs(new - old) > REFRESH_FRACTION * abs(old)


def _without_gap(began: Instant | None, gap_began: Instant | None, now: Instant) -> Instant | None:
    """The start of a running duration, shifted by the time without data; to now if that time is unknown."""
    if began is None or gap_began is None:
        return None if began is None else now
    return began.moved(now.seconds_since(gap_began))
