"""All faults are reported together: place, allowed values, nearest known key."""

from __future__ import annotations

import tomllib
from email.headerregistry import Address
from typing import get_args

import pytest
from support.hostile_expressions import GROWS_BY_ITSELF

from amt_console.config import ConfigError, Fault, Settings, targets
from amt_console.config.faults import MAX_FAULTS_SHOWN
from amt_console.config.files.loading import parse_document
from amt_console.config.sections.rules import INFORMATION_SIGNALS, STATE_SIGNALS, RuleSignal
from amt_console.monitor.ruleset import build_rules

PIPES = GROWS_BY_ITSELF["pipes"]
SERVICE = '[[services]]\nname = "a"\nurl = "http://a"\n'
CHANNEL = '[[channels]]\nname = "c"\ntype = "slack"\nurl = "https://hooks.slack.com/x"\n'
RULE = '[[rules]]\nname = "r"\nsignal = "cpu_usage"\n'
DOWN_RULE = '[[rules]]\nname = "r"\nsignal = "service_down"\n'
LEVELS = 'levels = [{ notify = ["c"] }]\n'
TWO = 'people = [{ name = "Ada", channels = ["c"] }, { name = "Grace", channels = ["c"] }]\n'
ROTA = "[oncall]\nstarts_at = 2026-01-05T08:00:00Z\n" + TWO
FURTHER = '[[oncall.rotas]]\nname = "shop"\npeople = ["Ada"]\n'
WORK = '[[maintenance]]\nname = "m"\nservices = ["a"]\n'
UNTIL = "ends_at = 2026-01-01T00:00:00Z\n"


def notify(name: str) -> str:
    return f'[[escalation]]\nlevels = [{{ notify = ["{name}"] }}]\n'


def faults_of(toml: str) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_document(tomllib.loads(toml), env={})
    return caught.value.faults


