"""The effective configuration and the origin of its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amt_console.config import ConfigError, Settings, database_url, load_config
from amt_console.config.files.effective import effective_document, effective_values, flat_text
from amt_console.config.files.loading import parse_document


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(
        'check_interval = "2m"\nweb_app_url = "http://a"\nmobile_app_url = ""\n'
        '[[services]]\nname = "x"\nurl = "http://x"\nheaders = { Authorization = "Bearer ${TOKEN}" }\n'
        '[[rules]]\nname = "r"\nsignal = "cpu_usage"\nabove = 5\nfor = "90s"\n',
        encoding="utf-8",
    )
    path.chmod(0o600)
    return path


def test_every_value_has_a_source(file: Path) -> None:
    loaded = load_config(file, env={"TOKEN": "t", "AMT_DATABASE_URL": "sqlite:////x.db"})
    assert {
        key: loaded.sources[key]
        for key in (
            "check_interval",
            "web_app_url",
            "api_base_url",
            "services[0].url",
            "services[0].group",
            "services[0].headers.Authorization",
            "rules[0].for",
            "database_url",
            "retention.alerts",
        )
    } == {
        "check_interval": "file",
        "web_app_url": "file",
        "api_base_url": "default",
        "services[0].url": "file",
        "services[0].group": "default",
        "services[0].headers.Authorization": "file, environment TOKEN",
        "rules[0].for": "file",
        "database_url": "environment AMT_DATABASE_URL",
        "retention.alerts": "default",
    }


def test_values_are_shown_as_people_write_them(file: Path) -> None:
    loaded = load_config(file, env={"TOKEN": "t"})
    rows = {key: value for key, value, _ in flat_text(effective_values(loaded, env={"XDG_STATE_HOME": "/s"}))}
    assert rows["check_interval"] == "2m"
    assert rows["rules[0].for"] == "90s"
    assert rows["retention.monitoring_logs"] == "30d"
    assert rows["services[0].headers.Authorization"] == "Bearer ${TOKEN}"
    assert rows["mobile_app_url"] == "none"
    assert rows["database_url"] == "sqlite:////s/amt-console/monitoring.db"
    assert "api_base_url" not in rows


def test_the_document_that_is_shown_is_a_configuration_again(file: Path) -> None:
    loaded = load_config(file, env={"TOKEN": "t"})
    document = effective_document(effective_values(loaded, env={"XDG_STATE_HOME": "/s"}))
    assert parse_document(_without_none(document), env={"TOKEN": "t"}).services == loaded.settings.services


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def test_secrets_need_not_be_there_to_show_them(file: Path) -> None:
    with pytest.raises(ConfigError, match="TOKEN"):
        load_config(file, env={})
    loaded = load_config(file, env={}, resolve_secrets=False)
    assert loaded.settings.services[0].name == "x"


@pytest.mark.parametrize(
    ("override", "variable", "configured", "expected", "source"),
    [
        ("sqlite:////o.db", "sqlite:////v.db", "sqlite:////c.db", "sqlite:////o.db", "option --db"),
        (None, "sqlite:////v.db", "sqlite:////c.db", "sqlite:////v.db", "environment AMT_DATABASE_URL"),
        (None, "", "sqlite:////c.db", "sqlite:////c.db", "file"),
        (None, None, None, "sqlite:////s/amt-console/monitoring.db", "default"),
        ("/a/b.db", None, None, "sqlite:////a/b.db", "option --db"),
        (None, "/a/b.db", None, "sqlite:////a/b.db", "environment AMT_DATABASE_URL"),
    ],
)
def test_the_database_is_the_first_that_is_named(
    tmp_path: Path, override: str | None, variable: str | None, configured: str | None, expected: str, source: str
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'database_url = "{configured}"' if configured else "# none", encoding="utf-8")
    env = {"XDG_STATE_HOME": "/s", **({"AMT_DATABASE_URL": variable} if variable is not None else {})}
    loaded = load_config(path, env=env)
    assert database_url(loaded.settings, override=override, env=env) == expected
    shown = {item.key: item for item in effective_values(loaded, env=env, database=override)}
    assert shown["database_url"].source == source


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "postgresql://u:hunter2@h/d", "://hunter2"])
def test_a_database_that_the_store_cannot_use_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        database_url(Settings(), override=url, env={})
    assert "hunter2@" not in str(caught.value)
