"""``export`` and ``analyze`` as a person meets them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.renderers import forked_renderers
from support.stores import laid_out

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.main import run
from amt_console.clock import SystemClock
from amt_console.model import ProbeResult, ServiceState
from amt_console.store import Store

pytestmark = pytest.mark.slow

__all__ = ["forked_renderers"]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    url = laid_out(tmp_path / "monitoring.db")
    now = datetime.now(UTC).replace(microsecond=0)
    with Store.open(url, clock=SystemClock()) as store, store.transaction() as writes:
        writes.add_results(
            [
                ProbeResult("backend-api", now - timedelta(minutes=minute), ServiceState.UP, 60, 40.0)
                for minute in range(60, 0, -1)
            ]
        )
    return url


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("forked_renderers")
def test_export_prints_the_files_it_wrote(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("export", "executive", "--db", database, "--out", "there", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        str(tmp_path / "there" / name) for name in ("executive_summary.html", "executive_summary.json")
    ]
    assert code_of("export", "executive", "--db", database, "--format", "md", "--hours", "1") == 0
    assert capsys.readouterr().out == "exports/executive_summary.md\n"
    assert (tmp_path / "exports" / "executive_summary.md").read_text().startswith("# Executive summary")


@pytest.mark.usefixtures("forked_renderers")
def test_a_window_may_end_in_the_past_and_then_says_the_same_at_any_time(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end = (datetime.now(UTC) - timedelta(minutes=20)).replace(microsecond=0).isoformat()
    told = []
    for out in ("first", "second"):
        assert code_of("export", "executive", "--db", database, "--hours", "0.5", "--until", end, "--out", out) == 0
        told.append(json.loads((tmp_path / out / "executive_summary.json").read_text()))
    made = [datetime.fromisoformat(summary.pop("generated_at")) for summary in told]
    assert made[0] < made[1]
    assert told[0] == told[1]
    assert datetime.fromisoformat(told[0]["as_of"]) == datetime.fromisoformat(end)
    capsys.readouterr()
    assert code_of("analyze", "--db", database, "--hours", "0.5", "--until", end, "--json") == 0
    window = json.loads(capsys.readouterr().out)["window"]
    assert window == told[0]["window"]


def test_the_window_is_written_in_the_zone_of_the_report(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--db", database, "--since", "yesterday", "--until", "now", "--tz", "Pacific/Kiritimati", "--json")
    assert code_of("analyze", *options) == 0
    window = json.loads(capsys.readouterr().out)["window"]
    assert window["start"].endswith("T00:00:00.000+14:00")
    assert 24 <= window["hours"] <= 48


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "monitoring", "--format", "html"), "monitoring comes as json"),
        (("export", "all", "--hours", "0"), "hours long"),
        (("export", "all", "--hours", "1", "--since", "1h"), "exclude each other"),
        (("export", "all", "--since", "yesterday-ish"), "is not a time"),
        (("export", "all", "--until", "2999-01-01"), "is in the future"),
        (("export", "all", "--since", "1h", "--until", "2h"), "--since must lie before --until"),
        (("analyze", "--zone", "Mars/Base"), "is not a time zone"),
    ],
)
def test_wrong_wishes_end_with_one_sentence(
    database: str, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(*arguments, "--db", database) == ExitCode.USAGE
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


def test_a_folder_that_cannot_be_written_is_an_io_error(database: str, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    assert code_of("export", "executive", "--db", database, "--out", "blocked") == ExitCode.IO


def test_a_missing_database_is_unavailable(database: str, tmp_path: Path) -> None:
    assert code_of("analyze", "--db", str(tmp_path / "none.db")) == ExitCode.UNAVAILABLE


def test_analyze_is_readable_and_machine_readable(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("analyze", "--db", database, "--hours", "1", "--zone", "UTC") == 0
    text = capsys.readouterr().out
    assert "SERVICE" in text
    assert "backend-api" in text
    assert code_of("analyze", "--db", database, "--since", "1h", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["report"] == "performance_analysis"
    assert list(document) == sorted(document)
    service = next(s for s in document["services"] if s["name"] == "backend-api")
    assert service["latency"]["p50_ms"] == pytest.approx(40, rel=0.01)


@pytest.mark.usefixtures("forked_renderers")
def test_what_has_nothing_to_write_is_named(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("export", "chatbot", "--format", "csv", "--format", "md", "--db", database) == 0
    said = capsys.readouterr()
    assert said.out == "exports/chatbot_dashboard.md\n"
    # On a slow machine lines that tell the progress come before.
    assert said.err.endswith("chatbot as csv: nothing to write, it has no table with data in this window\n")
    assert code_of("export", "chatbot", "--format", "csv", "--db", database, "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == []
    assert "chatbot as csv: nothing to write" in said.err
    assert code_of("export", "performance", "--format", "csv", "--db", database) == 0
    said = capsys.readouterr()
    assert "nothing to write" not in said.err
    assert "exports/performance_dashboard_" in said.out


def test_analyze_says_too_little_data_and_writes_percentages_alike(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of("analyze", "--db", database, "--hours", "24", "--zone", "UTC") == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("backend-api"))
    assert "too little data" in row
    assert "no data" not in row
    assert code_of("analyze", "--db", database, "--hours", "1", "--zone", "UTC") == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("backend-api"))
    assert "100.00 %" in row
    assert " 0.00 %" in row
