"""The platform's figures on the command line: ``status``, ``doctor``, ``figures test``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from support.operations import probe
from support.platform import serving

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.config import Settings, targets
from amt_console.model import BusinessFigures, ErrorClass, Figure, FigureKind, Service, ServiceState
from amt_console.store import Store

pytestmark = pytest.mark.slow

SUSPECT = '0.0275 looks like a fraction, not percent: set unit = "fraction"'


def stored(store: Store, kind: FigureKind, **figures: Figure) -> BusinessFigures:
    read = BusinessFigures(kind, SystemClock().now(), figures)
    with store.transaction() as writes:
        writes.add_figures(read)
    return read


def some_figures(store: Store) -> BusinessFigures:
    return stored(
        store,
        FigureKind.REVENUE,
        mrr=Figure(48_250.5, unit="EUR"),
        arr=Figure(None, "nothing in the answer at arr", "EUR"),
        churn_rate=Figure(0.0275, unit="percent", suspect=SUSPECT),
        plan_distribution=Figure((("Starter", 812.0), ("Pro", 0.0)), "1 of 3 entries left out", "count"),
    )


def test_status_as_json_has_every_figure(
    command: Callable[..., Any], store: Store, history: Callable[..., Any]
) -> None:
    history()
    read = some_figures(store)
    figures = json.loads(command("status", "--json").out)["figures"]
    assert set(figures) == {"revenue"}
    at = read.timestamp.isoformat(timespec="milliseconds")
    assert figures["revenue"] == {
        "mrr": {
            "value": 48_250.5,
            "unit": "EUR",
            "read_at": at,
            "missing": None,
            "suspect": None,
            "remark": None,
        },
        "arr": {
            "value": None,
            "unit": "EUR",
            "read_at": at,
            "missing": "nothing in the answer at arr",
            "suspect": None,
            "remark": None,
        },
        "churn_rate": {
            "value": 0.0275,
            "unit": "percent",
            "read_at": at,
            "missing": None,
            "suspect": SUSPECT,
            "remark": None,
        },
        "plan_distribution": {
            "value": [{"label": "Starter", "value": 812.0}, {"label": "Pro", "value": 0.0}],
            "unit": "count",
            "read_at": at,
            "missing": None,
            "suspect": None,
            "remark": "1 of 3 entries left out",
        },
    }


def test_status_and_doctor_say_which_figure_looks_wrong(
    command: Callable[..., Any], store: Store, history: Callable[..., Any]
) -> None:
    history()
    some_figures(store)
    said = " ".join(command("status").out.split())
    assert f"suspect: revenue.churn_rate: {SUSPECT}" in said
    assert "suspect: revenue.mrr" not in said
    (found,) = [each for each in json.loads(command("doctor", "--json").out) if each["name"] == "figures"]
    assert found["health"] == "warning"
    assert found["message"] == f"revenue.churn_rate: {SUSPECT}"
    assert "docs/figures.md" in found["mend"]


def test_status_says_how_old_figures_are_and_why_there_are_no_newer_ones(
    command: Callable[..., Any], store: Store, history: Callable[..., Any]
) -> None:
    history()
    some_figures(store)
    said = command("status").out
    assert "figures: read revenue 0s ago" in said
    now = SystemClock().now()
    service = next(target for target in targets(Settings(), env={}) if target.name == "api-analytics-revenue")
    failed = replace(
        probe(cast(Service, service), now, ServiceState.DOWN),
        error_class=ErrorClass.HTTP_STATUS,
        status_code=500,
    )
    with store.transaction() as writes:
        writes.add_results([failed])
    said = command("status").out
    since = now.astimezone().strftime("%H:%M")
    assert f"figures: revenue cannot be read: 500 since {since}, last read " in said
    assert "figures: read" not in said
    assert "no endpoint is configured" not in said


FRACTIONS = {"monthlyRecurringRevenue": "$50,000.50", "churn": {"rate": 0.0275}, "arpu": "1,234"}
ROUTES = {
    "/api/analytics/revenue": FRACTIONS,
    "/api/plans": {"plans": [{"name": "Pro", "priceMonthly": 49}]},
    "/api/dashboard/overview": {"activeUsers": {"daily": 20}},
    "/api/chat/analytics": {"conversations": 5},
}


def rows_of(command: Callable[..., Any], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the rows by ``kind.name``."""
    outcome = command("figures", "test", *arguments, "--json")
    rows = json.loads(outcome.out)
    assert all(set(row) == {"kind", "name", "value", "unit", "path", "missing", "suspect"} for row in rows)
    return outcome.code, {f"{row['kind']}.{row['name']}": row for row in rows}


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(FRACTIONS))
    return path


