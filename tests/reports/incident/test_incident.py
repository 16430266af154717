"""The draft of a post-mortem: what is gathered about an alert, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.incidents import BACK, DOWN, NOW, TARGETS, after, plant
from support.stores import laid_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import KeptAnswer
from amt_console.monitor.upkeep.retention_policy import retention_policy
from amt_console.operations.moved_together import moved_with
from amt_console.reports.incident.build import incident_files
from amt_console.reports.incident.data import IncidentData
from amt_console.reports.incident.gather import gather_incident
from amt_console.reports.incident.response import response
from amt_console.reports.incident.timeline import timeline
from amt_console.store import Store
from amt_console.store.upkeep.retention import Retention
from amt_console.text import duration

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m=cmd()\ud800"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[str, int]]]:
    url = laid_out(tmp_path_factory.mktemp("incident") / "monitoring.db")
    with Store.open(url, clock=FakeClock(NOW)) as store:
        yield store, plant(store)


def gathered(store: Store, alert_id: int, made_at: Any = NOW) -> IncidentData:
    with store.read() as reads:
        data = gather_incident(
            reads, alert_id, targets=TARGETS, settings=Settings(), zone="Europe/Berlin", made_at=made_at
        )
    assert data is not None
    return data


def made(data: IncidentData, form: str) -> bytes:
    plan = (("incident", form, f"incident.{form}"),)
    ((_, content),) = incident_files(data, plan, progress=lambda what, done, total: None)
    return content


def document(data: IncidentData) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made(data, "json"))
    return found


def test_a_follower_leads_to_its_cause(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    data = gathered(store, ids["web"])
    assert (data.episode.id, data.asked) == (ids["api"], ids["web"])
    assert [each.subject for each in data.followers] == ["web"]
    assert "follows from" in made(data, "md").decode()


def test_the_impact_is_measured(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    impact = {each.service: each for each in gathered(store, ids["api"]).impact}
    assert set(impact) == {"api", "web"}
    assert impact["api"].down_s == (BACK - DOWN).total_seconds()
    assert (impact["api"].failed, impact["api"].checks) == (10, 11)


def test_who_had_it_and_how_fast(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    taken = response(gathered(store, ids["api"]))
    assert (taken.confirmed_s, taken.told_s, taken.acknowledged_s, taken.resolved_s) == (3, 6, 180, 660)
    assert [(each.name, each.since, each.until) for each in taken.owners] == [
        ("mira", after(3), after(6)),
        ("ben", after(6), None),
    ]


def test_the_timeline_has_every_source_in_order(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    entries = timeline(gathered(store, ids["api"]))
    assert [each.at for each in entries] == sorted(each.at for each in entries)
    told = [each.what for each in entries]
    for words in (
        "last good answer",
        "failing answer: connection refused",
        "re-check 1",
        "fired: api is down",
        f"alert {ids['web']} fired and follows from this one",
        "message (fired) to Mira on pager: delivered 3s after",
        "“on it”",
        "silenced services web: known",
        "first good answer: 4",
        "resolved",
    ):
        assert any(words in what for what in told), words
    assert not any("export" in what for what in told)


def test_the_first_chart_says_what_became_of_the_service(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    data = gathered(store, ids["api"])
    down = next(each.down_s for each in data.impact if each.service == "api")
    page = made(data, "html").decode()
    assert f"down for {duration(down)}" in page.partition("<figure")[2].partition("</h2>")[0]
    assert "\u22120s" not in page
    assert "+0s" not in page


def test_what_moved_together_is_found_and_the_quiet_is_not(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    found = document(gathered(store, ids["api"]))
    moved = {(each["subject"], each["signal"]) for each in found["moved_together"]}
    assert {("billing", "response_time"), ("host", "cpu_usage"), ("overview", "concurrent_users")} <= moved
    assert not [subject for subject, _ in moved if subject in ("quiet", "api")]
    strengths = [each["strength"] for each in found["moved_together"]]
    assert strengths == sorted(strengths, reverse=True)
    assert found["impact"]["figures"][0]["fell"]


def test_only_the_strongest_are_wanted(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    with store.read() as reads:
        episode = reads.alerts.episode(ids["api"])
        assert episode is not None
        every = moved_with(reads, episode, now=NOW)
        assert moved_with(reads, episode, now=NOW, most=2) == every[:2]


def test_an_ended_incident_is_told_the_same_whenever_it_is_made(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    first, later = (gathered(store, ids["api"], moment) for moment in (NOW, NOW + timedelta(hours=5)))
    documents = [document(data) for data in (first, later)]
    assert documents[0].pop("generated_at") != documents[1].pop("generated_at")
    assert documents[0] == documents[1]
    assert first.charts == later.charts


def test_of_an_open_incident_it_is_told_so_far(tmp_path: Path) -> None:
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=FakeClock(after(5))) as store:
        ids = plant(store, until=after(5), hours_before=1)
        found = document(gathered(store, ids["api"], after(5)))
    assert found["so_far"]
    assert found["alert"]["resolved_at"] is None
    assert found["alert"]["duration_seconds"] == 300
    assert found["response"]["resolved_seconds"] is None
    assert "So far 5m; mira has it." in found["verdict"]["sentence"]


@pytest.mark.slow
def test_it_says_that_retention_removed_single_results(tmp_path: Path) -> None:
    much_later = NOW + timedelta(days=120)
    clock = FakeClock(NOW)
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=clock) as store:
        ids = plant(store, hours_before=1)
        clock.advance(120 * 86400)
        retention = Retention(store, retention_policy(Settings().retention), clock=clock)
        while retention.step():
            pass
        data = gathered(store, ids["api"], much_later)
    assert data.raw_deleted
    assert not data.probes
    assert not data.impact[0].exact
    assert data.impact[0].down_s == 600
    assert "deleted by the retention" in made(data, "md").decode()


def test_the_draft_has_headings_to_fill_in(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    text = made(gathered(store, ids["api"]), "md").decode()
    for heading in ("Summary", "Root cause", "What went well", "What went wrong", "Action items"):
        assert f"## {heading}\n\n<!--" in text
    assert text.index("## What moved together") < text.index("## Summary") < text.index("## Method")


@pytest.mark.slow
def test_hostile_text_stays_text(planted: tuple[Store, dict[str, int]]) -> None:
    store, ids = planted
    data = gathered(store, ids["api"])
    episode = replace(data.episode, subject=HOSTILE, message=HOSTILE, note=HOSTILE, acknowledged_by=HOSTILE)
    charts = tuple(replace(each, subject=HOSTILE) for each in data.charts)
    answer = KeptAnswer(DOWN, f"one\n{HOSTILE}")
    hostile = replace(data, episode=episode, charts=charts, answer=answer)
    page = made(hostile, "html").decode()
    assert "<img" not in page
    assert "\x1b" not in page
    assert "\x1b" not in made(hostile, "md").decode()
    assert document(hostile)["evidence"]["answer"].count("\n") == 1


def test_no_such_alert(planted: tuple[Store, dict[str, int]]) -> None:
    store, _ = planted
    with store.read() as reads:
        assert gather_incident(reads, 99, targets=(), settings=Settings(), zone="UTC", made_at=NOW) is None
