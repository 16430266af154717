"""Decide what is sent about an alert: pure, from its state, the policies and the instant.

Each look at an alert asks the stages in order: is it confirmed, does a person have it, is it suppressed, which level of
the escalation is due. Whatever is decided comes back as messages and decisions, to be stored with the alert. Looking
twice at one instant changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from amt_console.alerts.lifecycle.consequences import SLACK_SECONDS, USUAL_INTERVAL
from amt_console.alerts.lifecycle.transition import Transition
from amt_console.alerts.policy.dependencies import Dependencies
from amt_console.alerts.policy.escalation import escalation_for, receivers_of, steps_of
from amt_console.alerts.policy.flapping import CHANGES, flap_percent, is_flapping
from amt_console.alerts.policy.notices import end_reason, notice_of, once_per_channel
from amt_console.alerts.policy.recurrence import running_until
from amt_console.alerts.policy.suppression import ENDED, Suppression, flap_words, suppression_of
from amt_console.clock import Instant
from amt_console.model import AlertEvent, AlertState, AlertType, Episode, Paging, Receiver, Severity
from amt_console.model.notifications import Decision, DecisionOutcome, Notice, NoticeKind, OutboxEntry, Stage
from amt_console.model.policy import EscalationPolicy, Policies
from amt_console.model.states import ChannelType
from amt_console.text import duration

REMIND_OWNER = 600.0
"""Seconds before an acknowledgement ends that its owner is reminded."""
PAGE_EXPIRES = timedelta(hours=24)
ACKNOWLEDGED_EXPIRES = timedelta(hours=1)
TELLS_ACKNOWLEDGEMENTS = frozenset((ChannelType.PAGERDUTY, ChannelType.SLACK, ChannelType.TEAMS, ChannelType.WEBHOOK))
"""Mail and push messages stay silent when somebody acknowledges: whoever sleeps may sleep on."""
_HARD_CHANGES = frozenset(("fired", "resolved", "relapsed"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from one look at an alert: to be stored in one transaction if ``changed``."""

    episode: Episode
    events: tuple[AlertEvent, ...]
    outbox: tuple[OutboxEntry, ...]
    decisions: tuple[Decision, ...]
    changed: bool


class Planner:
    """Plans the messages of alerts at one instant.

    Args:
        policies: Who is told, and when nobody is.
        open_episodes: All open alerts, for dependencies. Those that are not stored yet have no id.
        at: The instant.
        shadow_rules: Rules that only count what they would send.
        answer_line: The first line of the failing answer of an alert.
    """

    def __init__(
        self,
        policies: Policies,
        open_episodes: Iterable[Episode],
        at: Instant,
        *,
        shadow_rules: Collection[str] = (),
        answer_line: Callable[[Episode], str | None] = lambda episode: None,
    ) -> None:
        self.policies = policies
        self.at = at
        self.shadow_rules = shadow_rules
        self.answer_line = answer_line
        self.dependencies = Dependencies(open_episodes, policies)

    def plan(self, episode: Episode, events: Sequence[AlertEvent] = ()) -> Plan:
        """Look at an alert after ``events`` that are stored with it now; none, if only time has passed."""
        draft = _Draft(self, episode, events)
        draft.look()
        return draft.finish()


