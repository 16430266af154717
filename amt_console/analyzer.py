"""The performance analysis for Python programs, under the name that the original gave it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class PerformanceAnalyzer:
    """Analyses what was stored, and finds configuration and database where the commands find them.

    ``from amt_console.analysis import PerformanceAnalyzer; PerformanceAnalyzer().run_full_analysis(hours=24)``
    """

    def __init__(self, database: str | Path | None = None, config: str | Path | None = None) -> None:
        """Args:
        database: URL or file; by default that of the configuration, of a running demo or of the user's state folder.
        config: File; by default where the commands look.
        """
        self._database = _url(database)
        self._config = None if config is None else Path(config)

    def run_full_analysis(self, hours: float = 24) -> dict[str, Any]:
        """What ``performance_analysis_report.json`` says of the last ``hours``.

        Raises:
            ConfigError: The configuration cannot be used.
            StoreError: The database is not there or cannot be read.
            ExportError: There is no window of this length.
        """
        from amt_console.cli.startup.context import Context
        from amt_console.reports.documents import encoded, performance_report
        from amt_console.reports.export import report_data
        from amt_console.reports.view import build_view

        context = Context(config=self._config, db=self._database)
        with context.open_store(read_only=True) as store:
            data = report_data(store, context.targets, context.settings, context.clock, hours=hours)
        found: dict[str, Any] = json.loads(encoded(performance_report(build_view(data))))
        return found


def _url(database: str | Path | None) -> str | None:
    if database is None or (isinstance(database, str) and "://" in database):
        return database
    return f"sqlite:///{Path(database).expanduser().absolute()}"