CASES = [
    # unknown keys, with the nearest known one
    ("check_intervall = 60", "check_intervall", "no known key", "`check_interval`"),
    ("[alert_thresholds]\ncpu_usage = 80", "alert_thresholds.cpu_usage", "no known key", "`cpu_usage_percent`"),
    ("[[servces]]", "servces", "no known key", "`services`"),
    (f"{SERVICE}expect = {{ stauts = [200] }}", "services[0].expect.stauts", "no known key", "`status`"),
    (f"{CHANNEL}chanel = 1", "channels[0].chanel", "no known key", ""),
    (f'{RULE}above = 1\nfro = "1m"', "rules[0].fro", "no known key", "`for`"),
    # wrong types and ranges
    ("check_interval = true", "check_interval", "duration", ""),
    ('check_interval = "60 minutes"', "check_interval", "duration", ""),
    ("check_interval = 0", "check_interval", "1s to 1d", ""),
    ("check_interval = -5", "check_interval", "1s to 1d", ""),
    ('alert_thresholds = "x"', "alert_thresholds", "table", ""),
    ("[alert_thresholds]\ncpu_usage_percent = 101", "alert_thresholds.cpu_usage_percent", "at most 100", ""),
    ('[alert_thresholds]\ncpu_usage_percent = "80"', "alert_thresholds.cpu_usage_percent", "number", ""),
    ("[alert_thresholds]\ncpu_usage_percent = true", "alert_thresholds.cpu_usage_percent", "number", ""),
    ("[alert_thresholds]\nresponse_time_ms = 0", "alert_thresholds.response_time_ms", "above 0", ""),
    ("[email_alerts]\nsmtp_port = 70000", "email_alerts.smtp_port", "at most 65535", ""),
    ("[email_alerts]\nsmtp_port = 25.5", "email_alerts.smtp_port", "whole number", ""),
    ('[email_alerts]\nenabled = "yes"', "email_alerts.enabled", "true or false", ""),
    ('[email_alerts]\nrecipients = "a@b.de"', "email_alerts.recipients", "list", ""),
    ('[email_alerts]\nrecipients = ["a b"]', "email_alerts.recipients[0]", "mail address", ""),
    ('[email_alerts]\nrecipients = ["a..b@c.de"]', "email_alerts.recipients[0]", "mail address", ""),
    ('[email_alerts]\nrecipients = ["a@(c)"]', "email_alerts.recipients[0]", "mail address", ""),
    ('[email_alerts]\nsender_email = "a:b@c.de"', "email_alerts.sender_email", "mail address", ""),
    (CHANNEL.replace("slack", "ntfy", 1).replace("com/x", "com/x/y"), "channels[0].url", "URL of a topic", ""),
    (f'{CHANNEL.replace("slack", "webhook", 1)}secret = "whsec_%%"', "channels[0].secret", "base64", ""),
    (f"{CHANNEL.replace('slack', 'exec', 1).replace('url', '# url')}command = []", "channels[0].command", "1", ""),
    (f"{CHANNEL.replace('slack', 'alertmanager', 1)}send_resolved = false", "channels[0]", "must stay true", ""),
    ("recheck = [1, 2, 3, 4, 5, 6]", "recheck", "at most 5", ""),
    ('services = [{ url = "http://a" }]', "services[0].name", "missing", ""),
    ('services = ["a"]', "services[0]", "table", ""),
    # URLs
    ('api_base_url = "localhost:5000"', "api_base_url", "http:// or https://", ""),
    ('api_base_url = "shop.example"', "api_base_url", "http:// or https://", "in front"),
    ('api_base_url = "ftp://x"', "api_base_url", "http:// or https://", ""),
    ('api_base_url = "http://"', "api_base_url", "host", ""),
    ('api_base_url = "http://x:99999"', "api_base_url", "port", ""),
    ('api_base_url = "http://x:0"', "api_base_url", "port", ""),
    ('api_base_url = "http://[::1"', "api_base_url", "valid URL", ""),
    ('api_base_url = "http://x/?a=b"', "api_base_url", "query", ""),
    ('api_base_url = "http://x/ y"', "api_base_url", "blanks", ""),
    ('web_app_url = "http://u:p@x"', "web_app_url", "user name or password", "`auth`"),
    # expressions and names
    (f'{SERVICE}expect = {{ regex = "(" }}', "services[0].expect.regex", "regular expression", ""),
    (f'{SERVICE}expect = {{ regex = "((?R)|a)" }}', "services[0].expect.regex", "calls itself with (?R)", ""),
    (f'{SERVICE}expect = {{ jmespath = "a ==" }}', "services[0].expect.jmespath", "JMESPath", ""),
    (f'{SERVICE}expect = {{ jmespath = "{PIPES}" }}', "services[0].expect.jmespath", "the expression", ""),
    (f'[figures.revenue]\nmrr = "{PIPES}"', "figures.revenue.mrr", "the expression", ""),
    ('[figures.revenue]\nmrr = "lenght(a)"', "figures.revenue.mrr", "did you mean length()", ""),
    (f"{SERVICE}expect = {{ status = [] }}", "services[0].expect.status", "at least 1", ""),
    (f"{SERVICE}expect = {{ status = [99] }}", "services[0].expect.status[0]", "status code", ""),
    (f'{SERVICE}expect = {{ status = ["300-200"] }}', "services[0].expect.status[0]", "status code", ""),
    (f'{SERVICE}headers = {{ "a b" = "x" }}', 'services[0].headers."a b"', "name of an HTTP header", ""),
    (f'{SERVICE}headers = {{ Host = "x" }}', "services[0].headers.Host", "by itself", ""),
    (f'{SERVICE}criticality = "hig"', "services[0].criticality", "critical, high, normal, low", "`high`"),
    (f'{SERVICE}method = "FETCH"', "services[0].method", "GET", ""),
    (f'{SERVICE}ca_file = "/nonexistent.pem"', "services[0].ca_file", "readable file", ""),
    ('[[services]]\nname = " a"\nurl = "http://a"', "services[0].name", "blanks", ""),
    ('[[services]]\nname = "a\\u001b[2J"\nurl = "http://a"', "services[0].name", "printable", ""),
    ('[console]\ntime_zone = "Europe/Berln"', "console.time_zone", "time zone", "'Europe/Berlin'"),
    ('[console]\ntime_zone = "../../etc/passwd"', "console.time_zone", "time zone", ""),
    ('[figures]\nrevenu = { mrr = "a" }', "figures.revenu", "no known key", "`revenue`"),
    ('[figures]\ncurrency = "Euro"', "figures.currency", "three capital letters", ""),
    ('[figures.revenue]\nmrr = { unit = "dollars" }', "figures.revenue.mrr.unit", "one of count, percent", ""),
    ('[figures.revenue]\nmrr = { path = "a[" }', "figures.revenue.mrr.path", "JMESPath", ""),
    ('[figures.revenue]\nmrr = { paht = "a" }', "figures.revenue.mrr.paht", "no known key", "`path`"),
    ("[figures.revenue]\nmrr = 5", "figures.revenue.mrr", "table", ""),
    ('[figures.revenue]\nmrr = "a["', "figures.revenue.mrr", "JMESPath", ""),
    ('database_url = "postgres://h/d"', "database_url", "postgres", "postgresql+psycopg://"),
    ('database_url = "mysql://h/d"', "database_url", "sqlite", ""),
    # within a table
    (f"{SERVICE}interval = 5\ntimeout = 5", "services[0]", "`timeout` (5s) must be below `interval` (5s)", ""),
    (f'{SERVICE}body = "x"', "services[0]", "POST", ""),
    (f"{SERVICE}degraded_above_ms = 9\ndown_above_ms = 8", "services[0]", "`degraded_above_ms`", ""),
    (
        "[alert_thresholds]\nresponse_time_ms = 100\nresponse_time_warning_ms = 200",
        "alert_thresholds",
        "`response_time_warning_ms` must not be above",
        "",
    ),
    ("[email_alerts]\nenabled = true", "email_alerts", "recipients", ""),
    ('[email_alerts]\nusername = "u"', "email_alerts", "`password`", ""),
    ('[email_alerts]\nusername = "u"\npassword = "p"\ntls = "none"', "email_alerts", "readable", ""),
    (RULE, "rules[0]", "exactly one of `above` and `below`", ""),
    (f"{RULE}above = 1\nbelow = 2", "rules[0]", "exactly one of `above` and `below`", ""),
    (f"{RULE}above = 1\nleave = 2", "rules[0]", "`leave`", ""),
    (f"{RULE}below = 2\nleave = 1", "rules[0]", "`leave`", ""),
    ('[[rules]]\nname = "r"\nsignal = "service_down"\nabove = 1', "rules[0]", "takes no limit", ""),
    ('[[rules]]\nname = "r"\nsignal = "figure"\nsubject = "mrr"\nbelow = 1', "rules[0]", "kind of figures", ""),
    (f'{DOWN_RULE}quorum = "3 of 2"', "rules[0].quorum", '"2 of 3"', ""),
    (f'{DOWN_RULE}quorum = "0 of 3"', "rules[0].quorum", '"1 of 1" to "99 of 99"', ""),
    (f'{DOWN_RULE}quorum = "most"', "rules[0].quorum", "how many of how many locations", ""),
    (f"{DOWN_RULE}quorum = 2", "rules[0].quorum", '"2 of 3"', ""),
    (f'{RULE}above = 1\nquorum = "2 of 3"', "rules[0]", "takes no `quorum`", ""),
    ('location = "Frankfurt am Main"', "location", "small letters", ""),
    ("location = 1", "location", "small letters", ""),
    ('[retention.rollups]\nminute = "20d"\nfive_minutes = "20d"', "retention", "`rollups.five_minutes`", ""),
    ('[retention.rollups]\nhour = "80d"', "retention.rollups", "`five_minutes`", ""),
    ('[retention]\nfigures = "7d"', "retention", "`figures_detail`", ""),
    ('[retention]\nalerts = "never"', "retention.alerts", "duration", ""),
    ('[api]\nhost = "0.0.0.0"', "api", "other machines", "tls_certificate"),
    ('[watchdog]\ninterval = 5\ntimeout = "5s"', "watchdog", "`timeout`", ""),
    ('[[silences]]\nreason = "x"\n' + UNTIL, "silences[0]", "what it silences", ""),
    ('[[silences]]\nreason = "x"\nservices = ["web-app"]', "silences[0].ends_at", "missing", ""),
    (
        '[[silences]]\nreason = "x"\nservices = ["web-app"]\nends_at = 2026-01-01T00:00:00',
        "silences[0].ends_at",
        "offset",
        "",
    ),
    (f"{SERVICE}{WORK}starts_at = 0001-01-01T00:00:00Z\n{UNTIL}", "maintenance[0].starts_at", "1971 and 9000", ""),
    (f"{SERVICE}{WORK}{UNTIL}", "maintenance[0]", "`starts_at` and `ends_at`", ""),
    (f'{SERVICE}{WORK}start = "25:00"\nduration = "1h"', "maintenance[0].start", "time of day", ""),
    (f"{SERVICE}{WORK}starts_at = 2026-01-02T00:00:00Z\n{UNTIL}", "maintenance[0]", "after", ""),
    ('[[channels]]\nname = "c"\nurl = "https://x"', "channels[0]", "`type`", ""),
    ('[[channels]]\nname = "c"\ntype = "slck"', "channels[0].type", "email, slack", "`slack`"),
    (
        '[[channels]]\nname = "c"\ntype = "teams"\nurl = "https://a.webhook.office.com/webhookb2/x"',
        "channels[0].url",
        "retired",
        "workflow",
    ),
    (
        f"{CHANNEL}[[escalation]]\nlevels = [{{ after = 60, notify = ['c'] }}, {{ after = 60, notify = ['c'] }}]",
        "escalation[0]",
        "longer",
        "",
    ),
    # between tables
    (SERVICE + SERVICE, "services[1].name", "twice", "services[0].name"),
    (f'{SERVICE}[[databases]]\nname = "a"\nurl = "sqlite://"', "databases[0].name", "twice", "services[0].name"),
    ('[[databases]]\nname = "web-app"\nurl = "sqlite://"', "databases[0].name", "program uses itself", ""),
    ('[[services]]\nname = "monitoring-db"\nurl = "http://a"', "services[0].name", "program uses itself", ""),
    (
        f'{SERVICE}[[services]]\nname = "a@fra"\nurl = "http://b"',
        "services[1].name",
        "seen from location fra",
        "another",
    ),
    ('[[services]]\nname = "monitoring-db@fra"\nurl = "http://a"', "services[0].name", "location fra", "another"),
    (CHANNEL + CHANNEL, "channels[1].name", "twice", "channels[0].name"),
    (
        '[email_alerts]\nenabled = true\nrecipients = ["a@b"]\n' + CHANNEL.replace('"c"', '"email"'),
        "channels[0].name",
        "email_alerts",
        "another",
    ),
    (f'{SERVICE}depends_on = ["aa"]', "services[0].depends_on[0]", "no service or database", ""),
    ('services = [{ name = "a", url = "http://a", depends_on = ["a"] }]', "services[0].depends_on", "a -> a", ""),
    (f'{SERVICE}timeout = "60s"', "services[0].timeout", "1m for criticality normal", "`interval`"),
    (f'{SERVICE}criticality = "critical"\ntimeout = "15s"', "services[0].timeout", "15s for criticality", ""),
    (f"{CHANNEL}[[escalation]]\n{LEVELS.replace('c', 'd')}", "escalation[0].levels[0].notify[0]", "no channel", "c"),
    (f'{CHANNEL}[[escalation]]\ngroup = "shp"\n{LEVELS}', "escalation[0].group", "no group", "platform"),
    (
        f"{CHANNEL}[[escalation]]\n{LEVELS.replace(chr(34) + 'c', chr(34) + 'oncall')}",
        "escalation[0].levels[0].notify[0]",
        "on call",
        "oncall.people",
    ),
    ('[oncall]\npeople = [{ name = "A", channels = ["x"] }]', "oncall.people[0].channels[0]", "no channel", ""),
    (
        '[oncall]\noverrides = [{ person = "A", starts_at = 2025-01-01T00:00:00Z, ends_at = 2026-01-01T00:00:00Z }]',
        "oncall.overrides[0].person",
        "no person",
        "",
    ),
    (f"{CHANNEL}[[escalation]]\nlevels = []", "escalation[0].levels", "names nobody", ""),
    (f"{CHANNEL}[[escalation]]\nlevels = [{{ notify = [] }}]", "escalation[0].levels[0].notify", "names nobody", ""),
    (CHANNEL + ROTA + notify("person:Ad"), "escalation[0].levels[0].notify[0]", "no person", "`Ada`"),
    (CHANNEL + ROTA + notify("Ada"), "escalation[0].levels[0].notify[0]", "no channel", "`person:Ada`"),
    (CHANNEL + ROTA + FURTHER + notify("oncall:shp"), "escalation[0].levels[0].notify[0]", "no rota", "`shop`"),
    (f"{CHANNEL}[[escalation]]\n{LEVELS}start = '22:00'", "escalation[0]", "`start` and `duration`", ""),
    (f"{CHANNEL}[[escalation]]\n{LEVELS}weekdays = ['sat']", "escalation[0]", "with `weekdays`", "whole days"),
    (f"{CHANNEL}[[escalation]]\n{LEVELS}weekdays = ['sta']", "escalation[0].weekdays[0]", "mon, tue", "`sat`"),
    (f"{CHANNEL}[[escalation]]\n{LEVELS}time_zone = 'Europe/Berln'", "escalation[0].time_zone", "time zone", "Berlin"),
    (CHANNEL.replace('"c"', '"person:c"'), "channels[0].name", "like the name of a person", "another"),
    (CHANNEL + ROTA.replace("starts_at", "time_zone"), "oncall.time_zone", "time zone", ""),
    (CHANNEL + ROTA.replace("starts_at = 2026-01-05T08:00:00Z", ""), "oncall", "needs `starts_at`", ""),
    (CHANNEL + ROTA + FURTHER.replace("Ada", "Adda"), "oncall.rotas[0].people[0]", "no person", "`Ada`"),
    (CHANNEL + ROTA + FURTHER.replace('["Ada"]', '["Ada", "Grace"]'), "oncall.rotas[0]", "needs `starts_at`", ""),
    (CHANNEL + ROTA + FURTHER + FURTHER, "oncall.rotas[1].name", "twice", "oncall.rotas[0].name"),
    (CHANNEL + ROTA + FURTHER.replace("shop", "oncall"), "oncall.rotas[0].name", "rota of all people", "starts_at"),
    (CHANNEL + ROTA + FURTHER + 'summary = ["d"]', "oncall.rotas[0].summary[0]", "no channel", "c"),
    (
        CHANNEL
        + ROTA.replace('["c"] },', '["c"], accounts = ["x"] },').replace('["c"] }]', '["c"], accounts = ["x"] }]'),
        "oncall.people[1].accounts[0]",
        "two people",
        "oncall.people[0].accounts[0]",
    ),
    (
        CHANNEL + '[oncall]\npeople = [{ name = "A", channels = { critical = ["c"], warning = ["d"] } }]',
        "oncall.people[0].channels.warning[0]",
        "no channel",
        "c",
    ),
    (
        CHANNEL + '[oncall]\npeople = [{ name = "A", channels = { critcal = ["c"], warning = ["c"] } }]',
        "oncall.people[0].channels.critcal",
        "no known key",
        "`critical`",
    ),
    ('[[silences]]\nreason = "x"\nmatch = "("\n' + UNTIL, "silences[0].match", "regular expression", ""),
    ('[quiet_hours]\nstart = "22:00"', "quiet_hours", "`duration`", ""),
    ('[quiet_hours]\nstart = "22:00"\nduration = "2d"', "quiet_hours.duration", "to 1d", ""),
    ('[notify]\nretry_first = "2m"\nretry_most = "1m"', "notify", "`retry_first`", ""),
    ("[notify]\nhourly_cap = 0", "notify.hourly_cap", "at least 1", ""),
    ('[notify]\nallow_private = ["10.0.0.0/33"]', "notify.allow_private[0]", "a network or a host name", ""),
    (f'{WORK}start = "02:00"\nduration = "1h"', "maintenance[0].services[0]", "no service", ""),
    (
        f'{RULE.replace("cpu_usage", "uptime")}below = 9\nsubject = "webapp"',
        "rules[0].subject",
        "no service",
        "`web-app`",
    ),
    # secrets
    (f'{SERVICE}headers = {{ X = "${{NOWHERE}}" }}', "services[0].headers.X", "NOWHERE", ""),
    (
        '[console]\nkeymap = { acknowledge = "" }',
        "console.keymap.acknowledge",
        "must not be empty",
        "",
    ),
    (
        '[[console.commands]]\nname = "ping"\nkey = "f6"\ncontext = "service"\ncommand = ["sh", "-c", "ping {url}"]',
        "console.commands[0]",
        "the shell would run what {url} holds",
        """pass it on: ["sh", "-c", 'echo "$1"', "sh", "{url}"]""",
    ),
]


