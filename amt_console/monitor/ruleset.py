"""Builds the ruleset of a configuration: the targets, and the rules for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from amt_console.alerts import (
    EXTERNAL_RULE,
    HOST_SUBJECTS,
    INFORMATION_SIGNALS,
    Aggregate,
    Quorum,
    Rule,
    Signal,
    Staleness,
    Thresholds,
    custom_rule,
    default_rules,
    merge_rules,
    no_data_rule,
    report_subject,
    rules_for,
    slo_rule,
)
from amt_console.config import ConfigError
from amt_console.config.heartbeats import heartbeats_of
from amt_console.config.policies import policies_of
from amt_console.config.sections.rules import parse_quorum
from amt_console.config.slos import slos_of
from amt_console.model import NETWORK_SUBJECT, FigureSources, Service, Target, target_of_subject
from amt_console.model.inbound import EXTERNAL_PREFIX, Heartbeat
from amt_console.model.policy import Policies
from amt_console.monitor.figure_names import rule_faults, unit_faults

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.config.sections.rules import RuleSettings

MONITOR_SUBJECT = "monitor"
"""The subject of alerts about the monitor itself."""
QUERY_PREFIX = "prometheus/"
"""How the id of a rule begins that the limit of a Prometheus query makes."""
_HOST_SIGNALS = frozenset((*HOST_SUBJECTS, Signal.DISK_USAGE))
_ALWAYS_WINDOWED = frozenset((Signal.ERROR_RATE, Signal.UPTIME, Signal.SLO_BURN))


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Which rules watch which targets, sorted once, so that a result finds its rules by a look-up."""

    targets: tuple[Target, ...]
    rules: tuple[Rule, ...]
    recheck: tuple[float, ...] = ()
    canaries: tuple[Service, ...] = ()
    """Pages elsewhere that tell an outage of our own network from one of the platform."""
    figures: FigureSources = field(default_factory=FigureSources)
    policies: Policies = field(default_factory=Policies)
    """Who is told of alerts, as the configuration says; people add to it while the monitor runs."""
    reports: frozenset[str] = frozenset()
    """The names of the scheduled reports that are made."""
    heartbeats: tuple[Heartbeat, ...] = ()
    """Jobs that must report."""
    staleness: Staleness = field(default_factory=Staleness)
    """Of alerts from outside."""
    by_id: Mapping[str, Rule] = field(init=False)
    """Every rule, including the derived ones on missing data."""
    by_target: Mapping[str, Target] = field(init=False)
    probe_rules: Mapping[str, tuple[Rule, ...]] = field(init=False)
    """By target: rules that judge each result."""
    window_rules: Mapping[str, tuple[Rule, ...]] = field(init=False)
    """By target: rules that judge a window of results."""
    freshness_rules: Mapping[str, tuple[Rule, ...]] = field(init=False)
    """By target: rules that judge the absence of results."""
    value_rules: Mapping[str, tuple[Rule, ...]] = field(init=False)
    """By target: rules that judge the values of each result."""
    value_window_rules: Mapping[str, tuple[Rule, ...]] = field(init=False)
    host_rules: tuple[Rule, ...] = field(init=False)
    """Rules that judge each host sample."""
    host_window_rules: tuple[Rule, ...] = field(init=False)
    figure_rules: tuple[Rule, ...] = field(init=False)
    """Rules that judge the platform's figures; their subjects are ``<kind>.<name>``."""
    figure_window_rules: tuple[Rule, ...] = field(init=False)
    monitor_rules: tuple[Rule, ...] = field(init=False)
    network_rules: tuple[Rule, ...] = field(init=False)
    delivery_rules: tuple[Rule, ...] = field(init=False)
    """Rules that judge whether messages are delivered; their subjects are channels."""
    report_rules: tuple[Rule, ...] = field(init=False)
    """Rules that judge whether scheduled reports are made."""
    by_heartbeat: Mapping[str, Heartbeat] = field(init=False)
    information_rules: tuple[Rule, ...] = field(init=False)
    """Rules on what the history tells: services, parts of the host, users and chatbot."""

    def __post_init__(self) -> None:
        """Sort the rules by target and kind."""
        derived = {rule.id: rule for each in self.rules if (rule := no_data_rule(each)) is not None}
        found = {target.name: rules_for(self.rules, target) for target in self.targets}
        values = {name: [rule for rule in rules if rule.signal is Signal.VALUE] for name, rules in found.items()}
        whole = {name: [rule for rule in rules if rule.signal is not Signal.VALUE] for name, rules in found.items()}
        for name, value in (
            ("by_id", {**{rule.id: rule for rule in self.rules}, **derived}),
            ("by_target", {target.name: target for target in self.targets}),
            ("probe_rules", {name: _single(rules) for name, rules in whole.items()}),
            ("window_rules", {name: _windowed(rules) for name, rules in whole.items()}),
            ("value_rules", {name: _single(rules) for name, rules in values.items()}),
            ("value_window_rules", {name: _windowed(rules) for name, rules in values.items()}),
            ("freshness_rules", {name: _derived(rules) for name, rules in found.items()}),
            ("host_rules", _single([rule for rule in self.rules if rule.signal in _HOST_SIGNALS])),
            ("host_window_rules", _windowed([rule for rule in self.rules if rule.signal in _HOST_SIGNALS])),
            ("figure_rules", _single([rule for rule in self.rules if rule.signal is Signal.FIGURE])),
            ("figure_window_rules", _windowed([rule for rule in self.rules if rule.signal is Signal.FIGURE])),
            ("monitor_rules", tuple(rule for rule in self.rules if rule.signal is Signal.MONITOR)),
            ("network_rules", tuple(rule for rule in self.rules if rule.signal is Signal.NETWORK)),
            ("delivery_rules", tuple(rule for rule in self.rules if rule.signal is Signal.NOTIFY)),
            ("report_rules", tuple(rule for rule in self.rules if rule.signal is Signal.REPORT)),
            ("by_heartbeat", {each.name: each for each in self.heartbeats}),
            ("information_rules", tuple(rule for rule in self.rules if rule.signal in INFORMATION_SIGNALS)),
        ):
            object.__setattr__(self, name, value)

    @property
    def intervals(self) -> dict[str, float]:
        """Seconds between probes by target, in the order of the configuration."""
        return {target.name: target.interval for target in self.targets}

    def owner_of(self, subject: str) -> str:
        """The target whose value a subject is; otherwise the subject itself."""
        return target_of_subject(subject, self.by_target)

    @property
    def shadow_rules(self) -> frozenset[str]:
        """The ids of rules that only count what they would send."""
        return frozenset(rule_id for rule_id, rule in self.by_id.items() if rule.shadow)

    @property
    def depth(self) -> int:
        """Largest number of results that confirm a fault, or its end."""
        single = (self.probe_rules, self.value_rules)
        rules = {rule for by_target in single for found in by_target.values() for rule in found}
        return max((max(rule.fail, rule.recover) for rule in rules), default=1)

    def only_informs(self, rule_id: str) -> bool:
        """Whether alerts of this rule are for nobody to act on: one row, one line of the log, no timers."""
        rule = self.by_id.get(rule_id)
        return rule is not None and rule.signal in INFORMATION_SIGNALS

    def rule_of(self, rule_id: str) -> Rule | None:
        """The rule of an alert; of those from outside the one that their own rules are made from."""
        return self.by_id.get(EXTERNAL_RULE if rule_id.startswith(EXTERNAL_PREFIX) else rule_id)

    def watches(self, rule_id: str, subject: str) -> bool:
        """Whether an alert with this key can still be judged: its rule and its subject exist."""
        rule = self.rule_of(rule_id)
        if rule is None:
            return False
        if rule.signal is Signal.EXTERNAL:
            return True
        if rule.signal is Signal.HEARTBEAT:
            return subject in self.by_heartbeat
        if rule.signal is Signal.MONITOR:
            return subject == MONITOR_SUBJECT
        if rule.signal is Signal.NETWORK:
            return subject == NETWORK_SUBJECT
        if rule.signal is Signal.NOTIFY:
            return subject in self.policies.channels
        if rule.signal is Signal.REPORT:
            return subject in map(report_subject, self.reports)
        if rule.signal is Signal.TREND:
            return subject in self.by_target and rule.watches(self.by_target[subject])
        if rule.signal in INFORMATION_SIGNALS:
            return rule.applies_to(subject)
        if rule.signal in _HOST_SIGNALS or rule.signal is Signal.FIGURE:
            return rule.applies_to(subject)
        if rule.signal is Signal.VALUE:
            owner = self.owner_of(subject)
            known = (*self.value_rules.get(owner, ()), *self.value_window_rules.get(owner, ()))
            return rule in known and (rule.applies_to(subject) or rule.subject == owner)
        groups = (self.probe_rules, self.window_rules, self.freshness_rules)
        return any(rule in group.get(subject, ()) for group in groups)


