"""The log file: private, safe to read in a terminal, never blocking."""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from amt_console.config.sections.log import LogSettings
from amt_console.runtime import logs
from amt_console.runtime.reload import ConfigWatch, reload_config

pytestmark = pytest.mark.slow


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


def test_the_log_can_be_json(root_logger: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "amt.log"
    logs.start_logging(to_stderr=False, settings=LogSettings(file=str(path), format="json"))
    logging.getLogger("amt_console.test").info("api is %s", "down\x1b[31m")
    try:
        raise OSError("no route")
    except OSError:
        logging.getLogger("amt_console.test").exception("it failed")
    first, second = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    assert first["level"] == "info"
    assert first["logger"] == "amt_console.test"
    assert first["message"] == "api is down␛[31m"
    assert first["time"].endswith("Z")
    assert first["pid"] == os.getpid()
    assert "exception" not in first
    assert "OSError: no route" in second["exception"]


def test_less_than_the_level_is_left_out(root_logger: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "amt.log"
    logs.start_logging(to_stderr=False, settings=LogSettings(file=str(path), level="warning"))
    logging.getLogger("amt_console.test").info("quiet")
    logging.getLogger("amt_console.test").warning("loud")
    assert "quiet" not in path.read_text()
    assert "loud" in path.read_text()


def test_the_log_rotates_and_keeps_so_many(root_logger: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "amt.log"
    logs.start_logging(to_stderr=False, settings=LogSettings(file=str(path), max_mib=0.1, keep=2))
    for number in range(200):
        logging.getLogger("amt_console.test").info("%d %s", number, "x" * 3000)
    assert sorted(each.name for each in tmp_path.glob("amt.log*")) == ["amt.log", "amt.log.1", "amt.log.2"]
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in tmp_path.glob("amt.log*"))
    assert path.read_text().splitlines()[-1].split()[4] == "199"


def test_a_file_that_another_process_has_moved_is_begun_anew(root_logger: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "amt.log"
    logs.start_logging(to_stderr=False, settings=LogSettings(file=str(path)))
    logging.getLogger("amt_console.test").info("before")
    path.rename(tmp_path / "moved")
    logging.getLogger("amt_console.test").info("after")
    assert "before" in (tmp_path / "moved").read_text()
    assert "after" not in (tmp_path / "moved").read_text()
    assert "after" in path.read_text()


def test_a_reload_moves_the_log(root_logger: logging.Logger, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logs.start_logging(to_stderr=True)
    config = tmp_path / "config.toml"
    config.write_text(f'[log]\nfile = "{tmp_path}/new.log"\nformat = "json"\n')
    reload_config(config, lambda _: None)
    logging.getLogger("amt_console.test").warning("here now")
    assert json.loads((tmp_path / "new.log").read_text().splitlines()[-1])["message"] == "here now"
    assert "here now" not in (tmp_path / "logs" / "monitoring.log").read_text()
    assert json.loads(capfd.readouterr().err.splitlines()[-1])["message"] == "here now", "on stderr as before"


def test_a_process_without_a_log_gets_none_by_a_reload(root_logger: logging.Logger, tmp_path: Path) -> None:
    logs.follow_log_settings(LogSettings(file=str(tmp_path / "new.log")))
    logging.getLogger("amt_console.test").warning("nowhere")
    assert not (tmp_path / "new.log").exists()
