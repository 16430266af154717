"""What rollups are made of: the samples in results and in their rows."""

from __future__ import annotations

from amt_console.clock import SECOND, micros
from amt_console.model import ProbeResult, ServiceState
from amt_console.store.rollups.buckets import Sample
from amt_console.store.values import Row, number

_LARGEST_INTERVAL = 30 * 86_400
_STATES = {state.value: state for state in ServiceState}


def state_of(status: str) -> ServiceState:
    """The state that a stored status names; ``unknown`` for a word that is none of ours."""
    return _STATES.get(status, ServiceState.UNKNOWN)


def response_us(result: ProbeResult) -> int | None:
    """The response time in whole microseconds; ``None`` if there is none or it makes no sense."""
    value = result.response_time_ms
    if value is None or not 0 <= value < 1e12:
        return None
    return round(value * 1000)


def interval_us(result: ProbeResult) -> int:
    """The interval in whole microseconds, 0 if it makes no sense."""
    value = result.interval
    return round(value * SECOND) if 0 < value < _LARGEST_INTERVAL else 0


def sample_of(result: ProbeResult) -> Sample:
    """What rollups are made of."""
    return Sample(micros(result.timestamp), result.state, interval_us(result), result.attempt, response_us(result))


def sample_of_row(row: Row) -> Sample:
    """The same from a row of ``monitoring_logs`` or ``service_state``."""
    return Sample(
        micros(row["timestamp"]),
        state_of(row["status"]),
        int(row["interval_us"]),
        int(row["attempt"]),
        stored_response_us(row["response_us"], row.get("response_time_ms")),
    )


def stored_response_us(exact: int | None, rounded_ms: object) -> int | None:
    """The response time in a row: in microseconds, or from milliseconds where another program wrote only these."""
    if exact is None and (rounded := number(rounded_ms)) is not None:
        return int(rounded) * 1000
    return exact
