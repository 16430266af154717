"""The examples in the description of the API are real answers, and as the description says.

``AMT_WRITE_EXAMPLES=1`` makes them anew, with what the application answers on the database of this test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from support.links import LINKS
from support.operations import API, WEB
from support.renderers import forked_dashboards, forked_renderers
from support.rotas import ROTAS

import amt_console.api
from amt_console.api.dashboards import dashboards_of
from amt_console.api.feed import ActionFeed
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    Acknowledge,
    AddMaintenance,
    AddSilence,
    BusinessFigures,
    Figure,
    FigureKind,
    Note,
    ServiceState,
)
from amt_console.model.actions import OverrideOncall
from amt_console.monitor.rule_list import rule_list
from amt_console.operations.actor import Actor
from amt_console.operations.archive import Archive
from amt_console.operations.local import LocalOperations
from amt_console.reports.jobs.job import ReportSource
from amt_console.store import Store

__all__ = ["forked_dashboards", "forked_renderers"]
pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Feed = Callable[..., None]
FILE = Path(amt_console.api.__file__).with_name("examples.json")
WRITE = bool(os.environ.get("AMT_WRITE_EXAMPLES"))
READ = {
    "snapshot": "/snapshot",
    "services": "/services?limit=1",
    "service": "/services/backend-api?hours=1",
    "service_history": "/services/backend-api/history?since=1h",
    "history": "/history?host=cpu_usage&since=1h",
    "host": "/host",
    "figures": "/figures",
    "alerts": "/alerts",
    "alert": "/alerts/1",
    "why": "/alerts/1/why",
    "silences": "/silences",
    "maintenance": "/maintenance",
    "oncall": "/oncall",
    "oncall_shifts": "/oncall/shifts?days=7",
    "oncall_check": "/oncall/check?days=7",
    "audit": "/audit?limit=2",
    "rules": "/rules?limit=2",
    "ask_activity": "/questions/activity?hours=1&limit=2",
    "ask_alert_history": "/questions/alert_history?hours=1&limit=1",
    "ask_away": "/questions/away?since=1h",
    "ask_business": "/questions/business?hours=1&most_buckets=1&projections=true",
    "ask_change": "/questions/change",
    "ask_host": "/questions/host?hours=1&most_buckets=1&disks=true",
    "ask_incidents": "/questions/incidents?hours=1",
    "ask_moved": "/questions/moved?alert_id=1",
    "ask_states": "/questions/states?hours=1&service=backend-api",
    "report": "/reports/revenue?hours=1&compare=none",
    "readyz": "http://monitor/readyz",
    "healthz": "http://monitor/healthz",
}
SENT = {
    "acknowledge": ("/alerts/2/acknowledge", {"note": "on it", "for": "2h"}),
    "note": ("/alerts/2/note", {"note": "the pool is full"}),
    "add_silence": ("/silences", {"reason": "release", "services": ["web-app"], "for": "1h"}),
    "add_maintenance": ("/maintenance", {"name": "disks", "services": ["web-app"], "for": "1h"}),
    "override_oncall": ("/oncall/override", {"person": "Grace", "until": "2026-01-06T09:00:00Z"}),
}


@pytest.fixture
def operations(store: Store, store_url: str, clock: FakeClock) -> LocalOperations:
    settings = Settings.model_validate(ROTAS)
    return LocalOperations(
        store=store,
        store_url=store_url,
        settings=settings,
        targets=(API, WEB),
        clock=clock,
        actor=Actor("ada", uid=1000, login="ada"),
        request_probe=lambda _: None,
    )


@pytest.fixture
def served(
    operations: LocalOperations, store: Store, store_url: str, clock: FakeClock, feed: Feed, fire: Fire
) -> Iterator[Served]:
    """A small outage, and what people did about it."""
    for turn in range(20):
        feed(backend_api=ServiceState.DOWN if turn > 12 else ServiceState.UP)
        clock.advance(15)
    with store.transaction() as writes:
        writes.add_figures(BusinessFigures(FigureKind.REVENUE, clock.now(), {"mrr": Figure(48_200.0, unit="EUR")}))
    fire()
    fire(rule_id="slow", subject="web-app", message="web-app answers slowly")
    operations.act(Acknowledge(1, "looking at it"))
    operations.act(Note(1, "the database is full"))
    operations.act(AddSilence("release", ("web-app",), for_=3600))
    operations.act(AddMaintenance("roof", ("web-app",), for_=3600))
    clock.advance(1)
    source = ReportSource(store_url, Settings(), (API, WEB))
    with closing(dashboards_of(store, lambda: source, clock)) as dashboards:
        yield Served(
            operations,
            presence=Presence(clock),
            feed=ActionFeed(),
            clock=clock,
            database="monitoring.db",
            links=LINKS,
            archive=Archive(store, lambda: rule_list(Settings(), operations.targets, dict)),
            dashboards=dashboards,
        )


@pytest.mark.usefixtures("forked_dashboards")
async def test_the_examples_are_as_the_description_says(admin: httpx.AsyncClient) -> None:
    assert OverrideOncall.name in SENT
    made = {name: (await admin.get(target)).json() for name, target in READ.items()}
    for name, (target, body) in SENT.items():
        answer = await admin.post(target, json=body)
        assert answer.status_code == 200, answer.text
        made[name] = answer.json()
    if WRITE:
        FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    document = (await admin.get("http://monitor/openapi.json")).json()
    for described in document["components"]["schemas"].values():
        if described.get("type") == "object":
            described.setdefault("additionalProperties", False)
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    for name in made:
        content = operations[name]["responses"]["200"]["content"]["application/json"]
        _check(content["example"], content["schema"], document, f"{name} in examples.json")
        _check(made[name], content["schema"], document, f"the answer of {name}")
        assert _keys(content["example"]) == _keys(made[name]), f"{name}: run this test with AMT_WRITE_EXAMPLES=1"


def _check(answer: Any, schema: dict[str, Any], document: dict[str, Any], what: str) -> None:
    try:
        jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer)
    except jsonschema.ValidationError as error:
        raise AssertionError(f"{what}: {error.message} at {error.json_path}") from None


def _keys(answer: Any) -> Any:
    return sorted(answer) if isinstance(answer, dict) else type(answer)
