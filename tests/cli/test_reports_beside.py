"""An attached console exports reports from the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support.platform import serving
from support.programs import Place, until
from support.renderers import forked_renderers

from amt_console.clock import SystemClock
from amt_console.config import load_config, targets
from amt_console.runtime.session import LocalSession
from amt_console.runtime.site import site_of

__all__ = ["forked_renderers"]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_renderers")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as running:
        yield Place(tmp_path, web=running.url)


def session(place: Place) -> LocalSession:
    settings = load_config(place.config, env={}).settings
    watched = targets(settings, store_url=place.url, env={})
    return LocalSession(site_of(settings, place.url, watched, SystemClock()))


def test_an_attached_console_exports_up_to_the_moment_it_shows(place: Place, tmp_path: Path) -> None:
    with closing(session(place)) as monitor, closing(session(place)) as attached:
        until(lambda: monitor.operations.snapshot().services[0].last_checked is not None)
        assert attached.attached_to is not None
        assert attached.reports is not None
        steps: list[tuple[str, int, int]] = []
        (now,) = attached.reports.export(
            tmp_path / "now", parts=("monitoring",), progress=lambda *step: steps.append(step)
        )
        assert "web" in now.read_text(encoding="utf-8")
        assert steps[-1][1] == steps[-1][2]
        earlier = SystemClock().now() - timedelta(days=3)
        (past,) = attached.reports.export(tmp_path / "past", parts=("monitoring",), end=earlier)
        assert f"{earlier:%Y-%m-%dT%H:%M}" in past.read_text(encoding="utf-8")
        assert f"{earlier:%Y-%m-%dT%H:%M}" not in now.read_text(encoding="utf-8")
