"""The log file: private, safe to read in a terminal, never blocking."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from amt_console.runtime import logs
from amt_console.runtime.reload import ConfigWatch


@pytest.fixture
def root_logger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[logging.Logger]:
    monkeypatch.setattr(logs, "log_path", lambda: tmp_path / "logs" / "monitoring.log")
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)


def test_what_is_logged_is_private_and_safe_to_read(root_logger: logging.Logger, tmp_path: Path) -> None:
    logs.start_logging(to_stderr=False)
    logging.getLogger("amt_console.test").warning("service says \x1b[2J%s", "x" * 10_000)
    written = (tmp_path / "logs" / "monitoring.log").read_text("utf-8")
    assert "amt_console.test: service says ␛[2J" in written
    assert len(written.splitlines()) == 1
    assert len(written) <= logs.MAX_LINE_CHARS + 1
    assert stat.S_IMODE((tmp_path / "logs" / "monitoring.log").stat().st_mode) == 0o600


def test_a_screen_gets_nothing_of_the_log(root_logger: logging.Logger, capfd: pytest.CaptureFixture[str]) -> None:
    logs.start_logging(to_stderr=False)
    logging.getLogger("amt_console.monitor").error("into the file only")
    assert capfd.readouterr() == ("", "")


def test_without_a_log_file_the_program_goes_on(
    root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(logs, "log_path", lambda: tmp_path / "file" / "monitoring.log")
    logs.start_logging(to_stderr=True)
    logging.getLogger("amt_console.test").warning("still heard")
    heard = capfd.readouterr().err
    assert "there is no log file" in heard
    assert "still heard" in heard


def test_a_changed_configuration_is_noticed_once(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("check_interval = 60\n")
    watch = ConfigWatch(path)
    assert not watch.changed()
    path.write_text("check_interval = 30\n")
    assert watch.changed()
    assert not watch.changed()
    path.unlink()
    assert not watch.changed()
    assert not ConfigWatch(None).changed()