def test_a_file_is_read_without_a_database(command: Callable[..., Any], database: Path, answer: Path) -> None:
    code, rows = rows_of(command, str(answer))
    assert code == ExitCode.BAD_DATA
    assert {row["kind"] for row in rows.values()} == {"revenue"}, "most figures are those of revenue"
    assert rows["revenue.mrr"] == {
        "kind": "revenue",
        "name": "mrr",
        "value": 50_000.5,
        "unit": "currency",
        "path": "monthlyRecurringRevenue",
        "missing": None,
        "suspect": None,
    }
    assert (rows["revenue.churn_rate"]["path"], rows["revenue.churn_rate"]["suspect"]) == ("churn.rate", SUSPECT)
    assert rows["revenue.arpu"]["value"] is None
    assert "1.234 or 1234" in rows["revenue.arpu"]["missing"]
    assert not database.exists()


def test_the_configured_unit_ends_the_doubt(command: Callable[..., Any], home: Path, answer: Path) -> None:
    config = home / "units.toml"
    config.write_text('[figures]\ncurrency = "USD"\n[figures.revenue]\nchurn_rate = { unit = "fraction" }\n')
    code, rows = rows_of(command, str(answer), "--config", str(config))
    assert code == ExitCode.OK
    assert (rows["revenue.churn_rate"]["value"], rows["revenue.churn_rate"]["unit"]) == (2.75, "percent")
    assert rows["revenue.mrr"]["unit"] == "USD"


def test_the_page_for_people_shows_the_answer_and_what_looks_wrong(command: Callable[..., Any], answer: Path) -> None:
    outcome = command("figures", "test", str(answer), "--kind", "revenue")
    assert outcome.code == ExitCode.BAD_DATA
    lines = outcome.out.splitlines()
    assert lines[0] == f"REVENUE: {answer}"
    assert '    "monthlyRecurringRevenue": "$50,000.50",' in lines
    (churn,) = [line for line in lines if line.startswith("churn_rate")]
    assert churn.split()[1:4] == ["0.0275", "percent", "churn.rate"]
    assert f"suspect: {SUSPECT}" in churn
    assert outcome.err == "2 of 9 figures read, 1 suspect\n"


def test_a_url_may_be_an_endpoint_or_the_base_of_the_api(command: Callable[..., Any]) -> None:
    with serving() as platform:
        platform.bodies = {path: json.dumps(body).encode() for path, body in ROUTES.items()}
        code, rows = rows_of(command, f"{platform.url}/api/plans")
        assert code == ExitCode.OK
        assert rows["plans.prices"]["value"] == [{"label": "Pro", "value": 49.0}]
        code, rows = rows_of(command, platform.url)
        assert code == ExitCode.BAD_DATA
        assert {row["kind"] for row in rows.values()} == {"overview", "chatbot", "revenue", "plans"}
        assert rows["overview.daily_active_users"]["path"] == "activeUsers.daily"
        code, rows = rows_of(command, platform.url, "--kind", "chatbot")
        assert (code, rows["chatbot.conversations"]["value"]) == (ExitCode.OK, 5.0)
        assert {row["kind"] for row in rows.values()} == {"chatbot"}
        platform.bodies["/elsewhere"] = json.dumps({"mrr": 5}).encode()
        assert rows_of(command, f"{platform.url}/elsewhere")[1]["revenue.mrr"]["value"] == 5.0


def test_the_configured_endpoints_are_read_as_they_are_probed(command: Callable[..., Any], home: Path) -> None:
    with serving() as platform:
        platform.bodies = {"/money": json.dumps({"total": {"now": 7}}).encode()}
        config = home / "one.toml"
        config.write_text(
            f'[[services]]\nname = "money"\nurl = "{platform.url}/money"\nfigures = "revenue"\n'
            f'[[services]]\nname = "web"\nurl = "{platform.url}/"\n'
            '[figures.revenue]\nmrr = "total.now"\n'
        )
        code, rows = rows_of(command, "--config", str(config))
        assert code == ExitCode.OK
        assert (rows["revenue.mrr"]["value"], rows["revenue.mrr"]["path"]) == (7.0, "total.now")
        assert command("figures", "test", "--kind", "plans", "--config", str(config)).code == ExitCode.UNAVAILABLE
        platform.status = 500
        code, rows = rows_of(command, "--config", str(config))
        assert code == ExitCode.UNAVAILABLE
        assert "500" in rows["revenue.mrr"]["missing"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\x00", b"[" * 100_000, b"{}"])
def test_what_cannot_be_read_ends_with_69(command: Callable[..., Any], tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "bad\x1b[2J.json"
    path.write_bytes(body)
    for arguments in ((str(path),), (str(path), "--kind", "plans"), (str(tmp_path / "none.json"),)):
        outcome = command("figures", "test", *arguments)
        assert outcome.code == ExitCode.UNAVAILABLE
        assert "\x1b" not in outcome.out + outcome.err
