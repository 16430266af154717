"""What can be watched besides HTTP and databases: URLs of services, plugins, queries, rules on values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amt_console.config import Settings, load_config, targets
from amt_console.model import Plugin, PrometheusQuery, TargetKind, kind_of

PLUGIN = {"name": "disks", "command": ["check_disk", "-w", "${WARN}"]}
QUERY = {"name": "queue", "url": "http://prometheus:9090", "query": "sum(x)"}


def faults(tmp_path: Path, text: str) -> str:
    from amt_console.config import ConfigError

    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    return str(caught.value)


def service(url: str, more: str = "") -> str:
    return f'[[services]]\nname = "x"\nurl = "{url}"\n{more}'


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://shop.example/", TargetKind.HTTP),
        ("tcp://db.example:5432", TargetKind.TCP),
        ("tcp://[2001:db8::1]:993?tls=yes", TargetKind.TCP),
        ("dns://shop.example", TargetKind.DNS),
        ("dns://_sip._tcp.shop.example?server=[2001:db8::53]:5353&type=SRV", TargetKind.DNS),
        ("icmp://gateway", TargetKind.ICMP),
        ("ICMP://[::1]", TargetKind.ICMP),
    ],
)
def test_the_scheme_says_what_a_service_is(url: str, kind: TargetKind) -> None:
    settings = Settings.model_validate({"services": [{"name": "x", "url": url}]})
    (target,) = targets(settings, env={})
    assert kind_of(target) is kind


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("tcp://db.example", "a host and a port"),
        ("tcp://db.example:99999", "look at its host and port"),
        ("tcp://u:p@db.example:1", "neither user name"),
        ("tcp://db.example:1?tls=maybe", "yes or no"),
        ("tcp://db.example:1?ssl=yes", "takes `tls`"),
        ("tcp://db.example:1/path", "nor path"),
        ("dns://shop.example:53", "without a port"),
        ("dns://shop.example?type=ANY", "must have one of A, AAAA"),
        ("dns://shop.example?server=", "as `server`"),
        ("dns://shop.example?server=1.2.3.4&server=5.6.7.8", "each once"),
        ("icmp://host:1", "nothing else"),
        ("icmp://", "must name a host"),
        ("ftp://host/", "must begin with http://, https://, tcp://, dns:// or icmp://"),
    ],
)
def test_a_url_that_cannot_be_probed_is_refused(tmp_path: Path, url: str, words: str) -> None:
    assert words in faults(tmp_path, service(url))


@pytest.mark.parametrize(
    ("url", "more", "words"),
    [
        ("tcp://h:1", 'method = "HEAD"', "takes no `method`: tcp:// has none"),
        ("tcp://h:1", 'expect = { status = ["2xx"] }', "takes no `expect.status`"),
        ("dns://h", "verify_tls = false", "takes no `verify_tls`"),
        ("icmp://h", 'expect = { text = "x" }', "takes no `expect`"),
    ],
)
def test_keys_without_a_meaning_are_refused(tmp_path: Path, url: str, more: str, words: str) -> None:
    assert words in faults(tmp_path, service(url, more))


def test_plugins_and_queries_become_targets_with_secrets_resolved() -> None:
    headers = {"Authorization": "Bearer ${TOKEN}"}
    settings = Settings.model_validate(
        {"check_interval": 30, "plugins": [PLUGIN], "prometheus": [{**QUERY, "headers": headers}]}
    )
    found = {target.name: target for target in targets(settings, env={"WARN": "10%", "TOKEN": "s3cret"})}
    plugin, query = found["disks"], found["queue"]
    assert isinstance(plugin, Plugin)
    assert plugin.command == ("check_disk", "-w", "10%")
    assert (plugin.interval, plugin.timeout, plugin.url) == (30.0, 10.0, "plugin:check_disk")
    assert isinstance(query, PrometheusQuery)
    assert query.headers == {"Authorization": "Bearer s3cret"}
    assert "s3cret" not in repr(query)
    assert "10%" not in repr(plugin)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[plugins]]\nname = "a"\ncommand = []', "command"),
        ('[[plugins]]\nname = "a"\ncommand = ["x"]\nenvironment = ["A B"]', "environment"),
        ('[[plugins]]\nname = "a"\ncommand = ["x"]\ninterval = 5\ntimeout = 5', "must be below `interval`"),
        ('[[plugins]]\nname = "a"\ncommand = ["x"]\ndepends_on = ["b"]', "names no service or database"),
        (service("tcp://h:1") + '[[plugins]]\nname = "x"\ncommand = ["x"]', "stands twice"),
        (
            '[[prometheus]]\nname = "a"\nurl = "http://p"\nquery = "x"\nabove = 1\nbelow = 2',
            "one of `above` and `below`",
        ),
        ('[[prometheus]]\nname = "a"\nurl = ""\nquery = "x"', "base URL"),
        ('[[rules]]\nname = "r"\nsignal = "value"\nabove = 1', "needs as `subject` a target"),
        ('[[rules]]\nname = "r"\nsignal = "value"\nsubject = "nope/x"\nabove = 1', "names no service or database"),
        ('[[rules]]\nname = "r"\nsignal = "plugin_warning"\nabove = 1', "takes no limit"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, words: str) -> None:
    assert words in faults(tmp_path, text)


def test_a_plugin_that_is_not_installed_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[[plugins]]\nname = "a"\ncommand = ["/nonexistent/check_x"]', encoding="utf-8")
    (warning,) = load_config(path, env={}).warnings
    assert "there is no program /nonexistent/check_x here: a will be unknown" in str(warning)


def test_an_argument_with_a_reference_shows_the_reference() -> None:
    settings = Settings.model_validate({"plugins": [PLUGIN]})
    shown: Any = settings.model_dump(mode="json")["plugins"][0]["command"]
    assert shown == ["check_disk", "-w", "${WARN}"]
