"""The JSON reports: what a program reads in them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from support import report_samples as samples
from support.rollups import rollup

from amt_console.reports.build import build
from amt_console.reports.files import plan
from amt_console.reports.gathering.data import ReportData

pytestmark = pytest.mark.slow


def documents(data: ReportData) -> dict[str, Any]:
    made = build(data, plan(["all"], ["json"]), progress=lambda *_: None)
    return {name.removesuffix(".json"): json.loads(content) for name, content in made}


def test_up_seconds_have_the_slow_ones_in_them_as_the_formula_has() -> None:
    data = samples.week(hours=24)
    hour = [rollup(start, 300, samples=10, up=200, degraded=40, down=60) for start in data.window.starts()]
    data = replace(data, services=(replace(data.services[0], buckets=tuple(hour)),))
    parts = documents(data)["performance_analysis_report"]["services"][0]["availability"]
    assert parts["degraded_seconds"] == 288 * 40
    assert parts["up_seconds"] == 288 * 240
    measured = parts["up_seconds"] + parts["down_seconds"]
    assert parts["availability_percent"] == round(100 * parts["up_seconds"] / measured, 4)
    assert measured + parts["maintenance_seconds"] + parts["unknown_seconds"] == 86_400


def test_the_analysis_has_a_series_of_each_service() -> None:
    data = samples.week(hours=24)
    (service, *_) = documents(data)["performance_analysis_report"]["services"]
    series = service["series"]
    assert len(series) == 288
    assert series[0]["start"] == "2026-01-11T09:40:00.000+00:00"
    assert set(series[0]) == {"start", "count", "up", "down", "p50_ms", "p95_ms", "p99_ms"}
    assert sum(step["count"] for step in series) == service["latency"]["samples"]
    assert sum(step["down"] for step in series) == service["latency"]["errors"] > 0
    assert all(step["up"] + step["down"] == step["count"] for step in series)
    failed = [step for step in series if step["down"] == step["count"] > 0]
    assert {step["p95_ms"] for step in failed} == {None}


def test_an_incident_stands_in_the_analysis_once() -> None:
    analysis = documents(samples.week(hours=24))["performance_analysis_report"]
    assert [incident["service"] for incident in analysis["incidents"]] == ["backend-api"]
    assert [service["incidents"] for service in analysis["services"]] == [1, 0, 0, 0, 0, 0, 0]
    assert json.dumps(analysis).count("HTTP 503 Service Unavailable") == 3, (
        "the finding, the incident, and the state it was in"
    )


def test_a_trend_is_called_alike_in_the_page_and_in_the_document() -> None:
    data = samples.week()
    made = dict(build(data, plan(["performance"], ["json", "md"]), progress=lambda *_: None))
    services = json.loads(made["performance_analysis_report.json"])["services"]
    page = made["performance_dashboard.md"].decode()
    assert {service["trend"]["direction"] for service in services} == {"steady"}
    assert page.count("steady") >= len(services)
    assert "| no trend |" not in page
