"""``export verify``: whether a report's file says what the raw rows say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.startup.context import Context, get_context

if TYPE_CHECKING:
    from amt_console.reports.verification.outcome import Verification

EPILOG = "Example: amt-console export verify exports/performance_analysis_report.json --db /var/lib/amt/monitoring.db"
_SHOWN = 10
"""Differences shown in words; --json has all."""


def verify(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON reports of this program.")],
    json_output: Annotated[bool, typer.Option("--json", help="Print what was found, with every difference.")] = False,
) -> None:
    """Compute JSON reports again from the raw rows of their window, and compare every value and the digest.

    The database is that of --db or of the configuration; the settings of the report are in its file. Exit code 0: all
    values are those of the raw rows. 65: a value was changed, or raw rows were. 69: retention has deleted raw rows.
    """
    context = get_context(ctx)
    found = [(path, *_verified(context, path)) for path in files]
    if json_output:
        documents = [_document(path, result, reason) for path, result, reason in found]
        print_json(documents[0] if len(documents) == 1 else documents)
    else:
        for path, result, reason in found:
            _show(path, result, reason)
    code = max((_code(result) for _, result, _ in found), key=_WORST.index)
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


_WORST = (ExitCode.OK, ExitCode.UNAVAILABLE, ExitCode.BAD_DATA)
_CODES: Mapping[str, ExitCode] = {
    "matches": ExitCode.OK,
    "rows_gone": ExitCode.UNAVAILABLE,
    "differs": ExitCode.BAD_DATA,
}


def _verified(context: Context, path: Path) -> tuple[Verification | None, str]:
    """What was found, or why nothing could be."""
    from amt_console.reports.times import UnknownZoneError
    from amt_console.reports.verification.verify import verify as verify_report
    from amt_console.reports.verification.written import NotDerivableError, read_report

    try:
        written = read_report(path)
        with context.open_store(read_only=True) as store:
            return verify_report(store, written, context.settings, context.clock), ""
    except (NotDerivableError, UnknownZoneError) as error:
        return None, str(error)
    except FileNotFoundError:
        raise CommandError(f"{path}: there is no such file", ExitCode.USAGE) from None
    except IsADirectoryError:
        raise CommandError(f"{path} is a folder: name a JSON report in it", ExitCode.USAGE) from None


def _code(found: Verification | None) -> ExitCode:
    return ExitCode.BAD_DATA if found is None else _CODES[found.outcome.value]


def _show(path: Path, found: Verification | None, reason: str) -> None:
    if found is None:
        talk(f"{path} cannot be verified: {reason}")
        return
    if found.outcome.value == "matches":
        print_line(
            f"{path} matches: {found.rows:,} raw rows give the same {found.values:,} values and the same digest."
        )
        if found.sums_before is not None:
            print_line("  The raw rows of the window before are incomplete: it was compared with the stored sums.")
        return
    if found.outcome.value == "rows_gone":
        _show_gone(path, found)
        return
    print_line(f"{path} differs from the raw rows.")
    for each in found.differences[:_SHOWN]:
        print_line(f"  {each.path}: {each.written} in the file, {each.computed} from the raw rows")
    if len(found.differences) > _SHOWN:
        print_line(f"  and {len(found.differences) - _SHOWN:,} more; --json lists all")
    if found.rows != found.rows_then:
        print_line(f"  Raw rows in the window: {found.rows_then:,} when it was made, {found.rows:,} today.")
    if found.contradictions:
        print_line(f"  {found.contradictions:,} raw rows contradict themselves: response_time_ms is not response_us.")
    if found.digest_matches:
        print_line("  The digest matches the raw rows: the file was changed.")
    else:
        print_line(
            "  The digest is another one: raw rows were changed, added or deleted after the report, or the digest."
        )


def _show_gone(path: Path, found: Verification) -> None:
    since = f"{found.rows_complete_from:%Y-%m-%d %H:%M} UTC"
    print_line(f"{path} cannot be verified wholly: raw rows before {since} are gone (retention).")
    if found.digest_matches:
        print_line(f"  Its {found.values:,} values match the sums that are kept of that time, and the raw rows since.")
    else:
        print_line("  The sums that are kept of that time are too coarse to make the report again.")
        print_line("  The steps that have all their raw rows match.")


def _document(path: Path, found: Verification | None, reason: str) -> dict[str, Any]:
    if found is None:
        return {"file": str(path), "outcome": "not_derivable", "reason": reason}
    gone = found.rows_complete_from
    return {
        "file": str(path),
        "outcome": found.outcome.value,
        "values": found.values,
        "rows": found.rows,
        "rows_when_made": found.rows_then,
        "digest_matches": found.digest_matches,
        "rows_complete_from": None if gone is None else gone.isoformat(),
        "contradicting_rows": found.contradictions,
        "differences": [{"path": each.path, "file": each.written, "rows": each.computed} for each in found.differences],
    }
