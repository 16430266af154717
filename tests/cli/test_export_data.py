"""``export verify``, ``schema`` and ``metrics`` as a person meets them."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amt_console.cli.exit_codes import ExitCode

Command = Callable[..., Any]


@pytest.fixture
def report(command: Command, history: Callable[..., int | None], home: Path) -> Path:
    history()
    printed = command("analyze", "--hours", "1", "--json")
    assert printed.code == 0
    path = home / "report.json"
    path.write_text(printed.out)
    return path


@pytest.mark.slow
def test_a_report_is_verified_changed_and_named(report: Path, command: Command, database: Path) -> None:
    good = command("export", "verify", str(report))
    assert (good.code, good.err) == (0, "")
    assert good.out.startswith(f"{report} matches: 3 raw rows give the same ")
    changed = report.with_name("changed.json")
    changed.write_text(report.read_text().replace('"sufficient": false', '"sufficient": true', 1))
    bad = command("export", "verify", str(report), str(changed), "--json")
    assert bad.code == ExitCode.BAD_DATA
    one, other = json.loads(bad.out)
    assert (one["outcome"], other["outcome"], other["digest_matches"]) == ("matches", "differs", True)
    assert [each["rows"] for each in other["differences"]] == ["false"]
    connection = sqlite3.connect(database)
    connection.execute("DELETE FROM monitoring_logs")
    connection.commit()
    connection.close()
    gone = command("export", "verify", str(report))
    assert gone.code == ExitCode.UNAVAILABLE
    assert "are gone (retention)" in gone.out


def test_what_cannot_be_verified_is_one_message(command: Command, home: Path, store: object) -> None:
    assert command("export", "verify", "none.json").code == ExitCode.USAGE
    (home / "odd.json").write_text("{}")
    odd = command("export", "verify", "odd.json")
    assert odd.code == ExitCode.BAD_DATA
    assert odd.err.startswith("odd.json cannot be verified: it is not a JSON report")


def test_schemas_are_listed_and_printed(command: Command) -> None:
    names = json.loads(command("export", "schema", "--json").out)
    assert "executive_summary" in names
    assert json.loads(command("export", "schema", "executive_summary.json").out)["$schema"].endswith("2020-12/schema")
    wrong = command("export", "schema", "nothing")
    assert wrong.code == ExitCode.USAGE
    assert "performance_analysis_report" in wrong.err


def test_metrics_go_to_a_folder_a_file_or_standard_output(
    command: Command, history: Callable[..., int | None], home: Path
) -> None:
    history()
    assert command("export", "metrics", "--hours", "1").out == "exports/metrics.csv\n"
    rows = list(csv.DictReader((home / "exports" / "metrics.csv").read_text().splitlines()))
    assert {row["kind"] for row in rows} == {"service", "host"}
    assert (
        command("export", "metrics", "--hours", "1", "--out", "here.jsonl", "--format", "jsonl").out == "here.jsonl\n"
    )
    assert len((home / "here.jsonl").read_text().splitlines()) == len(rows)
    before = command("export", "metrics", "--since", "2001-01-01", "--until", "2001-01-02", "--tz", "UTC")
    assert before.err == "no data between 2001-01-01 00:00 UTC and 2001-01-02 00:00 UTC\n"
    (home / "blocked").write_text("")
    assert command("export", "metrics", "--out", "blocked").code == ExitCode.IO
