"""Reports drawn by forks of the template process."""

from __future__ import annotations

import pytest
from support.template_process import forking_subprocess

from amt_console.reports import export
from amt_console.reports.dashboards import making
from amt_console.reports.jobs import processes


@pytest.fixture
def forked_renderers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes that make reports are forks: a new one imports the renderer for longer than it draws."""
    forking = forking_subprocess()
    monkeypatch.setattr(export, "subprocess", forking)
    monkeypatch.setattr(processes, "subprocess", forking)


@pytest.fixture
def forked_dashboards(forked_renderers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dashboards by forks, too. A fork cannot choose its hash seed; only the digest of the data depends on it."""
    monkeypatch.setattr(making, "_ENV", {})
