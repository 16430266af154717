"""Rules on the values of checks, from the configuration to episodes."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest
from support.stores import laid_out

from amt_console.alerts import Verdict
from amt_console.clock import FakeClock, SystemClock
from amt_console.config import Settings, targets
from amt_console.model import AlertState, AlertType, Episode, ProbeResult, ServiceState, Severity, Value
from amt_console.monitor.backtest.run import Backtest
from amt_console.monitor.buffer import Collected, NoData
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Ledger
from amt_console.monitor.once import run_once
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.monitor.signals import RuleWindow, WindowReader
from amt_console.store import Store

CHECK_DUMMY = Path("/usr/lib/nagios/plugins/check_dummy")
BASES = {"api_base_url": "", "web_app_url": "", "mobile_app_url": ""}
DATABASE = {"name": "db", "url": "sqlite:////var/lib/shop.db", "interval": "30s"}
PLUGIN = {"name": "disks", "command": ["/usr/lib/nagios/plugins/check_disk"], "interval": "30s", "group": "hosts"}
QUERY = {"name": "queue", "url": "http://127.0.0.1:9090", "query": "sum(queue_length)", "interval": "30s"}


def ruleset(*rules: dict[str, object], **more: object) -> Ruleset:
    settings = Settings.model_validate({**BASES, "databases": [DATABASE], "rules": list(rules), **more})
    return build_ruleset(settings, targets(settings, env={}))


def rule(subject: str = "db/connections", **more: object) -> dict[str, object]:
    return {"name": "r", "signal": "value", "subject": subject, "above": 90, "fail": 2, **more}


def measured(
    clock: FakeClock,
    values: dict[str, float],
    *,
    name: str = "db",
    state: ServiceState = ServiceState.UP,
    attempt: int = 1,
) -> Collected:
    result = ProbeResult(
        service=name,
        timestamp=clock.now(),
        state=state,
        interval=30.0,
        response_time_ms=3.0,
        error=None if state is ServiceState.UP else "used: 91 %",
        attempt=attempt,
        values={label: Value(number, "%") for label, number in values.items()},
    )
    clock.advance(30)
    return Collected(result, clock.instant())


def open_episodes(ledger: Ledger) -> dict[tuple[str, str], Episode]:
    return {(each.rule_id, each.subject): each for each in ledger.open()}


def test_a_value_beyond_its_limit_fires_with_its_unit_and_ends() -> None:
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(ruleset(rule()))
    for connections in (50.0, 95.0, 95.0):
        evaluator.evaluate(ledger, [measured(clock, {"size": 1.0, "connections": connections})])
    (episode,) = ledger.open()
    assert (episode.rule_id, episode.subject, episode.state) == ("r", "db/connections", AlertState.FIRING)
    assert (episode.alert_type, episode.severity, episode.value) == (AlertType.VALUE, Severity.WARNING, 95.0)
    assert episode.message.startswith("db/connections is at 95 %, limit 90 %")
    evaluator.evaluate(ledger, [measured(clock, {"connections": 10.0}) for _ in range(2)])
    assert not list(ledger.open())


@pytest.mark.parametrize(
    ("subject", "fires"),
    [
        ("db/connections", {"db/connections"}),
        ("db", {"db/first"}),
        ("*/connections", {"db/connections"}),
        ("db/*", {"db/first", "db/connections"}),
        ("other/*", set()),
    ],
)
def test_which_values_a_subject_means(subject: str, fires: set[str]) -> None:
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(ruleset(rule(subject, fail=1)))
    evaluator.evaluate(ledger, [measured(clock, {"first": 95.0, "connections": 95.0})])
    assert {each.subject for each in ledger.open()} == fires
    evaluator.sweep(ledger, at=clock.instant())
    assert {each.subject for each in ledger.open()} == fires
    Evaluator(ruleset()).sweep(ledger, at=clock.instant())
    assert not list(ledger.open())


def test_what_is_missing_holds_its_alert_and_never_ends_it() -> None:
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(ruleset(rule(fail=1)))
    evaluator.evaluate(ledger, [measured(clock, {"connections": 95.0})])
    evaluator.evaluate(ledger, [measured(clock, {"size": 1.0}) for _ in range(3)])
    evaluator.evaluate(ledger, [measured(clock, {}, state=ServiceState.UNKNOWN) for _ in range(3)])
    evaluator.evaluate(ledger, [NoData("db", 90.0, clock.instant(), "no result")])
    (episode,) = (each for each in ledger.open() if each.rule_id == "r")
    assert (episode.state, episode.stale) == (AlertState.FIRING, True)


def test_quick_rechecks_do_not_count() -> None:
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(ruleset(rule(fail=2)))
    evaluator.evaluate(ledger, [measured(clock, {"connections": 95.0}, attempt=each) for each in (1, 2, 3)])
    (episode,) = ledger.open()
    assert episode.state is AlertState.PENDING


def test_the_limit_of_a_query_is_a_rule_on_all_of_its_series() -> None:
    rules = ruleset(prometheus=[{**QUERY, "above": 100, "severity": "critical"}, {**QUERY, "name": "queue2"}])
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(rules)
    for _ in range(3):
        evaluator.evaluate(ledger, [measured(clock, {"value": 200.0}, name="queue")])
        evaluator.evaluate(ledger, [measured(clock, {"job=a": 200.0}, name="queue")])
        evaluator.evaluate(ledger, [measured(clock, {"value": 200.0}, name="queue2")])
    found = open_episodes(ledger)
    assert set(found) == {("prometheus/queue", "queue"), ("prometheus/queue", "queue/job=a")}
    assert {each.severity for each in found.values()} == {Severity.CRITICAL}


def test_a_series_that_vanishes_keeps_its_alert_without_data_until_it_is_back() -> None:
    rules = ruleset(prometheus=[{**QUERY, "above": 100}])
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(rules)

    def step(**series: float) -> Episode:
        clock.advance(60)
        evaluator.evaluate(
            ledger, [measured(clock, {name.replace("_", "="): each for name, each in series.items()}, name="queue")]
        )
        return next(each for each in ledger.all() if each.subject == "queue/job=a")

    for _ in range(3):
        fired = step(job_a=200.0, job_b=1.0)
    assert (fired.state, fired.stale) == (AlertState.FIRING, False)
    for _ in range(20):
        gone = step(job_b=1.0)
    assert (gone.state, gone.stale) == (AlertState.FIRING, True), "the others say nothing about it"
    assert (step(job_a=200.0).state, step(job_a=200.0).stale) == (AlertState.FIRING, False)
    for _ in range(10):
        back = step(job_a=1.0)
    assert back.state is AlertState.RESOLVED


def test_a_plugin_that_warns_is_a_warning_and_one_that_is_down_an_outage() -> None:
    clock, ledger, evaluator = FakeClock(), Ledger(()), Evaluator(ruleset(plugins=[PLUGIN]))
    for _ in range(3):
        evaluator.evaluate(ledger, [measured(clock, {}, name="disks", state=ServiceState.DEGRADED)])
    (episode,) = ledger.open()
    assert (episode.rule_id, episode.severity, episode.state) == ("plugin_warning", Severity.WARNING, AlertState.FIRING)
    assert episode.message.startswith("disks warns: used: 91 %")
    assert episode.alert_type is AlertType.PLUGIN
    for _ in range(3):
        evaluator.evaluate(ledger, [measured(clock, {}, name="disks", state=ServiceState.DOWN)])
    assert {key[0]: each.state for key, each in open_episodes(ledger).items()} == {
        "plugin_warning": AlertState.FIRING,
        "service_down": AlertState.FIRING,
    }
    for _ in range(3):
        evaluator.evaluate(ledger, [measured(clock, {}, name="disks")])
    assert not list(ledger.open())


def test_how_long_a_plugin_runs_is_no_alert() -> None:
    rules = ruleset(plugins=[PLUGIN], prometheus=[QUERY])
    assert [each.id for each in rules.probe_rules["disks"]] == ["service_down", "plugin_warning"]
    assert [each.id for each in rules.probe_rules["queue"]] == ["service_down"]


def test_an_alert_on_a_value_belongs_to_its_target() -> None:
    policies = ruleset(plugins=[{**PLUGIN, "depends_on": ["db"]}]).policies
    assert policies.groups.get("disks//var") == "hosts"
    assert policies.depends_on.get("disks/x/y") == ("db",)
    assert policies.groups.get("disk /") is None


def windows_of(rules: Ruleset, opened: Store, items: list[Collected]) -> list[RuleWindow]:
    reader, at = WindowReader(rules), items[-1].at
    with opened.read() as reads:
        return reader.read(reads, reader.due(items[-1:], at), at)


@pytest.mark.parametrize(
    ("window", "aggregate", "expected"),
    [("10m", "mean", 50.0), ("10m", "max", 95.0), ("10m", "rate", 10.0), ("3h", "mean", 50.0), ("3h", "min", 5.0)],
)
def test_windows_are_read_from_rows_and_sums(tmp_path: Path, window: str, aggregate: str, expected: float) -> None:
    clock = FakeClock()
    given = rule(window=window, aggregate=aggregate, fail=1)
    if aggregate == "min":
        del given["above"]
        given["below"] = 1000
    rules = ruleset(given)
    opened = Store.open(laid_out(tmp_path / "m.db"), clock=clock)
    try:
        items = [measured(clock, {"connections": float(5 + 5 * number)}) for number in range(19)]
        Recorder(store=opened, ruleset=rules, clock=clock, continuous=False).write(items)
        (found,) = windows_of(rules, opened, items)
        observation = found.judge(None)
    finally:
        opened.close()
    assert found.subject == "db/connections"
    assert observation.value == pytest.approx(expected)
    assert observation.verdict is (Verdict.OK if aggregate in ("mean", "rate") else Verdict.WARNING)


def test_a_backtest_replays_values_and_warnings(tmp_path: Path) -> None:
    clock = FakeClock()
    start = clock.now()
    rules = ruleset(rule("disks/used", fail=2), rule("disks/used", name="long", window="5m"), plugins=[PLUGIN])
    store = Store.open(laid_out(tmp_path / "m.db"), clock=clock)
    try:
        items = [
            measured(clock, {"used": 95.0 if 40 <= number < 80 else 50.0}, name="disks", state=state)
            for number in range(120)
            for state in [ServiceState.DEGRADED if 40 <= number < 80 else ServiceState.UP]
        ]
        with store.transaction() as writes:
            writes.add_results([item.result for item in items])
        report = Backtest(store, rules, start, clock.now(), UTC).run()
    finally:
        store.close()
    fired = {each.name: len(each.fired) for each in report.rules if each.fired}
    assert fired == {"r": 1, "long": 1, "plugin_warning": 1}


@pytest.mark.slow
@pytest.mark.skipif(not CHECK_DUMMY.exists(), reason="Debian's monitoring-plugins are not installed")
def test_a_plugin_of_debian_alerts(tmp_path: Path) -> None:
    plugins = [{"name": "dummy", "command": [str(CHECK_DUMMY), "2", "the tape is full"], "interval": 60}]
    settings = Settings.model_validate({**BASES, "plugins": plugins, "recheck": [0.01, 0.01]})
    clock = SystemClock()
    url = laid_out(tmp_path / "m.db")
    store = Store.open(url, clock=clock)
    try:
        summary = run_once(settings=settings, store=store, store_url=url, clock=clock)
    finally:
        store.close()
    (alert,) = (each for each in summary.alerts if each.rule_id == "service_down")
    assert (alert.subject, alert.state, alert.severity) == ("dummy", AlertState.FIRING, Severity.CRITICAL)
    assert alert.message.startswith("dummy is down: CRITICAL: the tape is full")
