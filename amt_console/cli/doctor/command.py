"""``doctor``: finds what is wrong with this installation and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from amt_console.cli.doctor import clock, installation, running, storage, telling, watched
from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_wrapped
from amt_console.cli.startup.context import Context, get_context
from amt_console.text import safe_text

CHECKS: tuple[Callable[[Context], Iterator[CheckResult]], ...] = (
    installation.check_python,
    installation.check_terminal,
    installation.check_configuration,
    installation.check_warnings,
    clock.check_clock,
    storage.check_database,
    storage.check_sqlite,
    storage.check_file_system,
    storage.check_disk,
    storage.check_encryption,
    running.check_monitor,
    running.check_locations,
    running.check_engine,
    running.check_api,
    telling.check_channels,
    telling.check_deliveries,
    watched.check_services,
    watched.check_ping,
    watched.check_heartbeats,
    watched.check_figures,
)


def doctor(
    ctx: typer.Context, json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """What is wrong with this installation and how to mend it. Exit code 0 fine, 1 warnings, 2 something is broken."""
    findings = examine(get_context(ctx))
    if json_output:
        print_json(
            [
                {"name": found.name, "health": found.health.value, "message": found.message, "mend": found.mend}
                for found in findings
            ]
        )
    else:
        for found in findings:
            print_wrapped(f"{found.health.value:<8} {found.name:<14} {found.message}", indent=24)
            if found.mend:
                print_wrapped(f"{'':<23} -> {found.mend}", indent=27)
    healths = {found.health for found in findings}
    if Health.FAILED in healths:
        raise typer.Exit(int(ExitCode.CRITICAL))
    raise typer.Exit(int(ExitCode.WARNING if Health.WARNING in healths else ExitCode.OK))


def examine(context: Context) -> list[CheckResult]:
    """Run every check; a check that fails is itself a finding."""
    return [finding for check in CHECKS for finding in _guarded(check, context)]


def _guarded(check: Callable[[Context], Iterator[CheckResult]], context: Context) -> list[CheckResult]:
    name = check.__name__.removeprefix("check_")
    try:
        return list(check(context))
    except Exception as error:
        return [CheckResult(name, Health.FAILED, safe_text(error) or type(error).__name__)]
