"""``analyze --series``: any series in a file, without a database."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command

from amt_console.cli.exit_codes import ExitCode

START = datetime(2026, 1, 5, tzinfo=UTC)
HEADER = "timestamp,value"


def rows(count: int, seed: int = 3) -> list[str]:
    rng = random.Random(seed)
    return [
        f"{START + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ},{100 + 30 * math.sin(n / 24 * 2 * math.pi) + rng.gauss(0, 4)}"
        for n in range(count)
    ]


def judged(command: Command, path: Path, lines: Iterable[str], *more: str, end: str = "\n") -> dict[str, Any]:
    path.write_bytes((end.join([HEADER, *lines]) + end).encode())
    done = command("analyze", "--series", str(path), "--json", *more)
    assert (done.code, done.err) == (0, "")
    document: dict[str, Any] = json.loads(done.out)
    return document


def with_spike(lines: list[str], index: int) -> list[str]:
    return [*lines[:index], lines[index].split(",")[0] + ",999", *lines[index + 1 :]]


@pytest.fixture
def path(home: Path) -> Path:
    return home / "series.csv"


def test_each_row_has_a_score_and_each_flag_a_reason(command: Command, path: Path) -> None:
    found = judged(command, path, with_spike(rows(500), 400))
    assert len(found["scores"]) == found["rows"] == 500
    assert found["flagged"] == [400]
    assert len(found["why"]) == 1
    assert found["why"][0].startswith("value 999, expected ")
    assert found["forecast"] is None


def test_rows_without_a_value_score_nothing(command: Command, path: Path) -> None:
    lines = rows(300)
    lines[10] = lines[10].split(",")[0] + ","
    lines[20] = lines[20].split(",")[0] + ",NaN"
    lines.insert(30, "")
    found = judged(command, path, lines)
    assert len(found["scores"]) == 301
    assert [found["scores"][index] for index in (10, 20, 30)] == [0, 0, 0]


def test_a_prefix_of_the_file_gets_the_same_scores(command: Command, path: Path) -> None:
    lines = with_spike(rows(1200), 900)
    whole, part = judged(command, path, lines), judged(command, path, lines[:950])
    assert part["scores"] == whole["scores"][:950]
    assert part["flagged"] == [index for index in whole["flagged"] if index < 950]


def test_rows_out_of_order_are_judged_in_order_of_time(command: Command, path: Path) -> None:
    lines = with_spike(rows(500), 400)
    straight, turned = judged(command, path, lines), judged(command, path, lines[::-1])
    assert turned["scores"] == straight["scores"][::-1]
    assert turned["flagged"] == [99]


def test_times_may_have_offsets_or_none_and_repeat(command: Command, path: Path) -> None:
    plain = rows(200)
    offset = [line.replace("Z,", "+00:00,") for line in plain]
    naive = [line.replace("T", " ").replace("Z,", ",") for line in plain]
    shifted = [f"{datetime.fromisoformat(line.split(',')[0]) + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00,"
               + line.split(",")[1] for line in plain]  # fmt: skip
    found = judged(command, path, plain)
    assert judged(command, path, offset) == judged(command, path, naive) == judged(command, path, shifted) == found
    assert len(judged(command, path, plain + plain)["scores"]) == 400


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(command: Command, path: Path) -> None:
    lines = rows(100)
    plain = judged(command, path, lines)
    assert judged(command, path, lines, end="\r\n") == plain
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert json.loads(command("analyze", "--series", str(path), "--json").out) == plain


def test_a_forecast_of_steps_follows_the_last_row(command: Command, path: Path) -> None:
    forecast = judged(command, path, rows(24 * 42), "--forecast", "24")["forecast"]
    assert set(forecast) == {"method", "mase", "coverage_percent", "points", "reason"}
    assert len(forecast["points"]) == 24
    assert forecast["points"][0]["at"] == f"{START + timedelta(days=42):%Y-%m-%dT%H:%M:%SZ}"
    assert forecast["points"][0]["low"] < forecast["points"][0]["value"] < forecast["points"][0]["high"]
    assert forecast["mase"] < 1
    short = judged(command, path, rows(100), "--forecast", "24")["forecast"]
    assert short["points"] == []
    assert short["mase"] is None
    assert "needs" in short["reason"]


@pytest.mark.slow
def test_ten_years_of_daily_values(command: Command, path: Path) -> None:
    rng = random.Random(2)
    lines = [f"{START + timedelta(days=n):%Y-%m-%d},{1000 + n + rng.gauss(0, 9)}" for n in range(3650)]
    found = judged(command, path, lines, "--forecast", "30")
    assert len(found["scores"]) == 3650
    assert len(found["forecast"]["points"]) == 30


def test_the_table_shows_the_anomalies(command: Command, path: Path) -> None:
    path.write_text("\n".join([HEADER, *with_spike(rows(24 * 42), 400)]), encoding="utf-8")
    done = command("analyze", "--series", str(path), "--forecast", "40")
    assert done.code == 0
    assert "1,008 values, 1 anomaly" in done.out
    assert "2026-01-21 16:00:00" in done.out
    assert "value 999, expected" in done.out
    assert "The first 30 of 40 steps" in done.out


def test_a_file_without_rows_is_an_empty_result(command: Command, path: Path) -> None:
    found = judged(command, path, [], "--forecast", "3")
    assert found["scores"] == found["flagged"] == found["why"] == []
    assert found["forecast"]["points"] == []


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "the header must be 'timestamp,value', not ''"),
        (b"time,value\n", 1, "not 'time,value'"),
        (b"timestamp,value,label\n", 1, "not 'timestamp,value,label'"),
        (b"timestamp,value\n2026-01-05T00:00:00Z,1\n2026-01-05T01:00:00Z,many\n", 3, "'many' is no number"),
        (b"timestamp,value\n2026-01-05T00:00:00Z,1_000\n", 2, "'1_000' is no number"),
        (b"timestamp,value\n2026-01-05T00:00:00Z,inf\n", 2, "'inf' is no number"),
        (b"timestamp,value\n2026-01-05T00:00:00Z,1e999\n", 2, "'1e999' is no number"),
        (b"timestamp,value\n\nyesterday,1\n", 3, "'yesterday' is no time"),
        (b"timestamp,value\n2026-13-05,1\n", 2, "'2026-13-05' is no time"),
        (b"timestamp,value\n0001-01-01T00:00:00+14:00,1\n", 2, "is no time"),
        (b"timestamp,value\n,1\n", 2, "'' is no time"),
        (b"timestamp,value\n2026-01-05T00:00:00Z\n", 2, "has 1 field"),
        (b"timestamp,value\n2026-01-05T00:00:00Z,1,2\n", 2, "has 3 fields"),
        (b'timestamp,value\n2026-01-05T00:00:00Z,"1\n', 2, "no CSV"),
        (b"timestamp,value\n\xff\xfe\x00\x01,1\n", 2, "no UTF-8 text"),
        (b"\x7fELF\x02\x01" + bytes(range(128, 256)), 1, "no UTF-8 text"),
        (b"timestamp,value\n" + b"9" * 100_000 + b"\n", 2, "longer than"),
        (b"timestamp,value\n2026-01-05T00:00:00Z,\x1b[31m\n", 2, "is no number"),
    ],
)
def test_bad_files_are_refused_with_the_line(
    command: Command, path: Path, content: bytes, line: int, words: str
) -> None:
    path.write_bytes(content)
    done = command("analyze", "--series", str(path), "--json")
    assert done.code == ExitCode.BAD_DATA
    assert done.out == ""
    assert f"line {line}: " in done.err
    assert words in done.err
    assert "\x1b" not in done.err
    assert len(done.err) < 400


def test_a_file_that_cannot_be_read(command: Command, home: Path) -> None:
    assert command("analyze", "--series", str(home / "none.csv")).code == ExitCode.IO
    assert command("analyze", "--series", str(home)).code == ExitCode.IO


@pytest.mark.parametrize(
    "arguments",
    [
        ("--forecast", "5"),
        ("--series", "a.csv", "--hours", "5"),
        ("--series", "a.csv", "--forecast", "0"),
        ("--series", "a.csv", "--forecast", "many"),
    ],
)
def test_options_that_do_not_fit_together(command: Command, arguments: tuple[str, ...]) -> None:
    assert command("analyze", *arguments).code == ExitCode.USAGE
