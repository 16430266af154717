"""A backtest of the default rules and an objective over the reference history: 100 services, 30 days."""

from __future__ import annotations

import resource
import time
from datetime import UTC, timedelta

from amt_console.config import Settings, targets
from amt_console.monitor.backtest.run import Backtest
from amt_console.monitor.ruleset import build_ruleset
from amt_console.store import Store
from benchmarks.figure import Figure
from benchmarks.history.fleet import INTERVAL
from benchmarks.history.reference import DAYS, SERVICES, reference_history

TARGET_SECONDS = 30.0
TARGET_MIB = 300.0


def figures(quick: bool) -> list[Figure]:
    """Wall time, processor time and memory; a quick run takes a smaller history, and its part of the target."""
    services, days = (20, 7) if quick else (SERVICES, DAYS)
    history = reference_history(services=services, days=days, quick=quick)
    names = [history.fleet.name(index) for index in range(services)]
    settings = Settings.model_validate(
        {
            "services": [{"name": name, "url": "http://127.0.0.1:9/", "interval": INTERVAL} for name in names],
            "slos": [{"name": "available", "services": names}],
        }
    )
    ruleset = build_ruleset(settings, targets(settings, env={}))
    with Store.open(history.url, clock=history.clock(), read_only=True) as store:
        begin, cpu = time.monotonic(), time.process_time()
        report = Backtest(store, ruleset, history.end - timedelta(days=days), history.end, UTC).run()
        took, spent = time.monotonic() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    fired = sum(len(rule.fired) for rule in report.rules)
    share = services * days / (SERVICES * DAYS)
    return [
        Figure(
            f"backtest: {services} services x {days} days, {fired} alerts",
            took,
            "s",
            TARGET_SECONDS * max(share, 0.1),
            note="once",
        ),
        Figure("  processor time", spent, "s"),
        Figure("  peak memory of the process", peak, "MiB", TARGET_MIB),
    ]
