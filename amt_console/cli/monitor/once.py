"""``monitor --once``: every collector once, stored and evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import ascii_only, print_json, print_line
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.model import ProbeResult, ServiceState
from amt_console.text import ALERT_STATE_WORDS, STATE_WORDS, milliseconds, percent, state_glyph

if TYPE_CHECKING:
    from amt_console.cli.startup.context import Context
    from amt_console.monitor.once import OnceSummary


SENDING_SECONDS = 20.0
"""At most, for messages; what is not sent then waits for the next round."""


def run_once(context: Context, *, json_output: bool) -> int:
    """Probe everything once. Exit code 0 all up, 1 something is slow, 2 something is down."""
    from amt_console.monitor.once import run_once as run_round
    from amt_console.runtime.dispatching import send_what_is_ready
    from amt_console.runtime.monitor_process import acquire_lease

    lease = acquire_lease(context.store_url)
    try:
        with context.open_store(read_only=False) as store:
            summary = run_round(
                settings=context.settings, store=store, store_url=context.store_url, clock=context.clock
            )
            send_what_is_ready(context.settings, store, context.store_url, context.clock, SENDING_SECONDS)
    finally:
        lease.release()
    if json_output:
        print_json([_result_json(result) for result in summary.results])
    else:
        _print(summary)
    return int(_worst(summary))


def _worst(summary: OnceSummary) -> ExitCode:
    states = {result.state for result in summary.results}
    if ServiceState.DOWN in states:
        return ExitCode.CRITICAL
    if ServiceState.DEGRADED in states:
        return ExitCode.WARNING
    return ExitCode.UNKNOWN if ServiceState.UNKNOWN in states or not states else ExitCode.OK


def _print(summary: OnceSummary) -> None:
    plain = ascii_only()
    print_table(
        (
            "SERVICE",
            "STATE",
            PrintedColumn("RESPONSE", right=True),
            PrintedColumn("ATTEMPT", right=True),
            PrintedColumn("ERROR", text=True),
        ),
        [
            (
                result.service,
                f"{state_glyph(result.state, ascii_only=plain)} {STATE_WORDS[result.state]}",
                milliseconds(result.response_time_ms),
                str(result.attempt),
                result.error or "",
            )
            for result in summary.results
        ],
    )
    host = summary.host
    print_line(
        f"host: CPU {percent(host.cpu_usage)}  memory {percent(host.memory_usage)}  disk {percent(host.disk_usage)}"
    )
    for alert in summary.alerts:
        print_line(f"alert {alert.id}: {ALERT_STATE_WORDS[alert.state]}, {alert.message}")


def _result_json(result: ProbeResult) -> dict[str, object]:
    phases = result.phases
    return {
        "service": result.service,
        "timestamp": result.timestamp.isoformat(),
        "state": result.state.value,
        "response_time_ms": result.response_time_ms,
        "phases_ms": {
            "dns": phases.dns_ms,
            "connect": phases.connect_ms,
            "tls": phases.tls_ms,
            "first_byte": phases.first_byte_ms,
            "transfer": phases.transfer_ms,
        },
        "status_code": result.status_code,
        "attempt": result.attempt,
        "error_class": result.error_class.value if result.error_class else None,
        "error": result.error,
    }
