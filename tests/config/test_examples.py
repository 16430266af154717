"""The files in config/ and the page in docs/ are what the models say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from support.config_reference import EXAMPLE, PAGE, ROOT, example_of, sections, updated

from amt_console.config import ConfigError, Settings, load_config, targets
from amt_console.config.files.reading import read_document
from amt_console.config.sections.field_texts import field_texts
from amt_console.config.settings import BASE_URLS

ORIGINAL = ROOT / "config" / "monitoring_config.json"


def environment_of(path: Path) -> dict[str, str]:
    """A value for every variable that a file refers to."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    names = re.findall(r"\$\{([A-Z_]+)\}", "\n".join(lines))
    return {name: "https://hook.example/x" if name.endswith("_URL") else "s3cret-of-24-bytes-or-more" for name in names}


def test_the_originals_file_loads_unchanged() -> None:
    loaded = load_config(ORIGINAL, env={})
    document = json.loads(ORIGINAL.read_text(encoding="utf-8"))
    settings = loaded.settings
    assert [getattr(settings, key) for key in BASE_URLS] == [document[key] for key in BASE_URLS]
    assert settings.check_interval == 60
    assert {key: getattr(settings.alert_thresholds, key) for key in document["alert_thresholds"]} == document[
        "alert_thresholds"
    ]
    assert settings.email_alerts.enabled is False
    assert settings.email_alerts.recipients == ("admin@ai-marketing-tools.com",)
    assert loaded.warnings == ()
    assert not settings.has_channels


def test_the_originals_file_is_what_the_defaults_are() -> None:
    from_file = load_config(ORIGINAL, env={}).settings
    defaults = Settings()
    assert targets(from_file, env={}) == targets(defaults, env={})
    assert from_file.alert_thresholds == defaults.alert_thresholds


def test_the_full_example_loads(tmp_path: Path) -> None:
    for name in ("amt-key", "amt-key-2025"):
        (tmp_path / name).write_text(f"{'A' * 43}=\n")
    env = {**environment_of(EXAMPLE), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    loaded = load_config(EXAMPLE, env=env)
    assert loaded.settings.has_channels
    assert {target.name for target in targets(loaded.settings, env=env)} >= {"checkout", "orders-db", "api-plans"}
    # Whether the plugin is installed depends on the machine.
    assert [str(warning) for warning in loaded.warnings if "there is no program" not in str(warning)] == []


def test_the_full_example_without_its_secrets_names_every_variable() -> None:
    disabled = {"APPRISE_URL"}
    with pytest.raises(ConfigError) as caught:
        load_config(EXAMPLE, env={})
    for name in environment_of(EXAMPLE).keys() - disabled:
        assert name in str(caught.value)
    assert "APPRISE_URL" not in str(caught.value)


@pytest.mark.parametrize(("path", "model"), [pytest.param(*item, id=".".join(item[0]) or "top") for item in sections()])
def test_the_full_example_uses_every_key(path: tuple[str, ...], model: type[BaseModel]) -> None:
    document = read_document(EXAMPLE)
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert example_of(path, key, document) is not None, f"{'.'.join(path)}.{key} is not in {EXAMPLE.name}"


@pytest.mark.parametrize(("path", "model"), [pytest.param(*item, id=".".join(item[0]) or "top") for item in sections()])
def test_every_field_is_documented(path: tuple[str, ...], model: type[BaseModel]) -> None:
    texts = field_texts(model)
    undocumented = [name for name in model.model_fields if not texts.get(name)]
    assert undocumented == []
    assert model.__doc__


@pytest.mark.slow
def test_the_page_says_what_the_models_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == updated(page), "bring it up to date: PYTHONPATH=tests python -m support.config_reference"


def test_the_schema_is_json_and_describes_every_key() -> None:
    schema = json.loads(json.dumps(Settings.model_json_schema(), allow_nan=False))
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["RuleSettings"]["properties"]["for"]["description"]