@pytest.mark.parametrize(
    ("toml", "path", "message", "suggestion"), [pytest.param(*case, id=f"{case[1]}-{case[2]}") for case in CASES]
)
def test_each_fault_is_told_at_its_place(toml: str, path: str, message: str, suggestion: str) -> None:
    faults = faults_of(toml)
    assert [fault.path for fault in faults] == [path]
    assert message in faults[0].message
    assert suggestion in (faults[0].suggestion or "")


@pytest.mark.parametrize("name", ["b@fra", "a@Fra", "a@", "a@b c", "@fra"])
def test_an_at_sign_is_no_fault_where_nothing_is_kept_under_that_name(name: str) -> None:
    document = tomllib.loads(f'{SERVICE}[[services]]\nname = "{name}"\nurl = "http://b"')
    assert [service.name for service in parse_document(document, env={}).services] == ["a", name]


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    faults = faults_of(
        'check_intervall = 1\nweb_app_url = "x"\n'
        + SERVICE
        + 'depends_on = ["b"]\ncriticality = "no"\n'
        + SERVICE.replace('"a"', '"b"')
        + 'depends_on = ["a", "nobody"]\n'
        + CHANNEL
        + "[[escalation]]\n"
        + LEVELS.replace("c", "d")
        + "[alert_thresholds]\ncpu_usage_percent = -1\n"
    )
    assert [fault.path for fault in faults] == [
        "check_intervall",
        "web_app_url",
        "services[0].criticality",
        "services[0].depends_on",
        "services[1].depends_on[1]",
        "escalation[0].levels[0].notify[0]",
        "alert_thresholds.cpu_usage_percent",
    ]


