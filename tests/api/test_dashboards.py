"""Dashboards over HTTP: made once, kept until something happens, and never without a token."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import jsonschema
import pytest
from support.operations import API, WEB
from support.renderers import forked_dashboards, forked_renderers

from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.dashboards import KEPT_SECONDS, MOST_KEPT, DashboardRequest, Dashboards, dashboards_of
from amt_console.api.listeners.server import TcpServer
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Acknowledge, ServiceState
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import UnavailableError
from amt_console.reports.dashboards.job import DASHBOARDS, Dashboard, DashboardJob
from amt_console.reports.dashboards.making import DashboardError
from amt_console.reports.jobs.job import ReportSource
from amt_console.reports.schemas.documents import schema_of
from amt_console.store import Store, audit_entries

__all__ = ["forked_dashboards", "forked_renderers"]
pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
Feed = Callable[..., None]
OVERVIEW = DashboardRequest("overview")
PAGE = "/dashboards/performance"


class Maker:
    """Makes a page of each job's number; waits and fails when told to."""

    def __init__(self) -> None:
        self.jobs: list[DashboardJob] = []
        self.go = threading.Event()
        self.go.set()
        self.asked = threading.Event()
        self.error: Exception | None = None
        self.digest = "d1"

    def make(self, job: DashboardJob) -> Dashboard | None:
        self.jobs.append(job)
        self.asked.set()
        assert self.go.wait(60)
        if self.error is not None:
            raise self.error
        if job.known == self.digest:
            return None
        return Dashboard(f"<p>page {len(self.jobs)}</p>".encode(), "default-src 'none'; x", self.digest)

    def close(self) -> None:
        self.go.set()


@pytest.fixture
def source(store_url: str) -> ReportSource:
    return ReportSource(store_url, Settings(), (API, WEB))


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def dashboards(store: Store, source: ReportSource, clock: FakeClock, maker: Maker) -> Iterator[Dashboards]:
    with closing(Dashboards(store, lambda: source, clock, maker)) as found:
        yield found


@pytest.fixture
def web(served: Served, dashboards: Dashboards, store: Store, clock: FakeClock) -> Iterator[TcpServer]:
    running = TcpServer(replace(served, dashboards=dashboards), host="127.0.0.1", port=0, book=TokenBook(store, clock))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client(web: TcpServer, make_token: Make) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {make_token('ann', 'viewer').text}"}
    with httpx.Client(base_url=web.url, headers=headers, trust_env=False) as found:
        yield found


