"""Who is told, and whether messages arrive."""

from __future__ import annotations

from collections.abc import Iterator

from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.startup.context import Context
from amt_console.store_url import database_file
from amt_console.text import safe_text


def check_channels(context: Context) -> Iterator[CheckResult]:
    from amt_console.config.policies import policies_of
    from amt_console.operations.policy_warnings import policy_warnings

    if context.settings.has_channels:
        names = policies_of(context.settings, ()).channels
        yield CheckResult("channels", Health.OK, f"enabled: {', '.join(names)}")
    else:
        message = "no notification channel is configured: the console is the only receiver"
        yield CheckResult("channels", Health.WARNING, message)
    for doubtful in policy_warnings(context.settings, context.targets, context.clock.now()):
        yield CheckResult("on call", Health.WARNING, str(doubtful))
    if context.settings.watchdog.url is None:
        yield CheckResult("watchdog", Health.OK, "none: nobody notices when the monitor's host dies")


def check_deliveries(context: Context) -> Iterator[CheckResult]:
    """What became of the newest message of each channel."""
    from amt_console.config.policies import policies_of
    from amt_console.model.notifications import DeliveryState
    from amt_console.store import newest_result

    path = database_file(context.store_url)
    if not context.settings.has_channels or (path is not None and not path.exists()):
        return
    with context.open_store() as store, store.read() as reads:
        results = {name: newest_result(reads, name) for name in policies_of(context.settings, ()).channels}
    for name, result in results.items():
        if result is not None and result.state is DeliveryState.DEAD:
            message = f"{name}: the newest message was given up: {safe_text(result.error or 'no reason is known', 200)}"
            yield CheckResult("channels", Health.WARNING, message, f"amt-console notify test {name}")
