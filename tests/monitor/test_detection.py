"""Time to detect an outage: schedule and rules together, on a fake clock."""

from __future__ import annotations

import pytest

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.config import targets as configured_targets
from amt_console.model import AlertState, ErrorClass, ProbeResult, ServiceState
from amt_console.monitor.buffer import Collected
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Ledger
from amt_console.monitor.ruleset import build_ruleset
from amt_console.monitor.schedule import Schedule

PROBE_SECONDS = 0.05


@pytest.mark.parametrize("outage_after", [100.0, 103.7, 107.5, 111.1, 114.9])
def test_an_outage_of_the_api_fires_within_twenty_seconds(outage_after: float) -> None:
    settings = Settings.model_validate({"api_base_url": "http://127.0.0.1:5000"})
    ruleset = build_ruleset(settings, configured_targets(settings))
    assert ruleset.intervals["backend-api"] == 15.0
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(ruleset)
    begin = clock.monotonic()
    schedule = Schedule(ruleset.intervals, now=begin, recheck=ruleset.recheck)
    fired_after = None
    while fired_after is None:
        due = schedule.next_due()
        assert due is not None
        clock.advance(max(0.0, due - clock.monotonic()))
        for run in schedule.take(clock.monotonic()):
            down = clock.monotonic() - begin >= outage_after
            result = ProbeResult(
                service=run.name,
                timestamp=clock.now(),
                state=ServiceState.DOWN if down else ServiceState.UP,
                interval=ruleset.intervals[run.name],
                error_class=ErrorClass.CONNECT_REFUSED if down else None,
                error="connection refused" if down else None,
                attempt=run.attempt,
            )
            clock.advance(PROBE_SECONDS)
            evaluator.evaluate(ledger, [Collected(result, clock.instant())])
            schedule.finish(run.name, now=clock.monotonic(), failed=down)
        episode = ledger.newest(("service_down", "backend-api"))
        if episode is not None and episode.state is AlertState.FIRING:
            fired_after = clock.monotonic() - begin - outage_after
        assert clock.monotonic() - begin < 200.0
    assert fired_after <= 20.0
