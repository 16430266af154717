"""Judge host samples."""

from __future__ import annotations

from collections.abc import Mapping

from amt_console.alerts.judging.observation import Observation
from amt_console.alerts.judging.probes import judge, missing
from amt_console.alerts.rules.rule import HOST_SUBJECTS, Rule, Signal
from amt_console.clock import Instant
from amt_console.model import Episode, HostSample


def judge_host(rule: Rule, sample: HostSample, *, at: Instant, episode: Episode | None = None) -> Observation:
    """Judge one metric of a host sample. ``judge_disks`` judges the disks one by one.

    Raises:
        ValueError: The rule's signal is not a metric of a host sample.
    """
    subject = HOST_SUBJECTS.get(rule.signal)
    if subject is None:
        raise ValueError(f"Rule {rule.id}: {rule.signal} is not a metric of the host.")
    value = _host_value(rule.signal, sample)
    return judge(rule, subject, value, at=at, episode=episode, reason="it could not be read")


def judge_disks(
    rule: Rule, sample: HostSample, *, at: Instant, episodes: Mapping[str, Episode] | None = None
) -> tuple[Observation, ...]:
    """Judge each real disk, so that an alert on one is not lost when another gets fuller.

    Args:
        rule: A rule on disk usage.
        sample: The host.
        at: The time.
        episodes: The rule's newest episodes by subject. An open one whose disk was not seen gets no data.
    """
    known = episodes or {}
    levels = {f"disk {disk.mount}": disk.percent for disk in sample.disks}
    if not levels and sample.disk_usage is not None:
        levels["disk"] = sample.disk_usage
    seen = [
        judge(rule, subject, percent, at=at, episode=known.get(subject))
        for subject, percent in levels.items()
        if rule.applies_to(subject)
    ]
    unseen = [subject for subject, episode in known.items() if episode.open and subject not in levels]
    return (*seen, *(missing(rule, subject, at, "it was not seen") for subject in unseen))


def _host_value(signal: Signal, sample: HostSample) -> float | None:
    match signal:
        case Signal.CPU_USAGE:
            return sample.cpu_usage
        case Signal.MEMORY_USAGE:
            return sample.memory_usage
        case Signal.SWAP_USAGE:
            return sample.swap_usage
        case Signal.LOAD:
            return None if sample.load is None else sample.load[0]
        case Signal.ACTIVE_CONNECTIONS:
            return sample.active_connections
        case Signal.NETWORK_SENT:
            return None if sample.network is None else sample.network.sent_bytes
        case _:
            return None if sample.network is None else sample.network.received_bytes
