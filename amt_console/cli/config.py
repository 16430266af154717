"""``amt-console config``: write, check and show the configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import Context, get_context
from amt_console.text import plural

if TYPE_CHECKING:
    from amt_console.config import ConfigError, Fault, Settings
    from amt_console.demo.state import DemoState

T = TypeVar("T")

app = typer.Typer(help="Write, check and show the configuration.", no_args_is_help=True)


class FileFormat(StrEnum):
    """The formats that ``init`` writes."""

    TOML = "toml"
    JSON = "json"


@app.command(
    epilog="Example: amt-console config init --api-url https://api.example --web-url https://www.example --yes"
)
def init(
    api_url: Annotated[str | None, typer.Option(metavar="URL", help="Backend API; empty for none.")] = None,
    web_url: Annotated[str | None, typer.Option(metavar="URL", help="Web app; empty for none.")] = None,
    mobile_url: Annotated[str | None, typer.Option(metavar="URL", help="Mobile app; empty for none.")] = None,
    interval: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Time between probes: '60', '90s', '2m'.")
    ] = None,
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="toml (commented) or json (the original's format).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write. Default: in the user's configuration folder.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask: use the defaults for everything that is not given.")
    ] = False,
) -> None:
    """Write a first configuration. Asks on a terminal, otherwise takes options. Never overwrites a file."""
    from amt_console.config.files.template import first_document, render, write_new
    from amt_console.config.secrets.urls import base_url
    from amt_console.config.sections.scalars import DurationRange
    from amt_console.config.settings import BASE_URLS, Settings
    from amt_console.paths import user_config_folder

    chosen = _format(file_format, out)
    path = out or user_config_folder(os.environ) / f"monitoring_config.{chosen.value}"
    if os.path.lexists(path):
        raise CommandError(_exists_already(path), ExitCode.IO)
    if not yes:
        _check_answers({"--api-url": api_url, "--web-url": web_url, "--mobile-url": mobile_url, "--interval": interval})
    ask = not yes
    usual = Settings()
    questions = zip(BASE_URLS, ("backend API", "web app", "mobile app"), (api_url, web_url, mobile_url), strict=True)
    bases: dict[str, str] = {}
    for key, what, given in questions:
        question = f'URL of the {what} ("-" for none)'
        bases[key] = _answer(question, given, getattr(usual, key), lambda text: text and base_url(text), ask=ask)
    if not any(bases.values()):
        raise CommandError("there would be nothing to probe: give at least one URL", ExitCode.USAGE)
    between = DurationRange(1, 86400)
    question = 'Time between probes, such as "60", "90s" or "2m"'
    seconds = _answer(question, interval, "60", lambda text: between(_number_or_text(text)), ask=ask)
    try:
        write_new(path, render(first_document(bases, seconds), chosen.value))
    except FileExistsError:
        raise CommandError(_exists_already(path), ExitCode.IO) from None
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}", ExitCode.IO) from None
    _tell_written(path)


def _format(given: FileFormat | None, out: Path | None) -> FileFormat:
    suffix = out.suffix.lower().removeprefix(".") if out is not None else None
    if suffix is not None and suffix not in list(FileFormat):
        raise CommandError("the name after --out must end in .toml or .json", ExitCode.USAGE)
    if given is not None and suffix is not None and given != suffix:
        raise CommandError(f"--format {given.value} does not fit a file that ends in .{suffix}", ExitCode.USAGE)
    return given or (FileFormat(suffix) if suffix is not None else FileFormat.TOML)


def _exists_already(path: Path) -> str:
    return f"{path} exists already and was not changed; write elsewhere with --out FILE, or move it away"


def _number_or_text(text: str) -> float | str:
    return float(text) if text.isdecimal() and text.isascii() else text


def _answer(question: str, given: str | None, usual: str, check: Callable[[str], T], *, ask: bool) -> T:
    """The value of the flag, the person's answer (asked until it is valid), or the default."""
    from amt_console.config.faults import Refused

    if given is not None or not ask:
        try:
            return check(usual if given is None else given.strip())
        except Refused as error:
            raise CommandError(f"{question}: {error}", ExitCode.USAGE) from None
    while True:
        text = str(typer.prompt(question, default=usual, err=True)).strip()
        try:
            return check("" if text == "-" else text)
        except Refused as error:
            talk(f"  {error}" + (f"; {error.suggestion}" if error.suggestion else ""))


def _check_answers(flags: dict[str, str | None]) -> None:
    """Refuse to continue without a terminal and without answers. Raises CommandError."""
    missing = [flag for flag, given in flags.items() if given is None]
    if missing and not sys.stdin.isatty():
        raise CommandError(
            "there is no terminal to ask on, and piped answers are not read: "
            f"give {', '.join(missing)}, or --yes for the defaults",
            ExitCode.USAGE,
        )


def _tell_written(path: Path) -> None:
    from amt_console.paths import find_config, same_file

    print_line(str(path))
    found = find_config(None, env=os.environ)
    if found is None:
        talk(f"Written. It is used with --config {path}")
    elif same_file(found, path):
        talk("Written. Look at it with: amt-console config show")
    else:
        talk(f"Written, but {found} takes precedence here.")
        talk(f"The new file is used with --config {path}, or when the other one is moved away")


