"""What a moment of the past is made of."""

from __future__ import annotations

import pytest
from support.stores import at, result

from amt_console.clock import SECOND, micros
from amt_console.store import Store
from amt_console.store.rollups.past_states import samples_around


@pytest.mark.parametrize("services", [("api", "jobs", "old", "web"), ("old", "web"), ("nobody",)])
@pytest.mark.parametrize(("start", "end"), [(600, 650), (600, 660), (605, 606), (0, 50), (900, 1000)])
def test_results_that_are_read_as_they_lie_are_those_of_each_service(
    store: Store, services: tuple[str, ...], start: int, end: int
) -> None:
    with store.transaction() as writes:
        for name, seconds in (
            ("api", range(0, 2000, 10)),
            ("web", range(5, 2000, 60)),
            ("jobs", (0, 300, 899, 1990)),
            ("old", (1, 1995)),
        ):
            writes.add_results([result(name, seconds=each) for each in seconds])
    span = micros(at(start)), micros(at(end))
    with store.read() as reads:
        connection = reads.services._connection
        found = samples_around(connection, services, *span)
        for interval in (0, 10, 60, 600):
            assert samples_around(connection, services, *span, interval=interval * SECOND) == found
    assert set(found) <= set(services)
    for samples in found.values():
        assert [each.at for each in samples] == sorted(each.at for each in samples)
        assert sum(each.at < span[0] for each in samples) <= 1
