"""The rules that are judged, as ``rules list`` and the API show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from amt_console.alerts import Rule
from amt_console.config import Settings
from amt_console.model import Target
from amt_console.monitor.ruleset import build_ruleset
from amt_console.store import Store, shadow_counts
from amt_console.text import safe_text


def rule_list(
    settings: Settings, targets: Sequence[Target], shadow_counts: Callable[[], Mapping[str, int]]
) -> list[dict[str, Any]]:
    """The document of ``rules list --json``.

    Args:
        settings: The configuration.
        targets: The watched targets.
        shadow_counts: How often each rule in shadow mode would have sent; asked only if there is such a rule.
    """
    ruleset = build_ruleset(settings, targets)
    counts = shadow_counts() if ruleset.shadow_rules else {}
    return [_listed(rule, counts.get(rule.id, 0)) for rule in ruleset.rules]


def stored_rule_list(settings: Settings, targets: Sequence[Target], store: Store) -> list[dict[str, Any]]:
    """``rule_list`` with the counts of a database."""

    def counts() -> Mapping[str, int]:
        with store.read() as reads:
            return shadow_counts(reads)

    return rule_list(settings, targets, counts)


def _listed(rule: Rule, would_have_sent: int) -> dict[str, Any]:
    return {
        "name": safe_text(rule.id, 200),
        "signal": rule.signal.value,
        "subject": safe_text(rule.target or rule.subject, 200),
        "severity": _severity(rule),
        "mode": "shadow" if rule.shadow else "on",
        "would_have_sent": would_have_sent,
    }


def _severity(rule: Rule) -> str:
    """The worst that the rule can raise."""
    if not rule.has_limits:
        return rule.severity.value
    limits = (rule.limits, *rule.limits_by_subject.values())
    for name in ("critical", "warning", "info"):
        if any(getattr(each, name) is not None for each in limits):
            return name
    return rule.severity.value