@app.command(epilog="Example: amt-console config check config/monitoring_config.json")
def check(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: the file that the commands use.")
    ] = None,
    patch: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keys that change it, as rules suggest prints them."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document.")] = False,
) -> None:
    """Check a configuration and its secrets. Reports all faults at once; exit code 78 if there are any."""
    from amt_console.config import ConfigError, load_config, targets
    from amt_console.model import Database
    from amt_console.monitor.figure_names import rule_faults, unit_faults, unknown_figures
    from amt_console.operations.policy_warnings import policy_warnings
    from amt_console.reports.scheduled.orders import report_faults, report_warnings

    context = get_context(ctx)
    try:
        loaded = load_config(file or _file_in_use(context), patch=patch)
        found = targets(loaded.settings)
        if faults := (*rule_faults(loaded.settings), *unit_faults(loaded.settings), *report_faults(loaded.settings)):
            raise ConfigError(faults, loaded.path)
    except ConfigError as error:
        if not as_json:
            raise CommandError(str(error), ExitCode.BAD_CONFIG) from None
        print_json(_fault_document(error))
        raise typer.Exit(ExitCode.BAD_CONFIG) from None
    now = context.clock.now()
    doubtful = (*policy_warnings(loaded.settings, found, now), *report_warnings(loaded.settings, now))
    warnings = (*loaded.warnings, *unknown_figures(loaded.settings), *doubtful)
    shadowed = _shadowed(context, loaded.path) if file is None else ()
    databases = sum(isinstance(target, Database) for target in found)
    channels = _channel_count(loaded.settings)
    if as_json:
        counts = {"services": len(found) - databases, "databases": databases, "channels": channels}
        place = str(loaded.path) if loaded.path else None
        told = {"faults": [], "warnings": [_fault(item) for item in warnings], "shadowed": [str(p) for p in shadowed]}
        print_json({"ok": True, "path": place, **counts, **told, "not_in_effect": []})
        return
    for warning in warnings:
        talk(f"warning: {warning}")
    for path in shadowed:
        talk(f"note: {path} is not used: {loaded.path} takes precedence")
    counted = (
        plural(len(found) - databases, "service"),
        plural(databases, "database"),
        plural(channels, "channel"),
        plural(len(warnings), "warning"),
    )
    print_line(f"ok: {loaded.path or 'built-in defaults'}{_owner(context, loaded.path)}: {', '.join(counted)}")


def _channel_count(settings: Settings) -> int:
    return settings.email_alerts.enabled + sum(channel.enabled for channel in settings.channels)


def _fault(fault: Fault) -> dict[str, str | None]:
    return {"path": fault.path, "message": fault.message, "value": fault.value, "suggestion": fault.suggestion}


def _fault_document(error: ConfigError) -> dict[str, Any]:
    place = str(error.path) if error.path else None
    return {"ok": False, "path": place, "faults": [_fault(fault) for fault in error.faults], "warnings": []}


@app.command(epilog="Example: amt-console config show --json")
def show(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document.")] = False,
) -> None:
    """Show every value in effect, with secrets masked, and where it came from."""
    from amt_console.config import load_config
    from amt_console.config.files.effective import effective_document, effective_values, flat_text

    context = get_context(ctx)
    loaded = load_config(_file_in_use(context), resolve_secrets=False)
    demo = _demo(context)
    if demo is not None:
        values = effective_values(loaded, env=os.environ, database=demo.store_url, named_by="running demo")
    else:
        values = effective_values(loaded, env=os.environ, database=context.db)
    if as_json:
        print_json(
            {
                "path": str(loaded.path) if loaded.path else None,
                "settings": effective_document(values),
                "sources": {item.key: item.source for item in values},
                "warnings": [_fault(item) for item in loaded.warnings],
            }
        )
        return
    talk(f"Configuration: {loaded.path or 'no file, built-in defaults'}{_owner(context, loaded.path)}")
    for warning in loaded.warnings:
        talk(f"warning: {warning}")
    rows = [(key, source, value) for key, value, source in flat_text(values)]
    print_table(("KEY", "FROM", PrintedColumn("VALUE", text=True)), rows)


def _demo(context: Context) -> DemoState | None:
    """The running demo, if the command line names nothing else."""
    from amt_console.config import ConfigError

    try:
        return context.demo
    except ConfigError:
        return None


def _file_in_use(context: Context) -> Path | None:
    """The file that the other commands would use; ``None`` means the usual look-up."""
    demo = _demo(context)
    return demo.config_path if demo else context.config


def _owner(context: Context, path: Path | None) -> str:
    """The suffix for a file of the running demo."""
    demo = _demo(context)
    return " (of the running demo)" if demo and demo.config_path == path else ""


def _shadowed(context: Context, used: Path | None) -> tuple[Path, ...]:
    """Files of the look-up order that are not read because an earlier one takes precedence."""
    from amt_console.paths import shadowed_configs

    return shadowed_configs(used, env=os.environ) if context.config is None else ()


@app.command(epilog="Example: amt-console config schema > monitoring_config.schema.json")
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from amt_console.config import Settings

    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()})
