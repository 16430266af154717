"""End to end: an incident on the simulated platform fires, is acknowledged, is seen elsewhere, resolves, and is
reported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import template_process
from support.fair_time import fair_time
from support.programs import ask, until
from support.terminal import TerminalProgram

from amt_console.demo.state import running_demo

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


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Path:
    home = Path.home()
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def console(home: Path) -> Iterator[TerminalProgram]:
    ports = ["--api-port", "0", "--web-port", "0", "--mobile-port", "0"]
    arguments = ["demo", "--days", "0", *ports, "--incident", "api-down", "--incident-seconds", "0"]
    with TerminalProgram([*PROGRAM, *arguments], columns=120, lines=40) as program:
        yield program


def api_down(home: Path) -> dict[str, Any] | None:
    """The open alert as another terminal sees it."""
    alerts: list[dict[str, Any]] = ask(home, "alerts", "list", "--json")
    found = (each for each in alerts if (each["alert_type"], each["subject"]) == ("service_down", "backend-api"))
    return next(found, None)


def test_an_incident_from_first_failure_to_report(console: TerminalProgram, home: Path) -> None:
    console.wait_for("backend-api")
    started = fair_time()
    console.wait_for(lambda shown: any("CRITICAL" in line and "backend-api" in line for line in shown.splitlines()))
    until(lambda: (api_down(home) or {}).get("state") == "firing")
    assert fair_time() - started < 20, "the alert must fire within 20 s"

    console.press("a")
    console.wait_for(lambda shown: "note" in shown.lower())
    console.press("on it\r")
    until(lambda: (api_down(home) or {}).get("acknowledged_by"))
    alert = api_down(home)
    assert alert is not None
    assert alert["acknowledged_at"]
    assert alert["note"] == "on it"
    assert alert["state"] in ("firing", "recovering")

    demo = running_demo()
    assert demo is not None
    httpx.post(f"{demo.control_url}/incidents/api-down", json={"active": False}, trust_env=False)

    def resolved() -> bool:
        console.press("r")
        return api_down(home) is None

    until(resolved)

    out = home / "reports"
    result = template_process.run([*PROGRAM, "export", "all", "--out", str(out)], text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in out.iterdir()} >= EIGHT_FILES
    report = json.loads((out / "monitoring_report.json").read_text("utf-8"))
    assert alert["id"] in {entry["id"] for entry in report["alerts"]}
    assert "backend-api" in (out / "performance_dashboard.html").read_text("utf-8")
    assert (out / "performance_analysis.png").read_bytes().startswith(b"\x89PNG")

    console.press("qy")
    console.process.wait(60)
