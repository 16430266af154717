"""Everything that can be read over the API, and the form of its answers."""

from __future__ import annotations

import gzip
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.links import LINKS
from support.operations import API

from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.feed import ActionFeed
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    ACTIONS,
    AlertState,
    AlertType,
    BusinessFigures,
    Figure,
    FigureKind,
    ServiceState,
    Severity,
)
from amt_console.model.queries import QUERIES
from amt_console.monitor.rule_list import rule_list
from amt_console.operations.archive import Archive
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import Operations
from amt_console.store import Store

Fire = Callable[..., int]
Feed = Callable[..., None]
READ_BY = {
    "snapshot": "/snapshot",
    "alert": "/alerts/{alert_id}",
    "alerts": "/alerts",
    "service": "/services/{name}",
    "why": "/alerts/{alert_id}/why",
    "oncall": "/oncall",
    "silences": "/silences",
    "maintenance": "/maintenance",
}
"""The path of every use case that reads."""
ARCHIVED = {
    "service": "/services/{name}/history",
    "host": "/history",
    "figure": "/history",
    "messages": "/notifications",
    "audit": "/audit",
    "has_service": "/services/{name}/history",
    "check": "/readyz",
}


@pytest.fixture
def served(operations: LocalOperations, refusals: RefusalLog, store: Store, clock: FakeClock) -> Served:
    return Served(
        operations,
        presence=Presence(clock),
        feed=ActionFeed(),
        clock=clock,
        database="monitoring.db",
        links=LINKS,
        refusals=refusals,
        archive=Archive(store, lambda: rule_list(Settings(), operations.targets, dict)),
    )


async def items(client: httpx.AsyncClient, target: str) -> list[dict[str, Any]]:
    answer = await client.get(target)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def methods_of(kind: type[Any]) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


async def test_whatever_console_and_command_line_can_do_has_a_route(admin: httpx.AsyncClient) -> None:
    paths = (await admin.get("http://monitor/openapi.json")).json()["paths"]
    assert methods_of(Operations) == {*READ_BY, "ask", "act"}, "a use case has no route for programs"
    assert {f"/api/v1/questions/{kind.name}" for kind in QUERIES} <= set(paths), "a question has no route for programs"
    assert methods_of(Archive) == set(ARCHIVED)
    for path in (*READ_BY.values(), "/rules", "/oncall.ics", "/oncall/check", "/oncall/shifts", "/host", "/figures"):
        assert "get" in paths[f"/api/v1{path}"], path
    actions = {operation["post"]["operationId"] for operation in paths.values() if "post" in operation}
    assert actions >= set(ACTIONS)


async def test_alerts_are_filtered_by_state_severity_service_group_and_time(
    admin: httpx.AsyncClient, fire: Fire, clock: FakeClock
) -> None:
    down = fire()
    clock.advance(3600)
    slow = fire(subject="web-app", severity=Severity.WARNING, alert_type=AlertType.RESPONSE_TIME)
    ended = fire(subject="web-app", rule_id="old", state=AlertState.RESOLVED, resolved_at=clock.now())
    clock.advance(60)

    async def found(query: str) -> list[int]:
        return [each["id"] for each in await items(admin, f"/alerts?{query}")]

    every = "state=firing&state=resolved"
    assert await found("") == [down, slow]
    assert await found(every) == [ended, slow, down]
    assert await found("severity=warning") == [slow]
    assert await found(f"{every}&severity=critical&service=web-app") == [ended]
    assert await found("service=web-app&service=backend-api") == [down, slow]
    assert await found(f"group={API.group}") == [down, slow]
    assert await found(f"{every}&group={API.group}&service=backend-api") == [down]
    assert await found(f"{every}&group=nobody") == []
    assert await found("until=30m") == [down]
    assert await found(f"{every}&until=30m") == [down]
    assert await found(f"{every}&since=30m") == [ended, slow, down], "what is open was open"
    for wrong in ("severity=x", "state=x", "since=never", "until=2026-01-01T00:00:00"):
        assert (await admin.get(f"/alerts?{wrong}")).status_code == 422, wrong
    hostile = "x' OR '1'='1"
    assert await found(str(httpx.QueryParams({"service": hostile, "state": "firing"}))) == []