def openings(store: Store) -> list[tuple[str, str, Any]]:
    with store.read() as reads:
        return [(e.actor, e.subject, e.detail["note"]) for e in audit_entries(reads) if e.action == "opened"]


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip", "gzip"), ("identity", "identity"), ("gzip;q=0", "identity"), ("*", "gzip")]
)
def test_a_page_is_given_with_its_policy_and_leaves_an_audit_row(
    client: httpx.Client, store: Store, feed: Feed, accepted: str, encoding: str
) -> None:
    feed()
    answer = client.get(PAGE, params={"hours": 6}, headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert (answer.status_code, answer.text) == (200, "<p>page 1</p>")
    assert answer.headers["content-security-policy"] == "default-src 'none'; x; frame-ancestors 'none'; base-uri 'none'"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-type"].startswith("text/html")
    assert openings(store) == [("ann", "dashboard performance", "hours=6")]


def test_a_page_that_the_caller_has_is_not_sent_again(
    client: httpx.Client, store: Store, maker: Maker, feed: Feed
) -> None:
    feed()
    etag = client.get(PAGE).headers["etag"]
    again = client.get(PAGE, headers={"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert len(openings(store)) == 1, "an answer without the page opens nothing"
    assert client.get(PAGE, headers={"if-none-match": 'W/"other"'}).status_code == 200
    assert len(maker.jobs) == 1


def test_head_answers_like_get_without_a_body_and_opens_nothing(client: httpx.Client, store: Store) -> None:
    head = client.head(PAGE, headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    got = client.get(PAGE, headers={"accept-encoding": "identity"})
    assert {n: v for n, v in head.headers.items() if n != "date"} == {
        n: v for n, v in got.headers.items() if n != "date"
    }
    assert len(openings(store)) == 1
    assert client.head("/dashboards/").status_code == 200


def test_the_index_names_every_dashboard(client: httpx.Client) -> None:
    answer = client.get("/dashboards/")
    assert answer.status_code == 200
    for name, (title, _) in DASHBOARDS.items():
        assert f'<a href="{name}">{title}</a>' in answer.text
    assert client.get("/dashboards/", headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    moved = client.get("/dashboards")
    assert (moved.status_code, moved.headers["location"]) == (308, "/dashboards/")


def test_nobody_comes_in_without_a_token(web: TcpServer, maker: Maker) -> None:
    for path in ("/dashboards", "/dashboards/", PAGE, "/dashboards/other"):
        assert httpx.get(f"{web.url}{path}", trust_env=False).status_code == 401
    assert not maker.jobs


UNUSABLE = (
    ({"hours": "0"}, "hours"),
    ({"hours": "nan"}, "hours"),
    ({"hours": "1e9"}, "hours"),
    ({"hours": "1", "since": "2h"}, "exclude"),
    ({"since": "1h", "until": "2h"}, "before"),
    ({"since": "soon"}, "not a time"),
    ({"until": "2999-01-01"}, "future"),
    ({"since": "20y"}, "not a time"),
    ({"since": "2001-01-01"}, "at most"),
    ({"zone": "Mars/Base"}, "not a time zone"),
    ({"zone": "../../etc/passwd"}, "not a time zone"),
    ({"compare": "that"}, "compare"),
)


def test_what_cannot_be_asked_is_said(client: httpx.Client, maker: Maker) -> None:
    for query, says in UNUSABLE:
        answer = client.get(PAGE, params=query)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert says in answer.json()["detail"]
        page = client.get(PAGE, params=query, headers={"accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 422
        assert says in unescape(page.text)
    assert not maker.jobs


def test_an_unknown_dashboard_is_not_found(client: httpx.Client) -> None:
    answer = client.get("/dashboards/<script>")
    assert answer.status_code == 404
    assert "performance" in answer.json()["detail"]
    assert "<script>" not in client.get("/dashboards/<script>", headers={"accept": "text/html"}).text


def test_a_failure_is_a_page_for_people_and_a_problem_for_programs(client: httpx.Client, maker: Maker) -> None:
    maker.error = DashboardError("the dashboard could not be made: <b>no memory</b>")
    problem = client.get(PAGE)
    assert (problem.status_code, problem.json()["code"]) == (500, "failed")
    page = client.get(PAGE, headers={"accept": "text/html"})
    assert page.status_code == 500
    assert "&lt;b&gt;no memory" in page.text
    maker.error = None
    assert client.get(PAGE).status_code == 200, "a failure is not kept"


def test_many_callers_wait_for_one_page(web: TcpServer, make_token: Make, maker: Maker, store: Store) -> None:
    maker.go.clear()
    headers = {"authorization": f"Bearer {make_token('ann', 'viewer').text}"}
    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(httpx.get, f"{web.url}{PAGE}", headers=headers, trust_env=False) for _ in range(6)]
        assert maker.asked.wait(60)
        assert httpx.get(f"{web.url}/readyz", trust_env=False).status_code == 200, "the API answers meanwhile"
        maker.go.set()
        assert {each.result().text for each in asked} == {"<p>page 1</p>"}
    assert len(maker.jobs) == 1


async def test_a_page_is_made_again_when_something_has_happened(
    dashboards: Dashboards,
    maker: Maker,
    feed: Feed,
    fire: Callable[..., int],
    clock: FakeClock,
    operations: LocalOperations,
) -> None:
    async def made(request: DashboardRequest = OVERVIEW) -> int:
        maker.digest = f"d{len(maker.jobs)}"
        before = len(maker.jobs)
        await dashboards.page(request)
        return len(maker.jobs) - before

    feed()
    assert await made() == 1
    assert await made() == 0
    assert await made(DashboardRequest("overview", hours=2)) == 1, "another window"
    clock.advance(1)
    feed()
    assert await made() == 0, "the same minute"
    clock.advance(1)
    feed(backend_api=ServiceState.DOWN)
    assert await made() == 1, "a service has changed its state"
    alert = fire()
    assert await made() == 1, "an alert"
    operations.act(Acknowledge(alert))
    assert await made() == 1, "somebody has it"
    assert await made() == 0
    clock.advance(KEPT_SECONDS)
    assert await made() == 1, "the page says how old its data is"


async def test_a_past_window_is_drawn_once(dashboards: Dashboards, maker: Maker, clock: FakeClock, feed: Feed) -> None:
    request = DashboardRequest("overview", hours=2, until=clock.now().isoformat())
    first = await dashboards.page(request)
    clock.advance(2 * KEPT_SECONDS)
    feed()
    assert await dashboards.page(request) == first
    assert [job.known for job in maker.jobs] == [None, "d1"], "gathered again, not drawn again"
    clock.advance(2 * KEPT_SECONDS)
    maker.digest = "d2"
    assert (await dashboards.page(request)).content() == b"<p>page 3</p>"


async def test_the_pages_kept_are_bounded(dashboards: Dashboards, maker: Maker) -> None:
    for hours in range(1, MOST_KEPT + 2):
        await dashboards.page(DashboardRequest("overview", hours=hours))
    await dashboards.page(DashboardRequest("overview", hours=MOST_KEPT + 1))
    assert len(maker.jobs) == MOST_KEPT + 1
    await dashboards.page(DashboardRequest("overview", hours=1))
    assert len(maker.jobs) == MOST_KEPT + 2, "the one that was asked for the longest time ago was dropped"


def test_a_real_page_is_made_in_its_own_process(
    store: Store, source: ReportSource, clock: FakeClock, feed: Feed
) -> None:
    feed()
    request = DashboardRequest("performance", hours=2, zone="Europe/Berlin")
    with closing(dashboards_of(store, lambda: source, clock)) as dashboards:
        page = asyncio.run(dashboards.page(request))
    html = page.content().decode()
    assert page.policy.startswith("default-src 'none'")
    assert f'content="{page.policy}"' in unescape(html)
    assert 'href="overview?hours=2&amp;zone=Europe%2FBerlin"' in html
    assert "Europe/Berlin" in html
    assert "secret" not in html


@pytest.mark.usefixtures("forked_dashboards")
def test_the_reason_why_the_process_failed_is_told(store: Store, source: ReportSource, clock: FakeClock) -> None:
    lost = replace(source, store_url="sqlite:////nowhere/monitoring.db")
    with (
        closing(dashboards_of(store, lambda: lost, clock)) as dashboards,
        pytest.raises(UnavailableError, match="nowhere"),
    ):
        asyncio.run(dashboards.page(OVERVIEW))


class TestDocuments:
    def test_a_report_is_the_document_that_the_export_writes(
        self, client: httpx.Client, maker: Maker, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = client.get("/api/v1/reports/monitoring?hours=2&compare=none")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        (job,) = maker.jobs
        assert (job.name, job.document, job.compare, job.window.hours) == ("monitoring", True, False, 2)
        again = client.get(
            "/api/v1/reports/monitoring?hours=2&compare=none", headers={"if-none-match": answer.headers["etag"]}
        )
        assert (again.status_code, again.content, len(maker.jobs)) == (304, b"", 1)
        with store.read() as reads:
            assert [row.subject for row in audit_entries(reads) if row.action == "opened"] == ["report monitoring"]

    def test_page_and_document_of_one_name_are_kept_apart(self, client: httpx.Client, maker: Maker) -> None:
        page, document = client.get("/dashboards/performance"), client.get("/api/v1/reports/performance")
        assert page.content != document.content
        assert page.headers["content-type"].startswith("text/html")
        assert "content-security-policy" in page.headers
        assert [job.document for job in maker.jobs] == [False, True]

    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("nonsense", 404, "there are overview, chatbot, revenue, performance, executive, monitoring"),
            ("overview?since=never", 422, "never"),
            ("overview?zone=Mars", 422, "zone"),
            ("overview?hour=3", 422, "no such parameter"),
        ],
    )
    def test_what_cannot_be_made_is_said(self, client: httpx.Client, path: str, status: int, words: str) -> None:
        answer = client.get(f"/api/v1/reports/{path}")
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True)


@pytest.mark.usefixtures("forked_dashboards")
@pytest.mark.parametrize("name", ["executive", "monitoring", "overview"])
def test_a_real_document_fits_its_schema(
    store: Store, source: ReportSource, clock: FakeClock, feed: Feed, name: str
) -> None:
    feed(backend_api=ServiceState.DOWN)
    with closing(dashboards_of(store, lambda: source, clock)) as found:
        kept = asyncio.run(found.page(DashboardRequest(name, hours=2, document=True)))
    document = json.loads(kept.content())
    stem = {"executive": "executive_summary", "monitoring": "monitoring_report", "overview": "overview_dashboard"}[name]
    jsonschema.validate(document, schema_of(stem))