def test_the_message_for_people_has_one_line_a_fault() -> None:
    error = ConfigError((Fault("a", "is wrong", "'x'", "did you mean `b`?"), Fault("c", "is wrong too")))
    assert str(error).splitlines() == [
        "the configuration has 2 faults:",
        "  a: is wrong (found 'x'); did you mean `b`?",
        "  c: is wrong too",
    ]


def test_a_flood_of_faults_is_cut() -> None:
    error = ConfigError(tuple(Fault(str(number), "is wrong") for number in range(1000)))
    assert len(str(error).splitlines()) == MAX_FAULTS_SHOWN + 2
    assert str(error).endswith("and 900 more")


def test_hostile_keys_and_values_are_made_harmless() -> None:
    faults = faults_of('"\\u001b[2J\\u202e" = 1\nweb_app_url = "http://x/\\u001b]0;pwned\\u0007"')
    text = " ".join(str(fault) for fault in faults)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x07" not in text


def test_separate_rings_are_each_told_once() -> None:
    def entry(name: str, needs: str) -> str:
        return f'[[services]]\nname = "{name}"\nurl = "http://a"\ndepends_on = ["{needs}"]\n'

    faults = faults_of(entry("a", "b") + entry("b", "c") + entry("c", "a") + entry("d", "e") + entry("e", "d"))
    assert [fault.message.rpartition(": ")[2] for fault in faults] == ["a -> b -> c -> a", "d -> e -> d"]