def build_ruleset(settings: Settings, targets: Sequence[Target]) -> Ruleset:
    """The ruleset of a configuration.

    Args:
        settings: The configuration.
        targets: Its targets, secrets resolved.

    Raises:
        ConfigError: A rule watches an unknown figure, or a figure has a unit that does not fit.
    """
    if faults := (*rule_faults(settings), *unit_faults(settings)):
        raise ConfigError(faults)
    return Ruleset(
        targets=tuple(targets),
        rules=build_rules(settings, targets),
        recheck=tuple(settings.recheck),
        canaries=canaries(settings),
        figures=settings.figures.sources(),
        policies=policies_of(settings, targets),
        reports=frozenset(report.name for report in settings.reports if report.enabled),
        heartbeats=heartbeats_of(settings),
        staleness=Staleness(settings.api.hook_stale_after, settings.api.hook_end_after),
    )


def canaries(settings: Settings) -> tuple[Service, ...]:
    """The configured canaries as something that can be probed."""
    wanted = settings.canaries
    return tuple(
        Service(name=f"canary {number}", url=str(url), timeout=wanted.timeout)
        for number, url in enumerate(wanted.urls, 1)
    )


def build_rules(settings: Settings, targets: Sequence[Target]) -> tuple[Rule, ...]:
    """The default rules with the configured limits, those of objectives, and the configured ones beside or instead."""
    limits = settings.alert_thresholds
    thresholds = Thresholds(
        response_time_ms=limits.response_time_ms,
        response_time_warning_ms=limits.response_time_warning_ms,
        error_rate_percent=limits.error_rate_percent,
        error_rate_warning_percent=limits.error_rate_warning_percent,
        cpu_usage_percent=limits.cpu_usage_percent,
        memory_usage_percent=limits.memory_usage_percent,
        disk_usage_percent=limits.disk_usage_percent,
        uptime_percent=limits.uptime_percent,
        tls_expiry_days=limits.tls_expiry_days,
    )
    named = {rule.name for rule in settings.rules}
    built_in = (*default_rules(thresholds, targets), *map(slo_rule, slos_of(settings)))
    defaults = [rule for rule in built_in if rule.id not in named]
    customs = [rule_of(rule) for rule in settings.rules if rule.enabled]
    customs += [rule for rule in _query_rules(settings) if rule.id not in named]
    window = settings.notify.reopen_window
    return tuple(
        # A rule without a window, such as that of the monitor itself, keeps none.
        replace(rule, reopen_window=window) if rule.reopen_window else rule
        for rule in merge_rules(defaults, customs)
    )


