"""Exit codes of the errors of other rooms. Looks only into modules that are loaded already."""

from __future__ import annotations

import sys

from amt_console.cli.exit_codes import ExitCode

_CODES: tuple[tuple[str, str, ExitCode], ...] = (
    ("amt_console.config.faults", "ConfigError", ExitCode.BAD_CONFIG),
    ("amt_console.store.errors", "StoreBusy", ExitCode.BUSY),
    ("amt_console.store.errors", "StoreFull", ExitCode.IO),
    ("amt_console.store.errors", "DatabaseLost", ExitCode.IO),
    ("amt_console.store.errors", "StoreCorrupt", ExitCode.BAD_DATA),
    ("amt_console.store.errors", "SchemaTooNew", ExitCode.BAD_DATA),
    ("amt_console.store.errors", "MonitorRuns", ExitCode.BUSY),
    ("amt_console.store.errors", "CopyRefused", ExitCode.BAD_DATA),
    ("amt_console.store.errors", "CopyDiffers", ExitCode.BAD_DATA),
    ("amt_console.store.errors", "StoreError", ExitCode.UNAVAILABLE),
    ("amt_console.runtime.monitor_process", "MonitorFailed", ExitCode.INTERNAL),
    ("amt_console.runtime.monitor_process", "ResultsNotStored", ExitCode.IO),
    ("amt_console.moments", "MomentError", ExitCode.USAGE),
    ("amt_console.runtime.remote_monitor", "AccessTokenError", ExitCode.USAGE),
    ("amt_console.api.client.address", "MonitorAddressError", ExitCode.USAGE),
    ("amt_console.operations.protocol", "NotFoundError", ExitCode.BAD_DATA),
    ("amt_console.operations.protocol", "ConflictError", ExitCode.BUSY),
    ("amt_console.operations.protocol", "InvalidError", ExitCode.USAGE),
    ("amt_console.operations.protocol", "UnavailableError", ExitCode.UNAVAILABLE),
    ("amt_console.operations.protocol", "NotPermittedError", ExitCode.NOT_PERMITTED),
    ("amt_console.operations.protocol", "OperationError", ExitCode.UNAVAILABLE),
)


def exit_code_of(error: BaseException) -> ExitCode | None:
    """The exit code of an expected error; ``None`` for a bug."""
    for module_name, class_name, code in _CODES:
        kind = getattr(sys.modules.get(module_name), class_name, None)
        if isinstance(kind, type) and isinstance(error, kind):
            return code
    if isinstance(error, PermissionError):
        return ExitCode.NOT_PERMITTED
    return ExitCode.IO if isinstance(error, OSError) else None
