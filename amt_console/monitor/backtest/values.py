"""The values of one target through its history: rules on each result, and on windows of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from amt_console.alerts.backtest.outcome import Fired
from amt_console.clock import Instant
from amt_console.model import ProbeResult, Target
from amt_console.monitor.backtest.stage import BacktestStage, past_instant
from amt_console.monitor.buffer import Collected
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.signals import READ_EVERY, RuleWindow, value_windows

_LOOKS_PER_WINDOW = 60
"""A long window is judged so often in its length, and not every 30 seconds: that would take hours for a month."""


def watches_values(ruleset: Ruleset, name: str) -> bool:
    """Whether any rule is on the values of a target."""
    return bool(ruleset.value_rules[name] or ruleset.value_window_rules[name])


def replay_values(ruleset: Ruleset, target: Target, results: Iterable[ProbeResult]) -> list[Fired]:
    """The alerts that the values of a target would have fired.

    Args:
        ruleset: The rules.
        target: The target.
        results: Its recorded results with their values, oldest first.
    """
    windowed = ruleset.value_window_rules[target.name]
    alone = Ruleset(targets=(target,), rules=(*ruleset.value_rules[target.name], *windowed))
    stage = BacktestStage(Evaluator(alone))
    longest = timedelta(seconds=max((rule.window or 0.0 for rule in windowed), default=0.0))
    recent: deque[ProbeResult] = deque()
    looked: dict[str, Instant] = {}
    for result in results:
        at = past_instant(result.timestamp + timedelta(milliseconds=result.response_time_ms or 0.0))
        windows: list[RuleWindow] = []
        if windowed:
            recent.append(result)
            while recent[0].timestamp < result.timestamp - longest:
                recent.popleft()
            for rule in windowed:
                every = max(READ_EVERY, (rule.window or 0.0) / _LOOKS_PER_WINDOW)
                before = looked.get(rule.id)
                if before is not None and at.seconds_since(before) < every:
                    continue
                looked[rule.id] = at
                start = at.wall - timedelta(seconds=rule.window or 0.0)
                windows += value_windows(rule, target.name, [each for each in recent if each.timestamp >= start], at)
        stage.see([Collected(result, at)], windows)
    return stage.finish()
