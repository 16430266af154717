"""What moved together in a report: services that moved alike share a row, in the words of the console."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.incidents import DOWN, NOW, TARGETS, plant
from support.stores import laid_out

from amt_console.analysis import Window
from amt_console.analysis.correlation import Moved
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Service, ServiceState, StateSpan
from amt_console.reports.incident.build import incident_files
from amt_console.reports.incident.data import ChartSource, IncidentData
from amt_console.reports.incident.evidence import evidence
from amt_console.reports.incident.gather import gather_incident
from amt_console.reports.times import Times
from amt_console.store import Store

NAMES = ("chat", "search", "shop", "cart", "login", "mail", "wiki", "docs")
MANY = tuple(Moved(name, "response_time", 90.0 - at, DOWN, 300.0 + 10 * at, 100.0) for at, name in enumerate(NAMES))
HOST = Moved("host", "cpu_usage", 95.0, DOWN, 96.0, 35.0)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> IncidentData:
    url = laid_out(tmp_path_factory.mktemp("moved") / "monitoring.db")
    watched = (*TARGETS, *(Service(name, f"http://{name}.example/") for name in NAMES))
    with Store.open(url, clock=FakeClock(NOW)) as store:
        ids = plant(store, hours_before=0.1)
        with store.read() as reads:
            data = gather_incident(
                reads, ids["api"], targets=watched, settings=Settings(), zone="UTC", made_at=NOW, charts=False
            )
    assert data is not None
    return data


def made(data: IncidentData, form: str) -> str:
    plan = (("incident", form, f"incident.{form}"),)
    ((_, content),) = incident_files(data, plan, progress=lambda what, done, total: None)
    return content.decode()


def rows(text: str, heading: str) -> list[tuple[str, str]]:
    """The first two cells of the rows below a heading of a Markdown file."""
    lines = text.partition(f"### {heading}\n")[2].partition("\n#")[0].splitlines()
    cells = [re.split(r"(?<!\\) ?\| ?", line.replace("\\_", "_"))[1:3] for line in lines if line.startswith("|")]
    return [(first, second) for first, second in cells[2:]]


def test_services_that_moved_alike_share_a_row_and_are_listed_below(planted: IncidentData) -> None:
    data = replace(planted, moved=(HOST, *MANY))
    text = made(data, "md")
    assert rows(text, "What left its usual range when it began, strongest first") == [
        ("host", "CPU rose from 35.0 % to 96.0 %"),
        ("chat, search, shop, cart, login, mail and 2 more", "response time of 8 services 3-3.7 x"),
    ]
    assert [name for name, _ in rows(text, "Each of those that moved alike")] == list(NAMES)
    page = made(data, "html")
    assert "chat, search, shop, cart, login, mail and 2 more" in page
    assert "response time of 8 services 3-3.7 x" in page


def test_without_likeness_there_is_one_table(planted: IncidentData) -> None:
    text = made(replace(planted, moved=(HOST, *MANY[:2])), "md")
    assert "Each of those that moved alike" not in text
    assert [name for name, _ in rows(text, "What left its usual range when it began, strongest first")] == [
        "host",
        "chat",
        "search",
    ]


def test_charts_show_one_of_those_that_moved_alike_and_reach_beyond_its_onset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = replace(HOST, onset=DOWN + timedelta(minutes=30))
    monkeypatch.setattr("amt_console.reports.incident.gather.moved_with", lambda *_, **__: (*MANY, late))
    watched = (*TARGETS, *(Service(name, f"http://{name}.example/") for name in NAMES))
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=FakeClock(NOW)) as store:
        ids = plant(store, hours_before=0.1)
        with store.read() as reads:
            data = gather_incident(reads, ids["api"], targets=watched, settings=Settings(), zone="UTC", made_at=NOW)
    assert data is not None
    assert [each.subject for each in data.charts] == ["api", "chat", "host"]
    assert {each.window.end for each in data.charts} == {DOWN + timedelta(minutes=45)}


def test_a_chart_of_a_service_that_was_down_says_for_how_much_of_the_time(planted: IncidentData) -> None:
    down = Moved("web", "down_time", 99.0, DOWN, 96.0, 0.0)
    window = Window(DOWN - timedelta(minutes=15), NOW, 60)
    span = StateSpan(window.start, window.end, ServiceState.UP)
    chart = ChartSource("web", "response_time", window, spans=(span,))
    found = next(evidence(replace(planted, impact=(), moved=(down,), charts=(chart,)), Times(ZoneInfo("UTC"))))
    assert found.title == "web: time down rose from 0 % to 96.0 %"
