"""The location of a monitor: precedence of its sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from amt_console.config import ConfigError, Settings, load_config, location_of
from amt_console.config.files.effective import effective_values


@pytest.mark.parametrize(
    ("override", "variable", "configured", "expected"),
    [
        ("fra", "nyc", "sgp", ("fra", "--location")),
        (None, "nyc", "sgp", ("nyc", "AMT_LOCATION")),
        (None, "", "sgp", ("sgp", "location")),
        (None, None, None, None),
    ],
)
def test_the_location_is_the_first_that_is_named(
    override: str | None, variable: str | None, configured: str | None, expected: tuple[str, str] | None
) -> None:
    env = {} if variable is None else {"AMT_LOCATION": variable}
    assert location_of(Settings(location=configured), override=override, env=env) == expected


@pytest.mark.parametrize("name", ["Fra", "-fra", "f ra", "fra@nyc", "f" * 33, "", "fra\n", "\x1b[2J"])
def test_what_is_no_name_is_refused_with_what_is(name: str) -> None:
    with pytest.raises(ConfigError, match="--location: must be a name of at most 32 small letters") as caught:
        location_of(Settings(), override=name, env={})
    assert "\x1b" not in str(caught.value)


def test_the_variable_is_shown_with_its_origin(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('location = "fra"', encoding="utf-8")
    for env, expected in (({}, ("fra", "file")), ({"AMT_LOCATION": "nyc"}, ("nyc", "environment AMT_LOCATION"))):
        loaded = load_config(path, env=env)
        shown = {item.key: item for item in effective_values(loaded, env={"XDG_STATE_HOME": "/s", **env})}
        assert (shown["location"].value, shown["location"].source) == expected