async def test_pages_hold_their_place_when_alerts_come(admin: httpx.AsyncClient, fire: Fire, clock: FakeClock) -> None:
    for number in range(5):
        clock.advance(1)
        fire(rule_id=f"r{number}")
    first = (await admin.get("/alerts?state=firing&limit=2")).json()
    clock.advance(1)
    fire(rule_id="newer")
    seen = [each["id"] for each in first["items"]]
    following = first["next"]
    while following:
        page = (await admin.get(f"/alerts?state=firing&limit=2&cursor={following}")).json()
        seen += [each["id"] for each in page["items"]]
        following = page["next"]
    assert seen == [5, 4, 3, 2, 1]


async def test_a_cursor_of_another_list_is_refused(admin: httpx.AsyncClient, fire: Fire, feed: Feed) -> None:
    feed()
    fire()
    fire(rule_id="two")
    cursor = (await admin.get("/alerts?limit=1")).json()["next"]
    services = (await admin.get("/services?limit=1")).json()
    assert (len(services["items"]), services["next"] is not None) == (1, True)
    assert len(await items(admin, f"/services?limit=1&cursor={services['next']}")) == 1
    for target in (
        f"/alerts?state=firing&cursor={cursor}",
        f"/services?cursor={cursor}",
        f"/notifications?cursor={services['next']}",
        f"/alerts?cursor={cursor[:-1]}",
        "/alerts?cursor=1",
        f"/alerts?cursor=x{cursor}",
    ):
        answer = await admin.get(target)
        assert (answer.status_code, "cursor" in answer.json()["detail"]) == (422, True), target
    assert len(await items(admin, f"/alerts?limit=1&cursor={cursor}")) == 1


async def test_history_comes_in_buckets_that_are_bounded(
    admin: httpx.AsyncClient, feed: Feed, clock: FakeClock, store: Store
) -> None:
    for _ in range(10):
        feed(backend_api=ServiceState.DOWN)
        clock.advance(15)
    with store.transaction() as writes:
        writes.add_figures(
            BusinessFigures(FigureKind.REVENUE, clock.now(), {"mrr": Figure(-12.5, unit="EUR"), "plans": Figure(None)})
        )
    clock.advance(60)
    down = (await admin.get("/history?service=backend-api&since=1h")).json()
    assert (down["of"], down["name"], down["resolution_seconds"]) == ("service", "backend-api", 60)
    assert {bucket["uptime_percent"] for bucket in down["items"]} == {0.0}
    assert sum(bucket["down_seconds"] for bucket in down["items"]) >= 150
    assert (await admin.get("/services/backend-api/history?since=1h")).json() == down
    host = (await admin.get("/history?host=cpu_usage&since=1h")).json()
    assert {bucket["mean"] for bucket in host["items"]} == {12.0}
    figure = (await admin.get("/history?figure=revenue.mrr&since=1h")).json()
    assert [(bucket["mean"], bucket["samples"]) for bucket in figure["items"]] == [(-12.5, 1)]
    day = (await admin.get("/history?service=backend-api&since=30d")).json()
    assert day["resolution_seconds"] == 86400
    for target, status in (
        ("/history", 422),
        ("/history?service=backend-api&host=cpu_usage", 422),
        ("/history?host=secrets", 422),
        ("/history?service=nobody", 404),
        ("/services/nobody/history", 404),
        ("/history?figure=mrr", 404),
        ("/history?service=backend-api&since=400d&resolution=60", 422),
        ("/history?service=backend-api&since=1h&until=2h", 422),
        ("/history?service=backend-api&resolution=7", 422),
    ):
        assert (await admin.get(target)).status_code == status, target


