"""How the default rules confirm a failure and its end: the table that the page of alerts describes."""

from __future__ import annotations

from amt_console.alerts.rules.defaults import default_rules, information_rule
from amt_console.alerts.rules.rule import Signal

CONFIRMATION = {
    # rule: looks until it fires, looks until it ends, seconds it must last, seconds it is kept, reopen window
    "service_down": (3, 2, 0, 0, 300),
    "database": (3, 2, 0, 0, 300),
    "plugin_warning": (3, 2, 0, 0, 300),
    "response_time": (3, 2, 0, 0, 300),
    "tls_expiry": (2, 2, 0, 0, 300),
    "error_rate": (1, 2, 0, 0, 300),
    "uptime": (1, 2, 0, 0, 300),
    "cpu_usage": (3, 2, 30, 30, 300),
    "memory_usage": (3, 2, 30, 30, 300),
    "disk_usage": (2, 2, 0, 0, 300),
    # Whoever says these has looked for a while: one look confirms.
    "monitor": (1, 1, 0, 900, 0),
    "network": (1, 1, 0, 30, 300),
    "notify": (1, 1, 0, 0, 300),
    "report": (1, 1, 0, 0, 300),
    "heartbeat": (1, 1, 0, 0, 300),
    "external": (1, 1, 0, 0, 300),
    # Information is never sent, so nothing is reopened.
    "trend": (1, 1, 0, 0, 0),
    "resource_pattern": (1, 1, 0, 0, 0),
    "behaviour": (1, 1, 0, 0, 0),
}


def test_each_default_rule_confirms_as_the_page_says_and_is_no_shadow() -> None:
    rules = default_rules()
    found = {
        rule.id: (rule.fail, rule.recover, rule.for_seconds, rule.keep_firing_for, rule.reopen_window) for rule in rules
    }
    assert found == CONFIRMATION
    assert not any(rule.shadow for rule in rules)
    assert not information_rule("mine", Signal.TREND).shadow
