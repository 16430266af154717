"""The alert "perhaps we are offline", and its followers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from amt_console.alerts import Reachability, Rule, Verdict, consequences, default_rules, judge_network
from amt_console.alerts.judging.network import host_of
from amt_console.clock import FakeClock
from amt_console.model import (
    NETWORK_SUBJECT,
    AlertState,
    AlertType,
    Database,
    Episode,
    ErrorClass,
    ProbeResult,
    Service,
    ServiceState,
    Severity,
)

CLOCK = FakeClock()
REFUSED, TIMEOUT, NO_ROUTE = ErrorClass.CONNECT_REFUSED, ErrorClass.CONNECT_TIMEOUT, ErrorClass.NO_ROUTE


def rule() -> Rule:
    (found,) = [each for each in default_rules() if each.id == "network"]
    return found


def services(hosts: Sequence[str]) -> list[Service]:
    return [Service(name=f"s{number}", url=f"http://{host}/") for number, host in enumerate(hosts)]


def result(name: str, error_class: ErrorClass | None) -> ProbeResult:
    state = ServiceState.UP if error_class is None else ServiceState.DOWN
    return ProbeResult(name, CLOCK.now(), state, 15.0, error_class=error_class)


def verdict(
    errors: Sequence[ErrorClass | None], hosts: Sequence[str], *, times: int = 2, canaries: bool | None = None
) -> Verdict | None:
    seen = Reachability(services(hosts))
    for _ in range(times):
        for number, error in enumerate(errors):
            seen.hear(result(f"s{number}", error))
    observation = judge_network(rule(), seen.reading(CLOCK.instant(), canaries_fail=canaries))
    return None if observation is None else observation.verdict


HOSTS = [f"h{number}.example" for number in range(7)]


@pytest.mark.parametrize(
    ("errors", "hosts", "expected"),
    [
        ([TIMEOUT] * 7, HOSTS, Verdict.CRITICAL),
        ([TIMEOUT] * 6 + [None], HOSTS, Verdict.CRITICAL),
        ([TIMEOUT] * 5 + [None] * 2, HOSTS, None),
        ([TIMEOUT] * 3 + [None] * 4, HOSTS, Verdict.OK),
        ([TIMEOUT] * 2 + [None] * 2, HOSTS[:4], None),
        ([TIMEOUT] * 4, ["a.example", "a.example", "b.example", "b.example"], Verdict.CRITICAL),
        ([ErrorClass.HTTP_STATUS] * 7, HOSTS, Verdict.OK),
        ([TIMEOUT] * 2, HOSTS[:2], None),
        ([TIMEOUT] * 3, HOSTS[:3], Verdict.CRITICAL),
        ([TIMEOUT] * 4, ["one.example"] * 4, None),
        ([REFUSED] * 4, ["localhost", "127.0.0.1:5000", "[::1]:80", "localhost:5173"], None),
        ([REFUSED] * 4, ["a.example", "a.example", "b.example", "b.example"], None),
        ([REFUSED] * 3, HOSTS[:3], Verdict.CRITICAL),
        ([NO_ROUTE] * 4, ["one.example"] * 4, Verdict.CRITICAL),
        ([ErrorClass.DNS_ERROR] * 4, ["one.example"] * 4, Verdict.CRITICAL),
        ([ErrorClass.LOCAL_ERROR] * 7, HOSTS, None),
        ([None] * 7, HOSTS, Verdict.OK),
        ([None], HOSTS, None),
    ],
)
def test_most_targets_on_different_hosts_must_be_unreachable(
    errors: Sequence[ErrorClass | None], hosts: Sequence[str], expected: Verdict | None
) -> None:
    assert verdict(errors, hosts) is expected


def test_one_failure_of_each_is_not_enough() -> None:
    assert verdict([TIMEOUT] * 7, HOSTS, times=1) is None
    assert verdict([NO_ROUTE] * 7, HOSTS, times=1) is Verdict.CRITICAL, "nothing was sent that could have been lost"


@pytest.mark.parametrize(("canaries", "expected"), [(True, Verdict.CRITICAL), (False, Verdict.OK)])
def test_a_canary_that_answers_says_that_we_are_online(canaries: bool, expected: Verdict) -> None:
    assert verdict([TIMEOUT] * 7, HOSTS, canaries=canaries) is expected


def test_a_canary_says_nothing_while_nothing_is_suspected_or_over() -> None:
    assert verdict([TIMEOUT] * 5 + [None] * 2, HOSTS, canaries=False) is None


@pytest.mark.parametrize(
    ("error", "hosts", "canaries", "message"),
    [
        (NO_ROUTE, HOSTS[:1] * 3, None, "3 of 3 services cannot be reached, all on one host: perhaps we are offline"),
        (
            TIMEOUT,
            [*HOSTS[:2], HOSTS[1]],
            True,
            "3 of 3 services cannot be reached, on 2 hosts, and no canary answers: perhaps we are offline",
        ),
        (None, HOSTS[:3], None, "the network is there again"),
        (None, HOSTS[:3], False, "a canary answers, so this machine is online"),
    ],
)
def test_the_words(error: ErrorClass | None, hosts: list[str], canaries: bool | None, message: str) -> None:
    seen = Reachability(services(hosts))
    for number in [*range(3), *range(3)]:
        seen.hear(result(f"s{number}", error))
    observation = judge_network(rule(), seen.reading(CLOCK.instant(), canaries_fail=canaries))
    assert observation is not None
    assert observation.message == message


def test_targets_come_back_go_and_change() -> None:
    def counts() -> tuple[int, int, int]:
        reading = seen.reading(CLOCK.instant())
        return reading.targets, reading.unreachable, reading.reached

    seen = Reachability(services(HOSTS))
    for number in [*range(4), *range(4)]:
        seen.hear(result(f"s{number}", TIMEOUT))
    seen.hear(result("s5", None))
    seen.hear(result("stranger", None))
    assert counts() == (7, 4, 1)
    assert not seen.mostly_unreachable, "four of seven"
    seen.hear(result("s0", None))
    assert counts() == (7, 3, 2)
    seen.replace(services(HOSTS))
    assert counts() == (7, 3, 2)
    seen.replace(services(HOSTS[:3]))
    assert counts() == (3, 2, 1)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://shop.example:80/x", "shop.example"),
        ("http://[::1]:80/", "localhost"),
        ("sqlite:////a.db", None),
        ("http://[::1/", None),
    ],
)
def test_the_host_of_a_url(url: str, host: str | None) -> None:
    assert host_of(url) == host


def test_a_target_without_a_host_does_not_count() -> None:
    file = Database(name="file", url="sqlite:////var/lib/a.db")
    seen = Reachability([*services(HOSTS[:3]), file])
    assert seen.reading(CLOCK.instant()).targets == 3
    for _ in range(2):
        for number in range(3):
            seen.hear(result(f"s{number}", TIMEOUT))
    assert seen.mostly_unreachable
    observation = judge_network(rule(), seen.reading(CLOCK.instant()))
    assert observation is not None
    assert observation.message == "3 of 3 services cannot be reached, on 3 hosts: perhaps we are offline"
    seen.replace(services(HOSTS[:2]))
    assert not seen.mostly_unreachable


def episode(number: int, subject: str, alert_type: AlertType = AlertType.SERVICE_DOWN, **changes: object) -> Episode:
    base = Episode(
        rule_id=str(number),
        subject=subject,
        alert_type=alert_type,
        severity=Severity.CRITICAL,
        message=f"{subject} is down",
        state=AlertState.FIRING,
        opened_at=CLOCK.now(),
        id=number,
        error_class=TIMEOUT,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_what_could_not_be_reached_since_then_hangs_under_the_network() -> None:
    network = episode(9, NETWORK_SUBJECT, AlertType.MONITOR, error_class=None)
    needs, intervals = {"plans": ["api"]}, {"api": 15.0, "plans": 60.0}
    hour = timedelta(hours=1)
    followers = [
        episode(1, "api", opened_at=CLOCK.now() - timedelta(seconds=20)),
        episode(2, "plans"),
        episode(3, "orders", AlertType.DATABASE),
        episode(4, "web", AlertType.NO_DATA, severity=Severity.WARNING, error_class=None),
    ]
    others = [
        episode(5, "old", opened_at=CLOCK.now() - hour),
        episode(6, "shop", error_class=ErrorClass.HTTP_STATUS),
        episode(7, "disk /", AlertType.DISK_USAGE, error_class=None),
        episode(8, "monitor", AlertType.MONITOR, error_class=None, severity=Severity.INFO),
    ]
    found = consequences([*followers, *others, network], needs, intervals)
    assert found == {1: 9, 2: 9, 3: 9, 4: 9}