def test_a_wide_web_of_dependencies_is_checked_quickly() -> None:
    layers = [[f"s{layer}-{number}" for number in range(20)] for layer in range(20)]
    document = {
        "services": [
            {"name": name, "url": "http://a", "depends_on": layers[depth - 1] if depth else []}
            for depth, layer in enumerate(layers)
            for name in layer
        ]
    }
    settings = parse_document(document, env={})
    assert len(targets(settings, env={})) == 400


@pytest.mark.parametrize("signal", get_args(RuleSignal))
def test_every_rule_that_is_accepted_can_be_watched(signal: str) -> None:
    limits = {} if signal in STATE_SIGNALS | INFORMATION_SIGNALS else {"above": 5}
    subjects = {"figure": "revenue.mrr", "value": "*/connections_percent"}
    subject = {"subject": subjects[signal]} if signal in subjects else {}
    window = {} if signal in (*STATE_SIGNALS, *INFORMATION_SIGNALS, "tls_expiry") else {"window": "5m"}
    document = {"rules": [{"name": "mine", "signal": signal, "no_data": "alert", **window, **limits, **subject}]}
    settings = parse_document(document, env={})
    rules = build_rules(settings, targets(settings, env={}))
    assert [rule.signal for rule in rules if rule.id == "mine"] == [signal]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('signal = "service_down"\nwindow = "5m"', "`service_down` is judged by each result"),
        ('signal = "database"\naggregate = "max"', "`database` is judged by each result"),
        ('signal = "tls_expiry"\nwindow = "1h"\nbelow = 21', "`tls_expiry` is judged by each result"),
        ('signal = "uptime"\naggregate = "p95"\nbelow = 99', "a rate over the whole window"),
        ('signal = "response_time"\naggregate = "p95"\nabove = 900', "`aggregate` needs a `window`"),
    ],
)
def test_a_window_where_it_means_nothing_is_refused(rule: str, words: str) -> None:
    (fault,) = faults_of(f'[[rules]]\nname = "mine"\n{rule}\n')
    assert fault.path == "rules[0]"
    assert words in fault.message


