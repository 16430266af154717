"""Who is on call, over the API."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import httpx
import pytest
from support.operations import API, WEB
from support.rotas import ROTAS

from amt_console.api.auth.tokens import NewToken
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.listeners.server import TcpServer
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import OverrideOncall, TakeOncall, UndoOncall
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import NotPermittedError
from amt_console.store import Store

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]


@pytest.fixture
def operations(store: Store, store_url: str, clock: FakeClock) -> LocalOperations:
    settings = Settings.model_validate(ROTAS)
    return LocalOperations(store=store, store_url=store_url, settings=settings, targets=(API, WEB), clock=clock)


def test_an_attached_program_sees_the_same_rotas(
    server: TcpServer, make_token: Make, operations: LocalOperations
) -> None:
    with closing(RemoteOperations(server.url, token=make_token(role="viewer").text, env={})) as client:
        assert client.oncall(days=9.5, days_before=2) == operations.oncall(days=9.5, days_before=2)
        (week, shop) = client.oncall().rotas
    assert week.now is not None
    assert (week.now.person, shop.name) == ("Ada", "shop")


def test_a_token_of_a_person_takes_a_shift_and_takes_it_back(
    server: TcpServer, make_token: Make, clock: FakeClock
) -> None:
    end = clock.now() + timedelta(hours=2)
    with closing(RemoteOperations(server.url, token=make_token("bob").text, env={})) as client:
        taken = client.act(TakeOncall(end))
        assert (taken.person, taken.ends_at, taken.created_by) == ("Grace", end, "bob")
        assert client.act(OverrideOncall("Ada", end + timedelta(hours=1), end)).starts_at == end
        assert client.act(UndoOncall()).person == "Ada"
        now = client.oncall().rotas[0].now
        assert now is not None
        assert (now.person, now.ends_at) == ("Grace", end)
    viewer = RemoteOperations(server.url, token=make_token("v", role="viewer").text, env={})
    with closing(viewer), pytest.raises(NotPermittedError):
        viewer.act(TakeOncall(end))


def test_a_viewer_reads_the_calendar_and_nobody_without_a_token(server: TcpServer, make_token: Make) -> None:
    headers = {"authorization": f"Bearer {make_token(role='viewer').text}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        calendar = client.get("/api/v1/oncall.ics")
        document = client.get("/api/v1/oncall", params={"at": "2026-01-13T00:00:00Z"}).json()
    assert calendar.status_code == 200
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:Ada on call (oncall)" in calendar.text
    assert [shift["person"] for shift in document["now"]] == ["Grace", "Grace"]
    assert httpx.get(f"{server.url}/api/v1/oncall.ics").status_code == 401
