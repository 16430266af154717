"""Certificates through their history: their end is known, so only the moments are judged at which a limit is passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from amt_console.alerts import Rule, Signal
from amt_console.model import ProbeResult, ServiceState, Target
from amt_console.monitor.backtest.stage import BacktestStage, past_instant
from amt_console.monitor.buffer import Collected
from amt_console.monitor.ruleset import Ruleset
from amt_console.store.reads.history import Expiry

_DAY = timedelta(days=1)


def expiry_rules(ruleset: Ruleset, name: str) -> tuple[Rule, ...]:
    """The rules on a target's certificate."""
    return tuple(rule for rule in ruleset.probe_rules[name] if rule.signal is Signal.TLS_EXPIRY)


def replay_certificates(target: Target, rules: Sequence[Rule], seen: Iterable[Expiry], stage: BacktestStage) -> None:
    """Judge the certificates of one service, in the order in which they were seen first.

    After each moment at which a verdict can change there are as many probes as confirm it.
    """
    interval = timedelta(seconds=target.interval)
    probes = max((max(rule.fail, rule.recover) for rule in rules), default=0)
    days = {
        limit
        for rule in rules
        for tier in (rule.limits_for(target.name).warning, rule.limits_for(target.name).critical)
        for limit in (*rule.steps, *((tier.enter, tier.leave) if tier is not None else ()))
    }
    for certificate in seen:
        moments = {certificate.first, *(certificate.expires_at - each * _DAY for each in days)}
        for moment in sorted(each for each in moments if certificate.first <= each <= certificate.last):
            for number in range(1, probes + 1):
                at = moment + number * interval
                stage.see([Collected(_result(target, certificate.expires_at, at), past_instant(at))])


def _result(target: Target, expires_at: datetime, at: datetime) -> ProbeResult:
    return ProbeResult(target.name, at, ServiceState.UP, target.interval, 0.0, tls_expires_at=expires_at)
