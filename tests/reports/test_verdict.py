"""The verdict counts targets, slowness and missing figures, and is the same in every format."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support import report_samples as samples
from support.rollups import rollup

from amt_console.model import FigureKind, ServiceState
from amt_console.reports.build import build
from amt_console.reports.files import plan
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.pages.overview import overview_page
from amt_console.reports.tone import Tone
from amt_console.reports.view import build_view

pytestmark = pytest.mark.slow


def good() -> ReportData:
    """A day with all figures and no alert, in which one service was down for ten minutes."""
    data = samples.week(hours=24)
    whole = {
        kind: replace(source, figures={n: f for n, f in source.figures.items() if f.value is not None})
        for kind, source in data.figures.items()
    }
    services = tuple(replace(service, state=ServiceState.UP) for service in data.services)
    quiet = tuple(
        replace(service, buckets=tuple(rollup(b.start, b.seconds, samples=10, up=b.seconds) for b in service.buckets))
        if service.name == "api-chat-analytics"
        else service
        for service in services
    )
    return replace(data, services=quiet, alerts=(), figures=whole)


def test_a_good_day_is_ok() -> None:
    view = build_view(good())
    assert (view.verdict.tone, view.verdict.word) == (Tone.OK, "OK")
    assert overview_page(view).verdict.word == "OK"


def test_a_missed_target_is_not_ok() -> None:
    data = good()
    verdict = build_view(replace(data, limits=replace(data.limits, uptime_percent=99.95))).verdict
    assert (verdict.tone, verdict.word) == (Tone.WARNING, "Degraded")
    assert "All 7 services are up, but backend-api missed the availability target of 99.95 %." in verdict.sentence
    assert "Availability 99.89 %, target 99.95 %." in verdict.sentence


def test_a_hundred_minutes_of_slowness_are_not_ok() -> None:
    data = good()
    slow = tuple(
        rollup(b.start, b.seconds, samples=10, degraded=b.seconds) if index < 20 else b
        for index, b in enumerate(data.services[1].buckets)
    )
    services = (data.services[0], replace(data.services[1], buckets=slow), *data.services[2:])
    verdict = build_view(replace(data, services=services)).verdict
    assert (verdict.tone, verdict.word) == (Tone.WARNING, "Degraded")
    assert "but web-app answered too slowly for 1h 40m. " in verdict.sentence


def test_missing_figures_are_not_ok_on_the_page_and_in_the_document() -> None:
    data = good()
    holes = {
        kind: replace(
            source,
            figures={
                name: replace(figure, value=None, reason="not in the answer") if index < 5 else figure
                for index, (name, figure) in enumerate(source.figures.items())
            },
        )
        for kind, source in data.figures.items()
        if kind is not FigureKind.CHATBOT
    }
    data = replace(data, figures=holes)
    page = overview_page(build_view(data))
    assert (page.verdict.tone, page.verdict.word) == (Tone.WARNING, "Incomplete")
    assert " 5 of 16 figures are missing." in page.verdict.sentence
    files = dict(build(data, plan(["all"], ["json"]), progress=lambda *_: None))
    summary = json.loads(files["executive_summary.json"])
    assert (summary["verdict"]["state"], summary["verdict"]["word"]) == ("warning", "Incomplete")
    assert "No chatbot figures were read. 10 of 25 figures are missing." in summary["verdict"]["sentence"]
    assert json.loads(files["overview_dashboard.json"])["verdict"]["sentence"] == page.verdict.sentence
    assert json.loads(files["revenue_dashboard.json"])["verdict"]["word"] == "Incomplete"


def test_the_past_is_told_as_of_then() -> None:
    data = good()
    later = replace(data, made_at=data.window.end + timedelta(hours=5))
    assert build_view(later).verdict.sentence.startswith("As of Mon 12 Jan 2026, 09:40: All 7 services are up.")