@dataclass(slots=True)
class _Draft:
    """One look at one alert."""

    planner: Planner
    before: Episode
    events: Sequence[AlertEvent]
    transition: Transition = field(init=False)
    outbox: list[OutboxEntry] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transition = Transition(self.before, self.planner.at)

    @property
    def episode(self) -> Episode:
        return self.transition.episode

    @property
    def now(self) -> datetime:
        return self.transition.wall

    @property
    def policies(self) -> Policies:
        return self.planner.policies

    def finish(self) -> Plan:
        done = self.transition.step()
        # Each message has a decision, and each event a change of the alert.
        changed = done.changed or bool(self.decisions)
        return Plan(self.episode, done.events, tuple(self.outbox), tuple(self.decisions), changed)

    def look(self) -> None:
        self._count_flips()
        if not self.episode.open:
            self._tell_end()
            return
        if self.episode.state is AlertState.PENDING:
            if self._happened("opened"):
                self._decide(Stage.LIFECYCLE, DecisionOutcome.NONE, "it is not confirmed yet")
            return
        if self.episode.severity is Severity.INFO:
            if self._happened("fired"):
                self._decide(Stage.LIFECYCLE, DecisionOutcome.NONE, "informational alerts are logged, never sent")
            return
        if self._happened("fired"):
            self._page_state(base=self.planner.at)
            self._return_to_owner()
        kind = self._worse()
        self._tell_handling()
        self._end_acknowledgement()
        self._end_snooze()
        if self._is_handled() or self.episode.state is not AlertState.FIRING:
            return
        ended = self._suppressed()
        if ended is not None:
            self._escalate(kind or ended)

    # --- condition ------------------------------------------------------------------------------------------------

    def _happened(self, kind: str) -> bool:
        return any(event.kind == kind for event in self.events)

    def _count_flips(self) -> None:
        flips = [event.at for event in self.events if event.kind in _HARD_CHANGES]
        paging = self.episode.paging
        if not flips and not paging.flapping:
            return
        known = (*paging.flips, *flips)[-CHANGES:]
        interval = self.policies.intervals.get(self.episode.subject, USUAL_INTERVAL)
        flapping = is_flapping(paging.flapping, flap_percent(known, self.now, interval))
        self._page_state(flips=known, flapping=flapping)

    def _worse(self) -> NoticeKind | None:
        """A raised severity restarts the escalation and ends a snooze. The lifecycle revokes the acknowledgement."""
        raised = self._happened("severity") and self.episode.severity is Severity.CRITICAL
        if not (raised or self._happened("step")) or self._happened("fired"):
            return None
        self._restart()
        if self.episode.snoozed_by is not None:
            self._clear_snooze("it became worse")
        return NoticeKind.SEVERITY

    # --- handling -------------------------------------------------------------------------------------------------

    def _return_to_owner(self) -> None:
        """What comes back soon keeps its owner, who has to answer."""
        owner = self.episode.paging.returning
        if owner is None:
            return
        times = self.policies.times
        until = self.now + timedelta(seconds=times.reopen_answer)
        self.transition.change(acknowledged_by=owner, acknowledged_at=self.now, acknowledged_until=until)
        self.transition.event(
            "acknowledged", f"it is back: {owner} still has it", detail={"owner": owner, "until": until.isoformat()}
        )
        self._page_state(returning=None, owner_reminded=True)
        reason = f"it is back, and {owner} has it; without an answer others are told in {duration(times.reopen_answer)}"
        receivers = self._channels_of(owner) or self._first_receivers()
        self._send(NoticeKind.FIRED, receivers, reason, told=True)

    def _tell_handling(self) -> None:
        for event in self.events:
            match event.kind:
                case "acknowledged":
                    self._page_state(owner_reminded=False)
                    self._tell_owner_change(event)
                case "snoozed":
                    until = self.episode.snoozed_until
                    end = "it recovers" if until is None else f"{until:%Y-%m-%d %H:%M} UTC"
                    reason = f"snoozed by {event.actor} until {end}"
                    self._decide(Stage.HANDLING, DecisionOutcome.SUPPRESSED, reason)
                case "unacknowledged" | "snooze_ended":
                    self._start_again(event)
                case "undone":
                    self._tell_undone(event)

    def _start_again(self, event: AlertEvent) -> None:
        self._restart()
        self._decide(Stage.HANDLING, DecisionOutcome.NONE, f"{event.message}: the escalation starts again")

    def _tell_undone(self, event: AlertEvent) -> None:
        """Tell what the undoing made of the owner; the event's detail says who had the alert until then."""
        before = event.detail.get("from")
        if self.episode.acknowledged_by not in (None, before):
            self._page_state(owner_reminded=False)
            self._tell_owner_change(event)
        elif (before is not None or "snooze_of" in event.detail) and not self._is_handled():
            self._start_again(event)

    def _tell_owner_change(self, event: AlertEvent) -> None:
        owner = self.episode.acknowledged_by
        until = self.episode.acknowledged_until
        end = "" if until is None else f" until {until:%Y-%m-%d %H:%M} UTC"
        self._decide(Stage.HANDLING, DecisionOutcome.SUPPRESSED, f"acknowledged by {owner}{end}")
        channels = self.policies.channels
        told = [
            receiver
            for receiver in self.episode.paging.told
            if receiver.channel in channels and channels[receiver.channel].type in TELLS_ACKNOWLEDGEMENTS
        ]
        before = event.detail.get("from")
        if before and before != owner:
            told += self._channels_of(before)
        if owner and event.actor != owner:
            told += self._channels_of(owner)
        self._send(NoticeKind.ACKNOWLEDGED, once_per_channel(told), event.message)

    def _end_acknowledgement(self) -> None:
        episode, now = self.episode, self.now
        until, owner = episode.acknowledged_until, episode.acknowledged_by
        if owner is None or until is None:
            return
        if now >= until:
            self.transition.change(acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
            self.transition.event("ack_expired", f"the acknowledgement by {owner} ended")
            self._restart()
            reason = f"the acknowledgement by {owner} ended: the escalation starts again"
            self._decide(Stage.HANDLING, DecisionOutcome.NONE, reason)
            return
        began = episode.acknowledged_at or now
        long_enough = (until - began).total_seconds() > 2 * REMIND_OWNER
        if long_enough and not episode.paging.owner_reminded and (until - now).total_seconds() <= REMIND_OWNER:
            self._page_state(owner_reminded=True)
            left = duration((until - now).total_seconds())
            self._send(NoticeKind.REMINDER, self._channels_of(owner), f"your acknowledgement ends in {left}")

    def _end_snooze(self) -> None:
        until = self.episode.snoozed_until
        if self.episode.snoozed_by is not None and until is not None and self.now >= until:
            self._clear_snooze("the snooze ended")
            self._restart()

    def _clear_snooze(self, message: str) -> None:
        self.transition.change(snoozed_by=None, snoozed_until=None)
        self.transition.event("snooze_ended", message)

    def _is_handled(self) -> bool:
        return self.episode.acknowledged_by is not None or self.episode.snoozed_by is not None

    # --- suppression ----------------------------------------------------------------------------------------------

    def _suppressed(self) -> NoticeKind | None:
        """The kind of the next page, or ``None`` while messages are held."""
        found = self._suppression()
        if not self.episode.paging.settled and (found is None or found.stage is not Stage.SETTLE):
            self._page_state(settled=True)
        paging, at = self.episode.paging, self.planner.at
        if found is not None:
            if paging.held != found.key:
                outcome = DecisionOutcome.HELD if found.stage is Stage.SETTLE else DecisionOutcome.SUPPRESSED
                self._decide(found.stage, outcome, found.reason, found.detail)
                self._page_state(held=found.key, held_since=paging.held_since or at, released=None)
            return None
        if paging.held is None:
            self._page_state(held_since=None)
            return NoticeKind.FLAPPING if self._began_flapping() else NoticeKind.FIRED
        stage = Stage(paging.held.partition(":")[0])
        if stage is Stage.INHIBIT and not self._outlived_its_cause():
            return None
        self._page_state(held=None, held_since=None, released=None)
        if stage is Stage.SETTLE:
            return NoticeKind.FIRED
        self._restart()
        self._decide(stage, DecisionOutcome.NONE, f"the {ENDED[stage]} is over and the alert still fires")
        return NoticeKind.CATCH_UP

    def _suppression(self) -> Suppression | None:
        planner = self.planner
        return suppression_of(
            self.episode, self.policies, planner.dependencies, planner.at, began_flapping=self._began_flapping()
        )

    def _outlived_its_cause(self) -> bool:
        """Whether its own probes had time to see that it is good again, too."""
        released, at = self.episode.paging.released, self.planner.at
        if released is None:
            self._page_state(released=at)
            self._decide(
                Stage.SETTLE, DecisionOutcome.HELD, "the alert it followed from is over; its next probes decide"
            )
            return False
        interval = self.policies.intervals.get(self.episode.subject, USUAL_INTERVAL)
        return at.seconds_since(released) > SLACK_SECONDS + 2 * interval

    def _began_flapping(self) -> bool:
        return self.episode.paging.flapping and not self.before.paging.flapping

    # --- escalation -----------------------------------------------------------------------------------------------

    def _escalate(self, kind: NoticeKind) -> None:
        policy = escalation_for(self.policies, self.episode.severity, self._group, self.planner.at.wall)
        if policy is None:
            if kind is not NoticeKind.FIRED or self._happened("fired"):
                reason = "no escalation applies to it" if self.policies.channels else "no channel is configured"
                self._decide(Stage.ESCALATION, DecisionOutcome.NONE, reason)
            return
        steps = steps_of(policy)
        base = self.episode.paging.base
        if base is None:
            base = self.planner.at
            self._page_state(base=base)
        if kind is NoticeKind.CATCH_UP and self._lasted() >= steps[0][0]:
            # It was due long ago: the delay of the first level does not count again.
            base = self.planner.at.moved(-steps[0][0])
            self._page_state(base=base)
        quiet = self._quiet_until()
        if quiet is not None and self.episode.paging.told:
            return
        elapsed, level = self.planner.at.seconds_since(base), self.episode.escalation_level
        due = sum(delay <= elapsed for delay, _ in steps)
        if due > level:
            self._page(policy, steps, due - 1, kind, quiet)
        elif kind is NoticeKind.FLAPPING and self.episode.paging.told:
            self._send(kind, once_per_channel(self.episode.paging.told), self._why(kind, level), told=True)
        else:
            self._remind(steps)

    def _page(
        self,
        policy: EscalationPolicy,
        steps: Sequence[tuple[float, Sequence[str]]],
        index: int,
        kind: NoticeKind,
        quiet: datetime | None,
    ) -> None:
        receivers = self._receivers(steps[index][1])
        first = index
        while not receivers and index + 1 < len(steps):
            reason = f"level {index + 1} of {policy.name} reaches nobody: the next level is told at once"
            self._decide(Stage.ESCALATION, DecisionOutcome.ESCALATED, reason, ", ".join(steps[index][1]))
            index += 1
            receivers = self._receivers(steps[index][1])
        self.transition.change(escalation_level=index + 1)
        if index != first:
            self._page_state(base=self.planner.at.moved(-steps[index][0]))
        if not receivers:
            self._decide(Stage.ESCALATION, DecisionOutcome.NONE, f"no level of {policy.name} reaches anybody")
            return
        if kind is NoticeKind.FIRED and self.episode.paging.told:
            kind = NoticeKind.ESCALATED
        self._send(kind, receivers, self._why(kind, index), told=True, not_before=quiet)

    def _why(self, kind: NoticeKind, index: int) -> str:
        match kind:
            case NoticeKind.FLAPPING:
                return f"it flaps, {flap_words(self.episode, self.planner.at)}: further changes are held"
            case NoticeKind.CATCH_UP:
                return "it still fires after its messages were held"
            case NoticeKind.SEVERITY:
                return "a further limit is passed" if self._happened("step") else "it became critical"
            case NoticeKind.ESCALATED:
                elapsed = self.planner.at.seconds_since(self._base)
                if elapsed < 1.0:
                    return f"level {index + 1}: the escalation starts again"
                return f"level {index + 1}: nobody acknowledged within {duration(elapsed)}"
        return "it fired"

    def _remind(self, steps: Sequence[tuple[float, Sequence[str]]]) -> None:
        paging, every = self.episode.paging, self.policies.times.reminder
        if not every or paging.last_told is None or not paging.told:
            return
        since = self.planner.at.seconds_since(paging.last_told)
        if since < every:
            return
        level = min(max(self.episode.escalation_level, 1), len(steps))
        receivers = self._receivers(steps[level - 1][1])
        reason = f"still unacknowledged after {duration(self._lasted())}"
        self._send(NoticeKind.REMINDER, receivers, reason, told=True, expires=timedelta(seconds=every))

    # --- the end --------------------------------------------------------------------------------------------------

    def _tell_end(self) -> None:
        if self._happened("cleared"):
            self._decide(Stage.LIFECYCLE, DecisionOutcome.NONE, "it ended before it was confirmed: nobody was told")
        if not self._happened("resolved"):
            return
        paging, channels = self.episode.paging, self.policies.channels
        if not paging.told:
            held = f" ({paging.held})" if paging.held else ""
            self._decide(Stage.LIFECYCLE, DecisionOutcome.NONE, f"it ended, and nobody was told that it fired{held}")
            return
        receivers = once_per_channel(
            receiver
            for receiver in paging.told
            if receiver.channel in channels and channels[receiver.channel].send_resolved
        )
        reason = end_reason(self.episode, self.events)
        if self._began_flapping():
            reason = f"{reason}; it flaps, {flap_words(self.episode, self.planner.at)}: further changes are held"
        self._send(NoticeKind.RESOLVED, receivers, reason, not_before=self._quiet_until())

    # --- messages -------------------------------------------------------------------------------------------------

    def _send(
        self,
        kind: NoticeKind,
        receivers: Sequence[Receiver],
        reason: str,
        *,
        told: bool = False,
        not_before: datetime | None = None,
        expires: timedelta | None = None,
    ) -> None:
        if not receivers:
            return
        names = ", ".join(
            receiver.name if receiver.name == receiver.channel else f"{receiver.name} by {receiver.channel}"
            for receiver in receivers
        )
        if self.episode.rule_id in self.planner.shadow_rules:
            self._decide(Stage.SHADOW, DecisionOutcome.SUPPRESSED, f"the rule is in shadow mode; {kind.value}", names)
            return
        now = self.now
        if expires is None:
            expires = ACKNOWLEDGED_EXPIRES if kind is NoticeKind.ACKNOWLEDGED else PAGE_EXPIRES
        notice = self._notice()
        self.outbox += [
            OutboxEntry(
                channel=receiver.channel,
                receiver=receiver.name,
                kind=kind,
                reason=reason,
                created_at=now,
                notice=notice,
                not_before=not_before,
                expires_at=(not_before or now) + expires,
            )
            for receiver in receivers
        ]
        if told:
            known = self.episode.paging.told
            new = tuple(receiver for receiver in receivers if receiver not in known)
            self._page_state(told=known + new, last_told=self.planner.at)
        if not_before is not None:
            held = f"quiet hours until {not_before:%Y-%m-%d %H:%M} UTC"
            self._decide(Stage.QUIET_HOURS, DecisionOutcome.HELD, held, names)
            return
        outcome = DecisionOutcome.ESCALATED if kind is NoticeKind.ESCALATED else DecisionOutcome.SENT
        said = reason if kind in (NoticeKind.FIRED, NoticeKind.ESCALATED) else f"{kind.value}: {reason}"
        self._decide(Stage.ESCALATION, outcome, said, names)

    def _notice(self) -> Notice:
        episode, planner = self.episode, self.planner
        return notice_of(
            episode,
            group=self._group,
            answer_line=planner.answer_line(episode),
            followers=planner.dependencies.followers_of(episode),
        )

    def _receivers(self, names: Sequence[str]) -> tuple[Receiver, ...]:
        found = once_per_channel(receivers_of(self.policies, names, self.episode.severity, self.planner.at.wall))
        if self.episode.alert_type is not AlertType.NOTIFY:
            return found
        # An alert about a channel cannot go through it.
        others = tuple(receiver for receiver in found if receiver.channel != self.episode.subject)
        return others or tuple(Receiver(name, name) for name in self.policies.channels if name != self.episode.subject)

    def _first_receivers(self) -> tuple[Receiver, ...]:
        policy = escalation_for(self.policies, self.episode.severity, self._group, self.planner.at.wall)
        return () if policy is None else self._receivers(policy.levels[0].notify)

    def _channels_of(self, actor: str) -> tuple[Receiver, ...]:
        """The channels of the person behind a login name or token."""
        person = next((each for each in self.policies.people.values() if each.is_actor(actor)), None)
        if person is None:
            return ()
        channels = person.channels_for(self.episode.severity)
        return tuple(Receiver(name, person.name) for name in channels if name in self.policies.channels)

    def _quiet_until(self) -> datetime | None:
        hours = self.policies.quiet_hours
        if hours is None or self.episode.severity is Severity.CRITICAL:
            return None
        return running_until(hours, self.planner.at.wall)

    @property
    def _group(self) -> str | None:
        return self.policies.groups.get(self.episode.subject)

    @property
    def _base(self) -> Instant:
        return self.episode.paging.base or self.planner.at

    def _lasted(self) -> float:
        fired = self.episode.fired_at
        return 0.0 if fired is None else max(0.0, (self.now - fired).total_seconds())

    def _restart(self) -> None:
        self._page_state(base=self.planner.at)
        self.transition.change(escalation_level=0)

    def _page_state(self, **changes: Any) -> None:
        paging: Paging = replace(self.episode.paging, **changes)
        self.transition.change(paging=paging)

    def _decide(self, stage: Stage, outcome: DecisionOutcome, reason: str, detail: str | None = None) -> None:
        self.decisions.append(Decision(self.now, stage, outcome, reason, detail))
