"""Secrets are resolved from their sources and never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amt_console.config import ConfigError, LoadedConfig, Settings, load_config
from amt_console.config.faults import Refused
from amt_console.config.files.effective import effective_document, effective_values, flat_text
from amt_console.config.secrets.kinds import DatabaseUrlSecret, HeaderSecret, LoginUrlSecret, TeamsUrlSecret, UrlSecret
from amt_console.config.secrets.secret import Secret


class AllDefault(dict[str, str]):
    """Sources of settings that were made without a file."""

    def __missing__(self, key: str) -> str:
        return "default"


HIDDEN = "hunter2-very-secret"
LONG = f"{HIDDEN}-and-long"


def test_environment_variables_are_put_in_also_within_a_text() -> None:
    env = {"A": "x", "B": "y"}
    assert Secret.parse("${A}").resolve(env) == "x"
    assert Secret.parse("Bearer ${A}.${B}").resolve(env) == "Bearer x.y"
    assert Secret.parse("$${A}").resolve(env) == "${A}"
    assert Secret.parse("a$b").resolve({}) == "a$b"


def test_a_files_content_without_its_last_newline(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{HIDDEN}\n", encoding="utf-8")
    assert Secret.parse(f"file:{file}").resolve({}) == HIDDEN


def test_a_systemd_credential(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text(HIDDEN, encoding="utf-8")
    assert Secret.parse("credential:smtp").resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == HIDDEN


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("${NOT_SET}", "NOT_SET"),
        ("${EMPTY}", "EMPTY"),
        ("file:/nonexistent/secret", "/nonexistent/secret"),
        ("file:relative", "absolute"),
        ("file:/", "file /"),
        ("credential:smtp", "smtp"),
    ],
)
def test_what_cannot_be_resolved_is_named(written: str, named: str) -> None:
    with pytest.raises(Refused, match="cannot be resolved") as caught:
        Secret.parse(written).resolve({"EMPTY": ""})
    assert named in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000, b"\n"])
def test_a_secret_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(Refused, match="cannot be resolved"):
        Secret.parse(f"file:{file}").resolve({})


@pytest.mark.parametrize("written", ["", "  ", "${", "${1A}", "${A-B}", "x${}", "credential:../x", 5, None, ["x"]])
def test_what_is_no_secret_is_refused(written: object) -> None:
    with pytest.raises(Refused):
        Secret.parse(written)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (HeaderSecret, "a\r\nX-Evil: 1"),
        (HeaderSecret, " a"),
        (UrlSecret, "ftp://x/y"),
        (UrlSecret, "no url"),
        (DatabaseUrlSecret, "postgres://u:p@h/d"),
        (DatabaseUrlSecret, "nonsense"),
        (TeamsUrlSecret, "https://acme.webhook.office.com/webhookb2/abc"),
    ],
)
def test_kinds_refuse_what_they_cannot_be_in_place_and_resolved(kind: type[Secret], value: str) -> None:
    with pytest.raises(Refused):
        kind.parse(value)
    with pytest.raises(Refused):
        kind.parse("${X}").resolve({"X": value})


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        (Secret(HIDDEN), "****"),
        (Secret("Bearer ${TOKEN}"), "Bearer ${TOKEN}"),
        (Secret(f"{HIDDEN}${{TOKEN}}"), "${TOKEN}"),
        (Secret(f"Bearer {HIDDEN}"), "Bearer ****"),
        (Secret("file:/run/x"), "file:/run/x"),
        (UrlSecret(f"https://hooks.slack.com/services/{HIDDEN}"), "https://hooks.slack.com/****"),
        (UrlSecret(f"https://u:{HIDDEN}@h/x"), "https://h/****"),
        (LoginUrlSecret(f"http://u:{HIDDEN}@h:1/x?token={HIDDEN}&a=b"), "http://u:****@h:1/x?token=****&a=b"),
        (DatabaseUrlSecret(f"postgresql+psycopg://u:{HIDDEN}@h/d"), "postgresql+psycopg://u:****@h/d"),
        (DatabaseUrlSecret(f"postgresql+psycopg://h/d?password={HIDDEN}"), "postgresql+psycopg://h/d?password=****"),
        (DatabaseUrlSecret("sqlite:////var/x.db"), "sqlite:////var/x.db"),
    ],
)
def test_the_text_of_a_secret_is_masked(secret: Secret, shown: str) -> None:
    assert str(secret) == shown
    assert HIDDEN not in repr(secret)


LEAKY = {
    "database_url": f"postgresql+psycopg://u:{HIDDEN}@h/d",
    "email_alerts": {"username": "u", "password": HIDDEN},
    "services": [
        {"name": "a", "url": "http://a", "headers": {"X-Token": HIDDEN}},
        {
            "name": "b",
            "url": "http://b",
            "auth": {"username": "u", "password": HIDDEN},
            "proxy": f"http://u:{HIDDEN}@p",
        },
    ],
    "databases": [{"name": "d", "url": f"mysql://u:{HIDDEN}@h/d"}],
    "channels": [
        {"name": "s", "type": "slack", "url": f"https://hooks.slack.com/{HIDDEN}"},
        {"name": "p", "type": "pagerduty", "routing_key": HIDDEN},
        {"name": "w", "type": "webhook", "url": f"https://x/{HIDDEN}", "secret": HIDDEN, "headers": {"A": HIDDEN}},
        {"name": "x", "type": "apprise", "url": f"tgram://{HIDDEN}"},
    ],
    "watchdog": {"url": f"https://hc/{HIDDEN}"},
}


def test_nothing_that_is_shown_holds_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps(LEAKY), encoding="utf-8")
    file.chmod(0o644)
    loaded = load_config(file, env={})
    values = effective_values(loaded, env={})
    shown = [
        repr(loaded),
        str(loaded.settings),
        loaded.settings.model_dump_json(),
        str(loaded.settings.model_dump()),
        json.dumps(effective_document(values)),
        str(list(flat_text(values))),
        " ".join(str(warning) for warning in loaded.warnings),
    ]
    assert [text for text in shown if HIDDEN in text] == []


def test_secrets_in_place_are_warned_of_when_others_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps(LEAKY), encoding="utf-8")
    file.chmod(0o640)
    warned = {warning.path for warning in load_config(file, env={}).warnings}
    assert {"database_url", "email_alerts.password", "channels[0].url", "services[0].headers.X-Token"} <= warned
    file.chmod(0o600)
    assert load_config(file, env={}).warnings == ()


def test_no_fault_holds_a_secret(tmp_path: Path) -> None:
    document = {
        "api_base_url": f"http://u:{HIDDEN}@h",
        "web_app_url": f"gopher://u:{HIDDEN}@h",
        "passwort": HIDDEN,
        "database_url": f"oracle://u:{HIDDEN}@h",
        "email_alerts": {"password": [HIDDEN], "smtp_port": True, "username": 5},
        "services": [
            {
                "name": "a",
                "url": f"ftp://u:{HIDDEN}@h",
                "headers": {"X": f"{HIDDEN}\n"},
                "proxy": f"socks5://u:{HIDDEN}@h",
            },
            {"name": "b", "url": f"http://u:{HIDDEN}@h", "auth": HIDDEN},
        ],
        "channels": [
            {"name": "t", "type": "teams", "url": f"https://a.webhook.office.com/{HIDDEN}"},
            {"name": "u", "type": "slack", "url": f"ftp://{HIDDEN}", "token": HIDDEN},
            {"name": "v", "type": "pagerduty", "routing_key": {"x": HIDDEN}},
        ],
    }
    file = tmp_path / "c.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, env={})
    assert len(caught.value.faults) >= 12
    assert HIDDEN not in str(caught.value)
    assert HIDDEN not in repr([*caught.value.faults])


def test_parameters_of_a_services_url_that_sound_secret_are_masked_where_it_is_shown() -> None:
    document = {"services": [{"name": "a", "url": f"http://a/?token={HIDDEN}&page=2"}]}
    loaded = LoadedConfig(Settings.model_validate(document), None, AllDefault())
    shown = {item.key: item.value for item in effective_values(loaded, env={})}
    assert shown["services[0].url"] == "http://a/?token=****&page=2"


def test_a_settings_error_of_the_model_itself_does_not_echo_input() -> None:
    with pytest.raises(ValueError, match="services") as caught:
        Settings.model_validate({"services": [{"name": "a", "url": f"ftp://u:{HIDDEN}@h"}]})
    assert HIDDEN not in str(caught.value)


def test_secrets_in_lists_are_checked_like_all_others(tmp_path: Path) -> None:
    file = tmp_path / "amt.toml"
    file.write_text('[api]\nhook_secrets = ["${OLD_HOOK}", "${NEW_HOOK}"]\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, env={"OLD_HOOK": LONG})
    assert [fault.path for fault in caught.value.faults] == ["api.hook_secrets[1]"]
    file.write_text(f'[api]\nhook_secrets = ["{LONG}"]\n', encoding="utf-8")
    file.chmod(0o644)
    (warning,) = load_config(file, env={}).warnings
    assert warning.path == "api.hook_secrets[0]"
    assert "other users can read" in warning.message
    file.chmod(0o600)
    assert load_config(file, env={}).warnings == ()


@pytest.mark.parametrize("short", ["x", "", "23 bytes are too short.", "whsec_", "whsec_c2hvcnQ=", "${SHORT}"])
def test_a_secret_of_hooks_that_can_be_guessed_is_refused_with_the_way_to_a_better_one(
    tmp_path: Path, short: str
) -> None:
    file = tmp_path / "amt.toml"
    file.write_text(f'[api]\nhook_secrets = ["{LONG}", "{short}"]\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, env={"SHORT": "guess me"})
    (fault,) = caught.value.faults
    assert fault.path == "api.hook_secrets[1]"
    assert "guess me" not in str(fault)
    if short not in ("", "whsec_"):
        assert "must have 24" in fault.message
        assert "openssl rand -base64 32" in (fault.suggestion or "")


@pytest.mark.parametrize("long", ["24 bytes are long enough", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_secret_of_hooks_with_24_bytes_is_taken(tmp_path: Path, long: str) -> None:
    file = tmp_path / "amt.toml"
    file.write_text(f'[api]\nhook_secrets = ["{long}"]\n', encoding="utf-8")
    file.chmod(0o600)
    assert len(load_config(file, env={}).settings.api.hook_secrets) == 1