def test_settings_are_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().check_interval = 5  # type: ignore[misc]


def test_an_expression_with_an_at_sign_is_shown_and_not_taken_for_a_secret() -> None:
    deep = "[" * 70 + "@" + "]" * 70
    (fault,) = faults_of(f"{SERVICE}expect = {{ jmespath = '{deep}' }}")
    assert "60 levels" in str(fault)
    assert "[[[[" in str(fault)
    assert "****" not in str(fault)
    (fault,) = faults_of("database_url = 'me:secret@host/db'")
    assert "secret" not in str(fault)


@pytest.mark.parametrize(
    "address", ["o'brien+ops@shop.example", "a.b@b\u00fccher.example", "root@[192.0.2.1]", "a/b=c@d"]
)
def test_a_mail_address_that_is_taken_can_be_written_into_a_mail(address: str) -> None:
    document = {"email_alerts": {"sender_email": address}}
    assert parse_document(document, env={}).email_alerts.sender_email == address
    assert Address(addr_spec=address).addr_spec == address


@pytest.mark.parametrize(
    "address", ["a", "a@", "@b", ".a@b", "a.@b", "a@b.", "\u00fc@b", "a\n@b", "a@b\n", "a@[b", "a@b@c"]
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="mail address"):
        parse_document({"email_alerts": {"sender_email": address}}, env={})
