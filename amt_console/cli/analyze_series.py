"""``analyze --series``: anomalies and a forecast of any series in a file; needs no database."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from amt_console.analysis.percentiles import MOST_VALUE, median
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, print_wrapped
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.analysis.anomalies import SeriesJudgement
    from amt_console.analysis.forecasts import Forecast

HEADER = ("timestamp", "value")
LONGEST_LINE = 4096
"""Bytes; a time and a number need fewer."""
MOST_ROWS = 2_000_000
MOST_STEPS = 100_000
"""Longest forecast."""
DAY = 86_400
STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, DAY, 7 * DAY)
"""Lengths of a forecast's steps in seconds."""
SHOWN = 30
"""Rows of the tables."""


@dataclass(frozen=True, slots=True)
class Row:
    """One data row; NaN where it holds no value."""

    at: datetime
    value: float


def analyze_series(file: Path, *, steps: int | None, json_output: bool) -> None:
    """Judge the series of a file and print the result. Raises CommandError."""
    from amt_console.analysis.anomalies import judge_series

    if steps is not None and not 1 <= steps <= MOST_STEPS:
        raise CommandError(f"--forecast takes a number of steps from 1 to {MOST_STEPS}, not {steps}", ExitCode.USAGE)
    rows = read_series(file)
    judgement = judge_series([(row.at, row.value) for row in rows])
    forecast = None if steps is None else _forecast(rows, steps)
    if json_output:
        print_json(_document(rows, judgement, forecast))
    else:
        _print(rows, judgement, forecast)


def read_series(file: Path) -> list[Row]:
    """The data rows of a CSV file with the header ``timestamp,value``; ``-`` is stdin. Raises CommandError.

    A row without a value, and an empty line between rows, is a row with NaN. A time without an offset is UTC.
    """
    name = "stdin" if str(file) == "-" else safe_text(file, 200)
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as stream:
            return list(_rows(name, stream))
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}", ExitCode.IO) from None


def _rows(name: str, stream: IO[bytes]) -> Iterator[Row]:
    at = datetime(1970, 1, 1, tzinfo=UTC)
    blank = 0
    lines = enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1)
    number, header = next(lines, (1, b""))
    found = _fields(name, number, header.removeprefix(b"\xef\xbb\xbf"))
    if tuple(field.lower() for field in found) != HEADER:
        shown = safe_text(",".join(found), 60)
        raise _bad(name, number, f"the header must be 'timestamp,value', not '{shown}'")
    count = 0
    for number, line in lines:
        fields = _fields(name, number, line)
        if not any(fields) and len(fields) <= len(HEADER):
            blank += 1
            continue
        if len(fields) != len(HEADER):
            raise _bad(name, number, f"a row has a time and a value, this one has {len(fields)} fields")
        for _ in range(blank):
            yield Row(at, math.nan)
        blank = 0
        at = _time(name, number, fields[0])
        count += 1
        if count > MOST_ROWS:
            raise _bad(name, number, f"a series has at most {MOST_ROWS:,} rows")
        yield Row(at, _value(name, number, fields[1]))


def _fields(name: str, number: int, line: bytes) -> list[str]:
    if len(line) > LONGEST_LINE:
        raise _bad(name, number, f"the line is longer than {LONGEST_LINE} bytes: this is no series")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad(name, number, "this is no UTF-8 text") from None
    try:
        rows = list(csv.reader([text.rstrip("\r\n")], strict=True))
    except csv.Error as error:
        raise _bad(name, number, f"this is no CSV: {error}") from None
    return [field.strip() for field in rows[0]] if rows else []


def _time(name: str, number: int, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not 1900 <= at.year <= 9000:
        example = "2026-01-31T14:00:00Z or 2026-01-31 14:00"
        raise _bad(name, number, f"'{safe_text(text, 60)}' is no time: write {example} (UTC without an offset)")
    return at


def _value(name: str, number: int, text: str) -> float:
    if not text:
        return math.nan
    try:
        value = math.inf if "_" in text else float(text)
    except ValueError:
        value = math.inf
    if abs(value) > MOST_VALUE:
        raise _bad(name, number, f"'{safe_text(text, 60)}' is no number; leave it empty if nothing was measured")
    return value


def _bad(name: str, number: int, what: str) -> CommandError:
    return CommandError(f"{name}, line {number}: {what}", ExitCode.BAD_DATA)


def _forecast(rows: list[Row], steps: int) -> Forecast:
    from amt_console.analysis.forecasts import forecast_series

    step = step_of(rows)
    points = [(row.at, row.value) for row in rows]
    if step < DAY:
        season = DAY // step
        return forecast_series(points, step=step, horizon=steps, season=season, cycle=7 * season)
    return forecast_series(points, step=step, horizon=steps, season=7 if step == DAY else 1, cycle=None)


def step_of(rows: list[Row]) -> int:
    """The step of ``STEPS`` that is nearest to the usual time between two values, in seconds."""
    times = sorted({row.at for row in rows if math.isfinite(row.value)})
    usual = median([(after - before).total_seconds() for before, after in pairwise(times)])
    return min(STEPS, key=lambda step: abs(math.log(step / usual))) if usual else DAY


def _document(rows: list[Row], judgement: SeriesJudgement, forecast: Forecast | None) -> dict[str, Any]:
    from amt_console.analysis.anomalies.judgement import METHOD

    return {
        "rows": len(rows),
        "method": METHOD,
        "scores": [round(score, 4) for score in judgement.scores],
        "flagged": list(judgement.flagged),
        "why": list(judgement.why),
        "forecast": None if forecast is None else forecast_document(forecast),
    }


def forecast_document(forecast: Forecast) -> dict[str, Any]:
    """A forecast as JSON."""
    return {
        "method": forecast.method,
        "mase": forecast.mase,
        "coverage_percent": forecast.coverage_percent,
        "points": [
            {"at": _stamp(point.at), "value": point.value, "low": point.low, "high": point.high}
            for point in forecast.points
        ],
        "reason": forecast.reason,
    }


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _print(rows: list[Row], judgement: SeriesJudgement, forecast: Forecast | None) -> None:
    values = sum(math.isfinite(row.value) for row in rows)
    flagged = judgement.flagged
    print_line(
        f"{values:,} value{'s' * (values != 1)}, {len(flagged)} {'anomaly' if len(flagged) == 1 else 'anomalies'}"
    )
    if flagged:
        print_line()
        whys = dict(zip(flagged, judgement.why, strict=True))
        worst = sorted(sorted(flagged, key=lambda index: -judgement.scores[index])[:SHOWN])
        print_table(
            ("TIME", PrintedColumn("SCORE", right=True), PrintedColumn("WHY", text=True)),
            [(f"{rows[n].at:%Y-%m-%d %H:%M:%S}", f"{judgement.scores[n]:.1f}", whys[n]) for n in worst],
        )
        if len(flagged) > SHOWN:
            print_line(f"The {SHOWN} strongest of {len(flagged)}; --json prints all.")
    if forecast is None:
        return
    print_line()
    print_wrapped(f"Forecast: {forecast.reason}.")
    if forecast.points:
        print_line()
        columns = (PrintedColumn(heading, right=True) for heading in ("VALUE", "LOW", "HIGH"))
        print_table(
            ("TIME", *columns),
            [
                (f"{point.at:%Y-%m-%d %H:%M}", *(f"{each:.6g}" for each in (point.value, point.low, point.high)))
                for point in forecast.points[:SHOWN]
            ],
        )
        if len(forecast.points) > SHOWN:
            print_line(f"The first {SHOWN} of {len(forecast.points)} steps; --json prints all.")
