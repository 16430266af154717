"""The whole way: an incident on the simulated platform fires, is taken with one key, is seen elsewhere, resolves, and
is reported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.terminal import TerminalProgram

pytestmark = pytest.mark.pty

PROGRAM = [sys.executable, "-m", "amt_console"]
EIGHT_FILES = {
    "overview_dashboard.html",
    "chatbot_dashboard.html",
    "revenue_dashboard.html",
    "performance_dashboard.html",
    "executive_summary.json",
    "monitoring_report.json",
    "performance_analysis_report.json",
    "performance_analysis.png",
}


def run(arguments: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(home),
        cwd=home,
        check=False,
    )


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home)}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[TerminalProgram]:
    arguments = ["demo", "--days", "0", "--incident", "api-down", "--incident-seconds", "35"]
    with TerminalProgram([*PROGRAM, *arguments], columns=120, lines=40, env=environment(tmp_path)) as program:
        yield program


def alerts(home: Path) -> list[dict[str, Any]]:
    result = run(["alerts", "list", "--json"], home)
    assert result.returncode == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def api_down(home: Path) -> dict[str, Any] | None:
    return next(
        (
            alert
            for alert in alerts(home)
            if alert["alert_type"] == "service_down" and alert["subject"] == "backend-api"
        ),
        None,
    )


def test_an_incident_from_first_failure_to_report(console: TerminalProgram, tmp_path: Path) -> None:
    console.wait_for("backend-api", 60)
    started = time.monotonic()
    console.wait_for(lambda shown: any("firing" in line and "backend-api" in line for line in shown.splitlines()))
    assert time.monotonic() - started < 20, "the alert must fire within 20 s"

    console.press("a")
    console.wait_for(lambda shown: "note" in shown.lower())
    console.press("on it\r")
    deadline = time.monotonic() + 15
    alert = api_down(tmp_path)
    while (alert is None or alert["acknowledged_by"] is None) and time.monotonic() < deadline:
        alert = api_down(tmp_path)
    assert alert is not None
    assert alert["acknowledged_by"]
    assert alert["acknowledged_at"]
    assert alert["note"] == "on it"
    assert alert["state"] in ("firing", "recovering")

    deadline = time.monotonic() + 90
    while api_down(tmp_path) is not None:
        assert time.monotonic() < deadline, "the platform healed, the alert did not resolve"

    out = tmp_path / "reports"
    result = run(["export", "all", "--out", str(out)], tmp_path)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in out.iterdir()} >= EIGHT_FILES
    report = json.loads((out / "monitoring_report.json").read_text("utf-8"))
    assert alert["id"] in {entry["id"] for entry in report["alerts"]}
    assert "backend-api" in (out / "performance_dashboard.html").read_text("utf-8")
    assert (out / "performance_analysis.png").read_bytes().startswith(b"\x89PNG")

    console.press("qy")
    console.process.wait(10)
