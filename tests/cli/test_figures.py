"""The platform's figures on the command line: ``status``, ``doctor``, ``figures test``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from amt_console.clock import SystemClock
from amt_console.model import BusinessFigures, Figure, FigureKind
from amt_console.store import Store

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
