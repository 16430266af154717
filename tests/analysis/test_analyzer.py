"""``PerformanceAnalyzer`` for Python programs, and the command ``analyze``."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from support.stores import laid_out

import amt_console.analysis
from amt_console.__main__ import main
from amt_console.analysis import PerformanceAnalyzer
from amt_console.clock import SystemClock
from amt_console.model import ProbeResult, ServiceState
from amt_console.reports.files import ExportError
from amt_console.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two hours of one service up to now."""
    path, clock = tmp_path / "monitoring.db", SystemClock()
    with Store.open(laid_out(path), clock=clock) as store, store.transaction() as writes:
        for minute in range(120, 0, -1):
            at = clock.now() - timedelta(minutes=minute)
            writes.add_results([ProbeResult("backend-api", at, ServiceState.UP, 60, 40.0)])
    return path


def test_the_analysis_is_that_of_the_command(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMT_DATABASE_URL", f"sqlite:///{database}")
    found = PerformanceAnalyzer().run_full_analysis(hours=1)
    monkeypatch.setattr(sys, "argv", ["amt-console", "analyze", "--hours", "1", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    printed = json.loads(capsys.readouterr().out)
    assert found.keys() == printed.keys()
    assert found["report"] == "performance_analysis"
    (service,) = (each for each in found["services"] if each["name"] == "backend-api")
    assert service["latency"]["samples"] == pytest.approx(60, abs=1)
    assert service["series"]


@pytest.mark.parametrize("form", [str, Path, lambda path: f"sqlite:///{path}"])
def test_a_database_can_be_named(database: Path, tmp_path: Path, form: object) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"services": [{"name": "mine", "url": "http://localhost/"}]}')
    found = PerformanceAnalyzer(form(database), config).run_full_analysis(hours=3)  # type: ignore[operator]
    services = {service["name"]: service["latency"]["samples"] for service in found["services"]}
    assert services["mine"] == 0
    assert services["backend-api"] == 120


def test_a_window_that_makes_no_sense_is_refused(database: Path) -> None:
    with pytest.raises(ExportError, match="hours long"):
        PerformanceAnalyzer(database).run_full_analysis(hours=0)


def test_the_room_stays_pure_until_somebody_asks() -> None:
    code = "import sys, amt_console.analysis; print(sorted({'sqlalchemy', 'amt_console.store'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        amt_console.analysis.Nothing  # noqa: B018