async def test_one_service_tells_its_probes_changes_and_alerts(
    admin: httpx.AsyncClient, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed(backend_api=ServiceState.DOWN)
    alert = fire()
    clock.advance(1)
    found = (await admin.get("/services/backend-api")).json()
    assert (found["name"], found["state"], found["url"]) == (
        "backend-api", "down", "http://127.0.0.1:5000/api/health",
    )  # fmt: skip
    assert [each["id"] for each in found["alerts"]] == [alert]
    assert found["probes"][0]["error"] == "connection refused by 127.0.0.1:5000"
    assert found["changes"][0]["state"] == "down"
    assert (await admin.get("/services/nobody")).status_code == 404
    host = (await admin.get("/host")).json()
    assert (host["cpu_usage"], host["disk_usage"]) == (12.0, 50.0)


async def test_the_audit_comes_newest_first_in_pages(admin: httpx.AsyncClient, fire: Fire) -> None:
    alert = fire()
    for note in ("one", "two", "three"):
        assert (await admin.post(f"/alerts/{alert}/note", json={"note": note})).status_code == 200
    page = (await admin.get("/audit?action=note&limit=2")).json()
    assert [each["note"] for each in page["items"]] == ["three", "two"]
    (last,) = await items(admin, f"/audit?action=note&limit=2&cursor={page['next']}")
    assert (last["note"], last["actor"]) == ("one", "root")
    assert await items(admin, "/audit?action=nothing") == []


async def test_rules_and_messages_are_listed(admin: httpx.AsyncClient) -> None:
    rules = await items(admin, "/rules?limit=500")
    assert {"name", "signal", "subject", "severity", "mode", "would_have_sent"} == set(rules[0])
    assert await items(admin, "/notifications") == []


async def test_large_answers_are_compressed_where_the_client_asks(admin: httpx.AsyncClient, feed: Feed) -> None:
    feed()
    for target in ("/snapshot", "/rules"):
        plain = await admin.get(target, headers={"accept-encoding": "identity"})
        async with admin.stream("GET", target, headers={"accept-encoding": "gzip"}) as small:
            raw = b"".join([part async for part in small.aiter_raw()])
        assert small.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in small.headers["vary"].lower()
        assert "content-encoding" not in plain.headers
        assert gzip.decompress(raw) == plain.content
        assert int(small.headers["content-length"]) == len(raw) < len(plain.content)
    short = await admin.get("/oncall", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers, "a short answer gains nothing"


async def test_an_answer_that_the_client_has_is_not_sent_again(
    admin: httpx.AsyncClient, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    fire()
    for target in ("/alerts", "/services", "/silences", "/rules", "/alerts/1", "/figures", "/host"):
        answer = await admin.get(target)
        tag = answer.headers["etag"]
        again = await admin.get(target, headers={"if-none-match": f'"x", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), target
        assert (await admin.get(target, headers={"if-none-match": 'W/"other"'})).status_code == 200
    before = (await admin.get("/alerts")).headers["etag"]
    await admin.post("/alerts/1/acknowledge")
    assert (await admin.get("/alerts", headers={"if-none-match": before})).status_code == 200
    assert (await admin.get("/alerts/99", headers={"if-none-match": "*"})).status_code == 404


async def test_head_is_answered_as_get_without_a_body_and_options_with_the_methods(admin: httpx.AsyncClient) -> None:
    for target in ("/alerts", "/rules", "/snapshot", "http://monitor/readyz"):
        get, head = await admin.get(target), await admin.head(target)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
    assert (await admin.head("/alerts/99")).status_code == 404
    assert (await admin.options("/silences")).headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert (await admin.options("/alerts/1/note")).headers["allow"] == "POST, OPTIONS"
    assert (await admin.options("/nothing")).status_code == 404
    refused = await admin.put("/silences")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_moments_are_taken_as_people_write_them(admin: httpx.AsyncClient, feed: Feed, clock: FakeClock) -> None:
    feed()
    clock.advance(timedelta(hours=3).total_seconds())
    for at in ("2h", "-2h", "2026-01-01T00:00:00Z", "yesterday 09:00"):
        assert (await admin.get("/snapshot", params={"at": at})).status_code == 200, at
    for at in ("never", "2099-01-01 10:00", "2026-01-01T00:00:00", "", "0001-01-01T00:00:00+14:00"):
        assert (await admin.get("/snapshot", params={"at": at})).status_code == 422, at


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/history?host=cpu_usage&limit=3", "limit: this resource has no such parameter; it has figure, host"),
        ("/history?host=cpu_usage&cursor=x", "cursor: this resource"),
        (f"/services/{API.name}/history?limit=3", "limit: this resource"),
        ("/alerts?severty=critical", "severty: this resource has no such parameter; it has cursor, group"),
        ("/figures?x=1", "x: this resource has no such parameter; it has at"),
    ],
)
async def test_a_parameter_that_does_not_exist_is_refused_and_those_that_do_are_named(
    admin: httpx.AsyncClient, feed: Feed, path: str, words: str
) -> None:
    feed()
    answer = await admin.get(path)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
