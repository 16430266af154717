"""The quick reader of the configuration agrees with the models or leaves the file to them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from amt_console.api.client.attach import Whereabouts
from amt_console.cli.startup.context import Context
from amt_console.cli.startup.quick_config import quick_config
from amt_console.config import configured_database, database_url, load_config


def written(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("document", "db", "variable"),
    [
        ({}, None, None),
        ({}, "sqlite:////named/x.db", None),
        ({}, None, "sqlite:////variable/x.db"),
        ({}, None, "/variable/x.db"),
        ({"database_url": "sqlite:////configured/x.db"}, None, None),
        ({"database_url": "sqlite:////configured/x.db"}, "sqlite:////named/x.db", None),
        ({"database_url": "postgresql+psycopg://u@h/d"}, None, None),
        ({"api": {"socket": "/run/amt/x.sock"}}, None, None),
        ({"api": {"socket": "/run/amt/x.sock"}}, "sqlite:////named/x.db", None),
        ({"database_url": "sqlite:////c/x.db", "api": {"socket": "/run/x.sock"}}, None, "sqlite:////c/x.db"),
        ({"console": {"theme": "nord", "keymap": {"acknowledge": "f2"}, "time_zone": "Europe/Berlin"}}, None, None),
    ],
)
def test_it_says_what_the_models_say(
    tmp_path: Path, document: dict[str, Any], db: str | None, variable: str | None
) -> None:
    path = written(tmp_path, document)
    env = {"XDG_STATE_HOME": str(tmp_path), **({"AMT_DATABASE_URL": variable} if variable else {})}
    quick = quick_config(path, db, env=env)
    settings = load_config(path, env={}).settings
    url = database_url(settings, override=db, env=env)
    assert quick is not None
    assert quick.store_url == url
    assert quick.whereabouts == Whereabouts.of(
        url, configured_url=configured_database(settings, env), socket=settings.api.socket
    )
    console = settings.console.model_dump()
    assert {**console, **quick.screen} == console


def test_a_toml_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('database_url = "sqlite:////c/x.db"\n[console]\nbell = false\n', encoding="utf-8")
    quick = quick_config(path, None, env={})
    assert quick is not None
    assert (quick.store_url, quick.screen) == ("sqlite:////c/x.db", {"bell": False})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"database_url": "${DATABASE}"}',
        '{"database_url": "file:/run/secret"}',
        '{"database_url": "mysql://h/d"}',
        '{"database_url": 1}',
        '{"api": {"socket": 1}}',
        '{"api": []}',
        '{"console": []}',
        '{"console": {"colour": "red"}}',
        '{"console": {"bell": "yes"}}',
        '{"console": {"time_zone": "Nowhere/Land"}}',
        '{"console": {"keymap": {"acknowledge": "ctrl+m"}}}',
        '{"console": {"keymap": {"acknowledge": 1}}}',
    ],
)
def test_what_is_not_plainly_right_is_left_to_the_models(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="utf-8")
    assert quick_config(path, None, env={}) is None


def test_a_file_that_is_not_there_and_a_strange_database_are_left_to_the_models(tmp_path: Path) -> None:
    assert quick_config(tmp_path / "none.json", None, env={}) is None
    assert quick_config(written(tmp_path, {}), None, env={"AMT_DATABASE_URL": "mysql://h/d"}) is None


def test_the_configuration_is_loaded_when_it_is_needed(tmp_path: Path) -> None:
    broken = written(tmp_path, {"check_intervall": 5})
    place = Context(config=broken).place()
    assert place.store_url.endswith("monitoring.db")
    with pytest.raises(Exception, match="check_intervall"):
        place.configured()


def test_a_running_demo_is_found_when_nothing_else_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from amt_console.demo.state import DemoFolder, DemoState, process_started

    env = {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    monkeypatch.chdir(tmp_path)
    folder = DemoFolder.of_user(env)
    folder.create()
    config = written(tmp_path, {"console": {"bell": False}})
    state = DemoState(f"sqlite:///{folder.database}", os.getpid(), process_started(), "http://c", {}, config)
    folder.write_state(state)
    quick = quick_config(None, None, env=env)
    assert quick is not None
    assert (quick.demo, quick.store_url, quick.screen) == (state, state.store_url, {"bell": False})
    assert quick.whereabouts.socket == folder.database.with_name("demo.db.sock")
    (folder.path / "monitoring.db").touch()
    own = quick_config(None, None, env=env)
    assert own is not None
    assert own.demo is None
