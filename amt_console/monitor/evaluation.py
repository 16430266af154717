"""Evaluates collected items: every rule over every item, in order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from amt_console.alerts import (
    EXTERNAL_RULE,
    HOST_SUBJECTS,
    DeliveryReading,
    NetworkReading,
    Observation,
    ReportReading,
    Rule,
    Signal,
    Verdict,
    external_rule,
    is_good,
    judge,
    judge_delivery,
    judge_disks,
    judge_gap,
    judge_heard,
    judge_heartbeat,
    judge_host,
    judge_network,
    judge_no_data,
    judge_probe,
    judge_report,
    judge_sights,
    judge_value,
    missing,
    report_subject,
    resume,
    retire,
    step,
)
from amt_console.clock import Instant
from amt_console.model import Gap, ServiceState, value_name
from amt_console.model.inbound import HEARTBEAT_RULE
from amt_console.monitor.buffer import (
    Arrived,
    Collected,
    FigureReading,
    HostReading,
    InformationReading,
    Item,
    NoData,
    Pause,
)
from amt_console.monitor.ledger import Ledger, key_of
from amt_console.monitor.ruleset import MONITOR_SUBJECT, Ruleset
from amt_console.monitor.signals import RuleWindow
from amt_console.monitor.watches.hosts import STORE_EVERY

_KNOWN_WITHOUT_MEASURING = frozenset((Signal.MONITOR, Signal.NOTIFY, Signal.REPORT, Signal.HEARTBEAT, Signal.EXTERNAL))
"""Alerts of these are not held over a time in which nothing was measured."""


class Evaluator:
    """Judges items by the rules and steps the episodes of a ledger."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset

    def evaluate(self, ledger: Ledger, items: Sequence[Item], windows: Sequence[RuleWindow] = ()) -> None:
        """Evaluate the items in order of arrival, then the windows."""
        for item in items:
            if isinstance(item, Collected):
                if not item.late:
                    self._result(ledger, item)
            elif isinstance(item, HostReading):
                self._host(ledger, item)
            elif isinstance(item, FigureReading):
                self._figures(ledger, item)
            elif isinstance(item, NoData):
                self._no_data(ledger, item)
            elif isinstance(item, NetworkReading):
                for rule in self.ruleset.network_rules:
                    _step(ledger, rule, judge_network(rule, item))
            elif isinstance(item, DeliveryReading):
                if item.channel in self.ruleset.policies.channels:
                    for rule in self.ruleset.delivery_rules:
                        _step(ledger, rule, judge_delivery(item))
            elif isinstance(item, ReportReading):
                for rule in self.ruleset.report_rules:
                    if self.ruleset.watches(rule.id, report_subject(item.name)):
                        _step(ledger, rule, judge_report(item))
            elif isinstance(item, Arrived):
                self._arrived(ledger, item)
            elif isinstance(item, InformationReading):
                self._information(ledger, item)
            elif isinstance(item, Pause) and item.at is not None:
                self.interrupted(ledger, item.gap, at=item.at)
        for window in windows:
            _step(ledger, window.rule, window.judge(ledger.newest((window.rule.id, window.subject))))

    def sweep(self, ledger: Ledger, *, at: Instant) -> None:
        """Close alerts whose rule or target was removed from the configuration."""
        for episode in ledger.open():
            if episode.rule_id and not self.ruleset.watches(episode.rule_id, episode.subject):
                ledger.apply(key_of(episode), retire(episode, at=at))

    def interrupted(self, ledger: Ledger, gap: Gap, *, at: Instant) -> None:
        """Handle a gap: hold every open alert, and report the gap itself."""
        self.resume(ledger, seconds=(gap.ended_at - gap.started_at).total_seconds(), at=at)
        for rule in self.ruleset.monitor_rules:
            _step(ledger, rule, judge_gap(rule, gap, subject=MONITOR_SUBJECT, at=at))

    def resume(self, ledger: Ledger, *, seconds: float, at: Instant) -> None:
        """Hold every open alert over so many seconds without data."""
        for episode in ledger.open():
            rule = self.ruleset.rule_of(episode.rule_id)
            if not episode.rule_id or (rule is not None and rule.signal in _KNOWN_WITHOUT_MEASURING):
                continue
            target = self.ruleset.by_target.get(self.ruleset.owner_of(episode.subject))
            interval = STORE_EVERY if target is None else target.interval
            ledger.apply(key_of(episode), resume(episode, at=at, gap_seconds=seconds, interval=interval))

    def beat(self, ledger: Ledger, *, at: Instant) -> None:
        """The monitor works: step its open alerts towards their end."""
        for rule in self.ruleset.monitor_rules:
            if ledger.has_open((rule.id, MONITOR_SUBJECT)):
                _step(ledger, rule, judge_gap(rule, None, subject=MONITOR_SUBJECT, at=at))

    def _result(self, ledger: Ledger, item: Collected) -> None:
        result, at = item.result, item.at
        name = result.service
        for rule in self.ruleset.probe_rules.get(name, ()):
            episode = ledger.newest((rule.id, name))
            if (episode is None or not episode.open) and not item.sights and is_good(rule, result, at):
                continue
            if item.sights:
                _step(ledger, rule, judge_sights(rule, item.sights, at=at, episode=episode))
            else:
                _step(ledger, rule, judge_probe(rule, result, at=at, episode=episode))
        if rules := self.ruleset.value_rules.get(name):
            self._values(ledger, item, rules)
        if result.state is ServiceState.UNKNOWN:
            return
        for rule in self.ruleset.freshness_rules.get(name, ()):
            if ledger.has_open((rule.id, name)):
                _step(ledger, rule, judge_heard(rule, name, at=at))

    def _values(self, ledger: Ledger, item: Collected, rules: Sequence[Rule]) -> None:
        """Judge the values of a result. What was there before and is missing now holds its alert."""
        result, at, target = item.result, item.at, item.result.service
        for rule in rules:
            watched = {subject: name for name, subject in rule.value_subjects(target, result.values)}
            for subject in self._open_values(ledger, rule, target):
                watched.setdefault(subject, value_name(target, subject))
            for subject, name in watched.items():
                episode = ledger.newest((rule.id, subject))
                if item.sights:
                    value = (name, subject)
                    _step(ledger, rule, judge_sights(rule, item.sights, at=at, episode=episode, value=value))
                else:
                    _step(ledger, rule, judge_value(rule, subject, name, result, at=at, episode=episode))

    def _open_values(self, ledger: Ledger, rule: Rule, target: str) -> list[str]:
        """The subjects of open alerts on values of a target."""
        return [
            subject
            for subject, episode in ledger.of_rule(rule.id).items()
            if episode.open and self.ruleset.owner_of(subject) == target
        ]

    def _host(self, ledger: Ledger, item: HostReading) -> None:
        for rule in self.ruleset.host_rules:
            if rule.signal is Signal.DISK_USAGE:
                for observation in judge_disks(rule, item.sample, at=item.at, episodes=ledger.of_rule(rule.id)):
                    _step(ledger, rule, observation)
            elif rule.applies_to(subject := HOST_SUBJECTS[rule.signal]):
                episode = ledger.newest((rule.id, subject))
                _step(ledger, rule, judge_host(rule, item.sample, at=item.at, episode=episode))

    def _figures(self, ledger: Ledger, item: FigureReading) -> None:
        for rule in self.ruleset.figure_rules:
            for name, figure in item.figures.figures.items():
                subject = f"{item.figures.kind}.{name}"
                if isinstance(figure.value, tuple) or not rule.applies_to(subject):
                    continue
                episode = ledger.newest((rule.id, subject))
                observation = judge(rule, subject, figure.value, at=item.at, episode=episode, reason=figure.reason)
                _step(ledger, rule, observation)

    def _information(self, ledger: Ledger, item: InformationReading) -> None:
        """What was found opens or holds an alert; what is open and was not found again ends."""
        for rule in self.ruleset.information_rules:
            found = {
                each.subject: each
                for each in item.found
                if each.signal is rule.signal and self.ruleset.watches(rule.id, each.subject)
            }
            for subject, each in found.items():
                if ledger.has_open((rule.id, subject)) or (rule.id, subject) not in item.ended:
                    _step(ledger, rule, Observation(subject, Verdict.INFO, each.message, item.at, each.value))
            for subject, episode in ledger.of_rule(rule.id).items():
                if episode.open and subject not in found:
                    message = f"{subject}: nothing unusual in its history any more"
                    _step(ledger, rule, Observation(subject, Verdict.OK, message, item.at))

    def _arrived(self, ledger: Ledger, item: Arrived) -> None:
        if item.heartbeat is not None:
            job, rule = item.heartbeat.heartbeat, self.ruleset.by_id.get(HEARTBEAT_RULE)
            if rule is not None and job.name in self.ruleset.by_heartbeat:
                own = replace(rule, severity=job.severity, runbook=job.runbook)
                _step(ledger, own, judge_heartbeat(item.heartbeat))
        elif item.external is not None:
            rule = self.ruleset.by_id.get(EXTERNAL_RULE)
            if rule is not None:
                _step(ledger, external_rule(rule, item.external), item.external.observation)

    def _no_data(self, ledger: Ledger, item: NoData) -> None:
        subject, at = item.subject, item.at
        target = self.ruleset.by_target.get(subject)
        if target is None:
            return
        for rule in (*self.ruleset.probe_rules[subject], *self.ruleset.window_rules[subject]):
            _step(ledger, rule, missing(rule, subject, at, item.reason))
        for rule in (*self.ruleset.value_rules[subject], *self.ruleset.value_window_rules[subject]):
            for value in self._open_values(ledger, rule, subject):
                _step(ledger, rule, missing(rule, value, at, item.reason))
        for rule in self.ruleset.freshness_rules[subject]:
            observation = judge_no_data(
                rule, subject, seconds=item.seconds, interval=target.interval, at=at, reason=item.reason
            )
            _step(ledger, rule, observation)


def _step(ledger: Ledger, rule: Rule, observation: Observation | None) -> None:
    if observation is not None:
        key = (rule.id, observation.subject)
        ledger.apply(key, step(ledger.newest(key), observation, rule))
