"""Channels that can never deliver are named when the configuration is checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amt_console.config import load_config


def warnings(folder: Path, url: str, *allowed: str, kind: str = "webhook", enabled: bool = True) -> list[str]:
    path = folder / "monitoring_config.json"
    channel = {"name": "hook", "type": kind, "url": "${HOOK}", "enabled": enabled}
    path.write_text(json.dumps({"channels": [channel], "notify": {"allow_private": allowed}}))
    return [str(warning) for warning in load_config(path, env={"HOOK": url}).warnings]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "[::1]", "[fd00::1]"])
def test_a_private_address_that_is_not_listed(tmp_path: Path, host: str) -> None:
    (warning,) = warnings(tmp_path, f"http://{host}:8080/s3cret")
    assert "channels[0].url: leads to the private address" in warning
    assert f'add "{host.strip("[]")}" to notify.allow_private' in warning
    assert "s3cret" not in warning
    assert warnings(tmp_path, f"http://{host}:8080/", host.strip("[]")) == []


def test_a_metadata_address_is_never_reached_listed_or_not(tmp_path: Path) -> None:
    (warning,) = warnings(tmp_path, "http://169.254.169.254/", "169.254.0.0/16")
    assert "is never reached" in warning


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/services/x", "https://93.184.215.14/", "https://hooks.intern/"]
)
def test_public_addresses_and_names_are_fine(tmp_path: Path, url: str) -> None:
    assert warnings(tmp_path, url) == []


def test_what_is_not_restricted_or_not_used_is_not_warned_of(tmp_path: Path) -> None:
    assert warnings(tmp_path, "http://127.0.0.1:9093", kind="alertmanager") == []
    assert warnings(tmp_path, "http://127.0.0.1/x", enabled=False) == []


def test_apprise_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amt_console.config.files.reachable.find_spec", lambda name: None)
    (warning,) = warnings(tmp_path, "json://x", kind="apprise")
    assert "pip install 'amt-console[apprise]'" in warning


@pytest.mark.parametrize(("program", "missing"), [("sh", False), ("no-such-program", True)])
def test_a_command_that_is_not_there(tmp_path: Path, program: str, missing: bool) -> None:
    path = tmp_path / "monitoring_config.json"
    channel = {"name": "hook", "type": "exec", "command": [program, "-c", "true"]}
    path.write_text(json.dumps({"channels": [channel]}))
    found = [str(warning) for warning in load_config(path, env={}).warnings]
    assert any("channels[0].command[0]: there is no program no-such-program here" in each for each in found) == missing
