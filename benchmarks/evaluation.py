"""Evaluation of a thousand services by five rules each: rules, life of the alerts, and what is sent."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import replace

from amt_console.alerts import Planner
from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.model import ErrorClass, ProbeResult, ServiceState
from amt_console.monitor.buffer import Collected
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Ledger
from amt_console.monitor.ruleset import build_ruleset
from benchmarks.figure import Figure

SERVICES = 1000
TARGET_MS = 20.0
ALERTING = 20
"""Services that are down in the second figure: their alerts are planned in each cycle."""


def figures(quick: bool) -> list[Figure]:
    """A cycle in which all is well, and one with open alerts."""
    rounds = 20 if quick else 100
    note = f"{SERVICES} services x 5 rules, median of {rounds} cycles, processor time"
    return [
        Figure(
            "evaluation: a cycle of 1,000 services x 5 rules, all well",
            _median(_Cycle(down=0), rounds),
            "ms",
            TARGET_MS,
            note=note,
        ),
        Figure(
            f"evaluation: the same with {ALERTING} firing alerts and their escalation",
            _median(_Cycle(down=ALERTING), rounds),
            "ms",
            TARGET_MS,
            note=note,
        ),
    ]


class _Cycle:
    """One evaluation of a result of each service."""

    def __init__(self, *, down: int) -> None:
        rules = [
            {"name": f"slow-{number}", "signal": "response_time", "above": 100.0 * number, "severity": "warning"}
            for number in (6, 7, 8)
        ]
        document = {
            "api_base_url": "",
            "services": [{"name": f"service-{n}", "url": f"http://127.0.0.1:{1024 + n}/"} for n in range(SERVICES)],
            "rules": rules,
            "channels": [{"name": "ops", "type": "slack", "url": "https://hooks.slack.com/services/x"}],
        }
        settings = Settings.model_validate(document)
        self._ruleset = build_ruleset(settings, targets(settings, store_url="sqlite:///x.db"))
        per_service = {len(found) for found in self._ruleset.probe_rules.values()}
        assert min(per_service) >= 5, f"rules of a service: {per_service}"
        self._evaluator = Evaluator(self._ruleset)
        self._clock = FakeClock()
        self._ledger = Ledger(())
        self._down = {f"service-{n}" for n in range(down)}
        for _ in range(4):
            self.collect()
            self()

    def collect(self) -> None:
        """Results of all services; making them is the prober's work."""
        at = self._clock.instant()
        self._items = [Collected(self._result(target.name), at) for target in self._ruleset.targets]

    def __call__(self) -> None:
        at = self._clock.instant()
        ledger = Ledger(self._ledger.all())
        self._evaluator.evaluate(ledger, self._items)
        if ledger.changes or ledger.has_any_open:
            ledger.plan(Planner(self._ruleset.policies, ledger.open(), at))
        numbered = {id(change.episode): number for number, change in enumerate(ledger.changes, 1)}
        self._ledger = Ledger(
            each if each.id is not None else replace(each, id=numbered.get(id(each), 1)) for each in ledger.all()
        )
        self._clock.advance(15.0)

    def _result(self, name: str) -> ProbeResult:
        down = name in self._down
        return ProbeResult(
            service=name,
            timestamp=self._clock.now(),
            state=ServiceState.DOWN if down else ServiceState.UP,
            interval=15.0,
            response_time_ms=None if down else 42.0,
            error_class=ErrorClass.CONNECT_REFUSED if down else None,
            error="connection refused" if down else None,
        )


def _median(cycle: _Cycle, rounds: int) -> float:
    """Processor time of a cycle in milliseconds; what lives long is frozen, as in the engine."""
    gc.collect()
    gc.freeze()
    spent = []
    for _ in range(rounds):
        cycle.collect()
        started = time.thread_time()
        cycle()
        spent.append(1000.0 * (time.thread_time() - started))
    gc.unfreeze()
    return statistics.median(spent)
