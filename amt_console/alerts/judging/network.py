"""Whether most targets have become unreachable at once: then it may well be this machine that is offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS
from amt_console.alerts.rules.rule import Rule
from amt_console.clock import Instant
from amt_console.model import NETWORK_ERRORS, NETWORK_SUBJECT, ErrorClass, ProbeResult, Target

MOST = 0.8
"""The part of the targets that must be unreachable."""
HALF = 0.5
"""With more than this part reached, the network is there again."""
LEAST_TARGETS = 3
CONFIRMED = 2
"""Failures in a row, quick re-checks included, after which a target counts as unreachable."""
_OWN = frozenset((ErrorClass.NO_ROUTE, ErrorClass.DNS_TIMEOUT, ErrorClass.DNS_ERROR))
"""No route, no name server: errors of this side, whichever host is meant."""
_SAME_HOST = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True, slots=True)
class NetworkReading:
    """How many of the targets that lie across the network cannot be reached at one moment."""

    unreachable: int
    targets: int
    reached: int
    """How many were reached by their last probe."""
    hosts: int
    """On how many different hosts the unreachable ones are."""
    enough_hosts: bool
    """Whether that are so many hosts that no single one of them can be the reason."""
    at: Instant
    canaries_fail: bool | None = None
    """Whether no canary answers either; ``None`` where there are none, or none were asked."""

    @property
    def suspected(self) -> bool:
        """Whether most targets have become unreachable."""
        return self.unreachable >= max(LEAST_TARGETS, MOST * self.targets) and self.enough_hosts

    @property
    def over(self) -> bool:
        """Whether more than half of the targets are reached."""
        return self.reached > HALF * self.targets


def judge_network(rule: Rule, reading: NetworkReading) -> Observation | None:
    """The observation of a reading; ``None`` while it says neither the one nor the other."""
    if reading.canaries_fail is False and (reading.suspected or reading.over):
        return Observation(NETWORK_SUBJECT, Verdict.OK, "a canary answers, so this machine is online", reading.at)
    if reading.suspected:
        where = f"on {reading.hosts} hosts" if reading.hosts > 1 else "all on one host"
        canaries = ", and no canary answers" if reading.canaries_fail else ""
        message = (
            f"{reading.unreachable} of {reading.targets} services cannot be reached, {where}{canaries}: "
            "perhaps we are offline"
        )
        return Observation(NETWORK_SUBJECT, VERDICTS[rule.severity], message, reading.at)
    if reading.over:
        return Observation(NETWORK_SUBJECT, Verdict.OK, "the network is there again", reading.at)
    return None


class Reachability:
    """Remembers of each target how often in a row it could not be reached.

    Args:
        targets: What is watched; those without a host, such as files, do not count.
    """

    def __init__(self, targets: Iterable[Target] = ()) -> None:
        self._hosts: Mapping[str, str] = {}
        self._failures: dict[str, int] = {}
        self._unreachable: dict[str, ErrorClass] = {}
        self.replace(targets)

    @property
    def mostly_unreachable(self) -> bool:
        """Whether most targets cannot be reached, on however many hosts they are. Cheap."""
        return len(self._unreachable) >= max(LEAST_TARGETS, MOST * len(self._hosts))

    def replace(self, targets: Iterable[Target]) -> None:
        """Use another set of targets. Those that stay keep their counts."""
        self._hosts = {target.name: host for target in targets if (host := host_of(target.url)) is not None}
        self._failures = {name: count for name, count in self._failures.items() if name in self._hosts}
        self._unreachable = {name: error for name, error in self._unreachable.items() if name in self._hosts}

    def hear(self, result: ProbeResult) -> None:
        """Note a result. One that the monitor itself failed to measure says nothing, unless it had no route."""
        name, error = result.service, result.error_class
        if name not in self._hosts or error is ErrorClass.LOCAL_ERROR:
            return
        if error is None or error not in NETWORK_ERRORS:
            self._failures[name] = 0
            self._unreachable.pop(name, None)
            return
        # No packet was lost where none was sent: such a failure needs no second one, and is not re-checked.
        failures = CONFIRMED if error is ErrorClass.NO_ROUTE else self._failures.get(name, 0) + 1
        self._failures[name] = min(CONFIRMED, failures)
        if self._failures[name] >= CONFIRMED:
            self._unreachable[name] = error

    def reading(self, at: Instant, *, canaries_fail: bool | None = None) -> NetworkReading:
        """What is known at this moment."""
        hosts = {self._hosts[name] for name in self._unreachable}
        return NetworkReading(
            unreachable=len(self._unreachable),
            targets=len(self._hosts),
            reached=sum(1 for failures in self._failures.values() if not failures),
            hosts=len(hosts),
            enough_hosts=len(hosts) >= self._hosts_needed(),
            at=at,
            canaries_fail=canaries_fail,
        )

    def _hosts_needed(self) -> int:
        """A refusal is an answer, so that it takes more of them to doubt the own side; no route is no answer."""
        errors = set(self._unreachable.values())
        if errors & _OWN:
            return 1
        return 3 if errors == {ErrorClass.CONNECT_REFUSED} else 2


def host_of(url: str) -> str | None:
    """The host of a URL, with one name for this machine; ``None`` for none."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return "localhost" if host in _SAME_HOST else host
