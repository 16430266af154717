"""The program, its terminal and its configuration."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.printing.output import ascii_only
from amt_console.cli.startup.context import Context
from amt_console.text import safe_text

MIN_COLUMNS, MIN_LINES = 60, 16


def check_python(_context: Context) -> Iterator[CheckResult]:
    from amt_console import __version__

    version = ".".join(map(str, sys.version_info[:3]))
    yield CheckResult("program", Health.OK, f"amt-console {__version__} on Python {version}")


def check_terminal(_context: Context) -> Iterator[CheckResult]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if not sys.stdout.isatty():
        yield CheckResult("terminal", Health.OK, "not on a terminal now; the console needs one, the commands do not")
    else:
        size = shutil.get_terminal_size()
        term = os.environ.get("TERM", "")
        if size.columns < MIN_COLUMNS or size.lines < MIN_LINES:
            yield CheckResult(
                "terminal",
                Health.WARNING,
                f"{size.columns}x{size.lines} is too small",
                f"at least {MIN_COLUMNS}x{MIN_LINES}",
            )
        elif term in ("", "dumb"):
            yield CheckResult("terminal", Health.WARNING, f"TERM is '{term}'", "export TERM=xterm-256color")
        else:
            yield CheckResult("terminal", Health.OK, f"{size.columns}x{size.lines}, TERM {safe_text(term, 40)}")
    if ascii_only():
        yield CheckResult(
            "locale",
            Health.WARNING,
            f"the locale is not UTF-8 (output is {encoding or 'unknown'}); ASCII is drawn",
            "export LANG=C.UTF-8",
        )


def check_configuration(context: Context) -> Iterator[CheckResult]:
    path = context.loaded.path
    if context.demo is not None:
        yield CheckResult("configuration", Health.OK, "of the running demo")
    elif path is None:
        yield CheckResult(
            "configuration", Health.WARNING, "none found, built-in defaults are used", "amt-console config init"
        )
    else:
        yield CheckResult("configuration", Health.OK, f"{path}, {len(context.targets)} services and databases")


def check_warnings(context: Context) -> Iterator[CheckResult]:
    for fault in context.loaded.warnings:
        yield CheckResult("configuration", Health.WARNING, f"{fault.path}: {fault.message}", fault.suggestion)
