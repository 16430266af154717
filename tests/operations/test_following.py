"""Followers and causes in the snapshot and in every answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.operations import API, WEB

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Acknowledge, AlertState, AlertType, AlertView, EpisodeChange, Severity, Unacknowledge
from amt_console.operations.actor import Actor
from amt_console.operations.local import LocalOperations
from amt_console.store import Store, record

Feed = Callable[..., None]
Fire = Callable[..., int]
PLANS = replace(WEB, name="api-plans", depends_on=("backend-api",))


@pytest.fixture
def operations(store: Store, store_url: str, clock: FakeClock) -> LocalOperations:
    return LocalOperations(
        store=store,
        store_url=store_url,
        settings=Settings(),
        targets=(API, WEB, PLANS),
        clock=clock,
        actor=Actor(name="ann", uid=1000),
        request_probe=lambda _name: None,
    )


def shown(alerts: tuple[AlertView, ...]) -> list[tuple[int, int | None]]:
    return [(alert.id, alert.follows_from) for alert in alerts]


def test_what_follows_comes_directly_after_its_cause(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    plans = fire(subject="api-plans")
    clock.advance(1)
    api = fire()
    clock.advance(1)
    web = fire(subject="web-app")
    rate = fire(rule_id="error_rate", alert_type=AlertType.ERROR_RATE, severity=Severity.WARNING)
    cpu = fire(rule_id="cpu_usage", subject="cpu", alert_type=AlertType.CPU_USAGE, severity=Severity.WARNING)
    expected = [(api, None), (plans, api), (rate, api), (web, None), (cpu, None)]
    picture = operations.snapshot()
    assert shown(picture.alerts) == expected
    assert shown(operations.alerts()) == expected
    assert [alert.needs_somebody for alert in picture.alerts] == [True, False, False, True, True]
    assert shown(operations.snapshot(clock.now()).alerts) == expected, "the past as well"


def test_an_acknowledged_cause_keeps_its_group_together(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    api, plans, web = fire(), fire(subject="api-plans"), fire(subject="web-app")
    operations.act(Acknowledge(api))
    alerts = operations.snapshot().alerts
    assert shown(alerts) == [(web, None), (api, None), (plans, api)]
    assert [alert.id for alert in alerts if alert.needs_somebody] == [web]


def test_every_answer_names_the_cause(operations: LocalOperations, feed: Feed, fire: Fire) -> None:
    feed()
    api, plans = fire(), fire(subject="api-plans")
    detail = operations.alert(plans)
    assert detail.cause is not None
    assert (detail.cause.id, detail.cause.subject) == (api, "backend-api")
    assert operations.alert(api).cause is None
    assert dict(shown(operations.alerts(tuple(AlertState)))) == {api: None, plans: api}
    assert operations.act(Acknowledge(plans)).follows_from == api
    assert operations.act(Unacknowledge(plans)).follows_from == api
    assert shown(operations.service("api-plans").alerts) == [(plans, api)]


def test_without_its_cause_an_alert_stands_for_itself(
    operations: LocalOperations, feed: Feed, fire: Fire, store: Store, clock: FakeClock
) -> None:
    feed()
    api, plans = fire(), fire(subject="api-plans")
    assert shown(operations.snapshot().alerts) == [(api, None), (plans, api)]
    with store.transaction(durable=True) as writes:
        episode = writes.alerts.episode(api)
        assert episode is not None
        record(writes, EpisodeChange(replace(episode, state=AlertState.RESOLVED, resolved_at=clock.now())))
    clock.advance(1)
    (left,) = operations.snapshot().alerts
    assert (left.id, left.follows_from, left.needs_somebody) == (plans, None, True)
    assert operations.alert(plans).cause is None


def test_a_service_points_at_its_worst_alert_wherever_that_stands(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    fire()
    slow = AlertType.RESPONSE_TIME
    fire(subject="api-plans", rule_id="response_time", alert_type=slow, severity=Severity.WARNING)
    certificate = fire(subject="api-plans", rule_id="tls_expiry", alert_type=AlertType.TLS_EXPIRY)
    services = {service.name: service for service in operations.snapshot().services}
    assert services["api-plans"].alert_id == certificate