def _query_rules(settings: Settings) -> Iterator[Rule]:
    """The rules of the limits of Prometheus queries: one each, on all of its values."""
    for query in settings.prometheus:
        if not query.enabled or (query.above is None and query.below is None):
            continue
        rule = custom_rule(
            name=QUERY_PREFIX + query.name,
            signal=Signal.VALUE,
            severity=query.severity,
            above=query.above,
            below=query.below,
            runbook=query.runbook,
        )
        yield replace(rule, target=query.name)


def rule_of(settings: RuleSettings) -> Rule:
    """The rule of a section of the configuration. Raises ValueError if its numbers do not fit together."""
    return custom_rule(
        name=settings.name,
        signal=Signal(settings.signal),
        severity=settings.severity,
        subject=settings.subject,
        above=settings.above,
        below=settings.below,
        leave=settings.leave,
        window=settings.window,
        aggregate=Aggregate(settings.aggregate),
        fail=settings.fail,
        for_seconds=settings.for_,
        recover=settings.recover,
        keep_firing_for=settings.keep_firing_for,
        no_data=settings.no_data,
        runbook=settings.runbook,
        quorum=None if settings.quorum is None else Quorum(*parse_quorum(settings.quorum)),
        groups=settings.groups,
        criticality=settings.criticality,
        shadow=settings.mode == "shadow",
    )


def _single(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if not is_windowed(rule))


def _windowed(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if is_windowed(rule))


def _derived(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for each in rules if (rule := no_data_rule(each)) is not None)


def is_windowed(rule: Rule) -> bool:
    """Whether the rule judges a window and not each value."""
    return rule.window is not None or rule.signal in _ALWAYS_WINDOWED
