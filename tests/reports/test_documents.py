"""The JSON reports: what a program reads in them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from support import report_samples as samples
from support.rollups import rollup

from amt_console.reports.build import build
from amt_console.reports.data import ReportData
from amt_console.reports.files import plan


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
