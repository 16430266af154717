"""Which benchmarks ``python -m benchmarks`` finds."""

from __future__ import annotations

import benchmarks.__main__ as command


def test_benchmarks_are_found_in_their_rooms() -> None:
    assert command.modules()["startup"] == "benchmarks.console.startup"
    assert command.modules()["ingest"] == "benchmarks.ingest"


def test_helpers_are_no_benchmarks() -> None:
    assert not {"figure", "programs", "results", "stock_table"} & set(command.names())


def test_every_benchmark_that_is_shown_first_exists() -> None:
    assert command.names()[: len(command.FIRST)] == list(command.FIRST)
