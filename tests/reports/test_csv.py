"""CSV is for programs: plain numbers in the unit of their heading, moments in ISO 8601, nothing written for people."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

import pytest
from support import report_samples as samples

from amt_console.reports.build import build
from amt_console.reports.files import plan
from amt_console.reports.view import build_view

NUMBER = re.compile(r"-?\d+(\.\d+)?$")
FOR_PEOPLE = re.compile(r"-?[\d,.]+ ?(ms|s|m|h|d|%|points)( |$)|\d+m \d+s|[\u25b2\u25bc\u2013]")
MOMENTS = ("Began", "Ended", "Opened", "From", "To", "Since", "Read", "Acknowledged at")
WORDS = ("Message", "First error", "Last error", "Remark", "Note")

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def tables() -> dict[str, Rows]:
    made = build(samples.week(zone="Europe/Berlin"), plan(["all"], ["csv"]), progress=lambda *_: None)
    return {name: list(csv.DictReader(io.StringIO(content.decode("utf-8")))) for name, content in made}


def test_no_cell_is_written_for_people(tables: dict[str, Rows]) -> None:
    assert len(tables) > 20
    for name, rows in tables.items():
        for row in rows:
            for heading, cell in row.items():
                assert heading in WORDS or not FOR_PEOPLE.search(cell), (name, heading, cell)


def test_moments_are_iso_with_the_zone_s_offset(tables: dict[str, Rows]) -> None:
    seen = set()
    for name, rows in tables.items():
        for row in rows:
            for heading in MOMENTS & row.keys():
                if row[heading]:
                    seen.add(heading)
                    assert datetime.fromisoformat(row[heading]).utcoffset() is not None, (name, heading)
                    assert row[heading].endswith("+01:00")
    assert seen >= {"Began", "Ended", "Opened", "From", "To", "Since", "Read", "Acknowledged at"}


def test_numbers_are_in_the_unit_of_their_heading(tables: dict[str, Rows]) -> None:
    for name, rows in tables.items():
        for row in rows:
            for heading, cell in row.items():
                if re.search(r"\((ms|s|%|1/min)\)$", heading) and cell:
                    assert NUMBER.match(cell), (name, heading, cell)
    view = build_view(samples.week())
    services = {service.name: service for service in view.analysis.services}
    for row in tables["performance_dashboard_service_table.csv"]:
        latency, parts = services[row["Service"]].latency, services[row["Service"]].availability
        assert float(row["p95 (ms)"]) == pytest.approx(latency.p95_ms, abs=1e-4)
        assert float(row["Availability (%)"]) == pytest.approx(parts.availability_percent, abs=1e-4)
    (incident,) = tables["performance_dashboard_incident_table.csv"]
    assert (incident["Lasted (s)"], incident["Alert"], incident["Acknowledged by"]) == ("7200", "41", "mira")
    assert incident["Note"] == "restarting the pool"


def test_a_table_of_figures_names_the_unit_of_each_row(tables: dict[str, Rows]) -> None:
    rows = {row["Figure"]: row for row in tables["overview_dashboard_all_figures.csv"]}
    assert (rows["Total users"]["Unit"], rows["Total users"]["Newest"]) == ("", "12480")
    assert (rows["Bounce rate"]["Unit"], rows["Bounce rate"]["Newest"]) == ("%", "38.4")
    assert (rows["Session duration"]["Unit"], rows["Session duration"]["Newest"]) == ("s", "312")
    assert rows["Bug reports"]["Newest"] == ""
    assert float(rows["Total users"]["Change (%)"]) == pytest.approx(100 * (1 / 0.97 - 1), abs=1e-3)


def test_bars_have_their_number_and_their_share(tables: dict[str, Rows]) -> None:
    (first, *_) = tables["overview_dashboard_sources.csv"]
    assert first == {"Source": "Organic search", "Count": "4210", "Share (%)": "41.8905"}
    (feature, *_) = tables["overview_dashboard_features.csv"]
    assert feature == {"Feature": "Campaign builder", "Share (%)": "71"}
