"""Checks across sections. They run on the document itself, so they report even if single values are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import Any

from amt_console.config.defaults import MONITORING_DB, default_names
from amt_console.config.faults import Fault, Refused
from amt_console.config.files.explain import show_value
from amt_console.config.files.reading import Document
from amt_console.config.files.receivers import EMAIL_CHANNEL, receiver_faults
from amt_console.config.files.tables import named, strings, tables, unknown
from amt_console.config.intervals import interval_of
from amt_console.config.sections.rules import WHOLE_TARGET_SIGNALS
from amt_console.config.sections.scalars import format_duration, parse_duration
from amt_console.config.settings import BASE_URLS
from amt_console.model import DEFAULT_GROUP, Criticality, series_of, target_of_subject
from amt_console.text import safe_text

MAX_RINGS = 20
TARGET_LISTS = {
    "services": (DEFAULT_GROUP, Criticality.NORMAL),
    "databases": ("databases", Criticality.HIGH),
    "plugins": (DEFAULT_GROUP, Criticality.NORMAL),
    "prometheus": (DEFAULT_GROUP, Criticality.NORMAL),
}
"""The lists of what is probed, each with its usual group and criticality."""
UNIQUE_LISTS = ("rules", "slos", "channels", "maintenance", "reports")


def cross_faults(document: Document) -> tuple[Fault, ...]:
    """All faults between keys."""
    checks: tuple[Callable[[Document], Iterator[Fault]], ...] = (
        _duplicates,
        _series,
        _dependencies,
        _cycles,
        _timeouts,
        receiver_faults,
        _group_references,
        _subjects,
    )
    return tuple(fault for check in checks for fault in check(document))


def _defaults(document: Document) -> tuple[str, ...]:
    named_any = any(document.get(key) for key in (*BASE_URLS, "services"))
    return default_names({key: bool(document.get(key, not named_any)) for key in BASE_URLS})


def _targets(document: Document) -> set[str]:
    return {name for _, name in named(document, *TARGET_LISTS)} | set(_defaults(document)) | {MONITORING_DB}


def _duplicates(document: Document) -> Iterator[Fault]:
    groups = [named(document, *TARGET_LISTS, "heartbeats"), *(named(document, key) for key in UNIQUE_LISTS)]
    oncall = document.get("oncall")
    groups += [[(f"oncall.{path}", name) for path, name in named(oncall, key)] for key in ("people", "rotas")]
    for found in groups:
        first: dict[str, str] = {}
        for path, name in found:
            if name in first:
                hint = f"it is also at {first[name]}"
                yield Fault(path, "is a name that stands twice", show_value(name, ()), hint)
            first.setdefault(name, path)
    for path, name in named(document, *TARGET_LISTS, "heartbeats"):
        if name == MONITORING_DB or (not path.startswith("services") and name in _defaults(document)):
            yield Fault(path, "is a name that the program uses itself", show_value(name, ()), "choose another one")
    email = document.get("email_alerts")
    if isinstance(email, dict) and email.get("enabled") is True:
        for path, name in named(document, "channels"):
            if name == EMAIL_CHANNEL:
                yield Fault(
                    path, "is the channel of the enabled `email_alerts`", show_value(name, ()), "choose another name"
                )


def _series(document: Document) -> Iterator[Fault]:
    """Faults of names that collide with the series of a location."""
    known = _targets(document)
    for path, name in named(document, *TARGET_LISTS):
        if (found := series_of(name, known)) is not None:
            message = f"is the name under which {show_value(found[0], ())} is kept as seen from location {found[1]}"
            yield Fault(path, message, repr(safe_text(name, 80)), "choose another one")


def _dependencies(document: Document) -> Iterator[Fault]:
    known = _targets(document)
    for key in TARGET_LISTS:
        for path, item in tables(document, key):
            for below, name in strings(item, "depends_on"):
                if name not in known:
                    yield unknown(f"{path}.{below}", name, "service or database", known - {item.get("name")})


def _cycles(document: Document) -> Iterator[Fault]:
    """Dependency cycles, each reported once, at its first member in the file."""
    places: dict[str, str] = {}
    edges: dict[str, list[str]] = {}
    for key in TARGET_LISTS:
        for path, item in tables(document, key):
            if isinstance(item.get("name"), str):
                places.setdefault(item["name"], f"{path}.depends_on")
                edges.setdefault(item["name"], [name for _, name in strings(item, "depends_on")])
    for _ in range(MAX_RINGS):
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            ring: list[str] = error.args[1]
            order = list(places)
            first = min(ring[1:], key=order.index)
            turned = [*ring[1:][::-1]]
            start = turned.index(first)
            shown = [*turned[start:], *turned[:start], first]
            yield Fault(places[first], "is a dependency cycle: " + " -> ".join(shown[:12]))
            edges = {name: [] if name in ring else needed for name, needed in edges.items()}
        else:
            return


def _seconds(value: Any) -> float | None:
    try:
        return None if value is None else parse_duration(value)
    except Refused:
        return None


def _timeouts(document: Document) -> Iterator[Fault]:
    """Deadlines against intervals derived from the criticality; the model checks explicit ones."""
    check_interval = _seconds(document.get("check_interval", 60))
    for key, (_, usual) in TARGET_LISTS.items():
        for path, item in tables(document, key):
            timeout, criticality = _seconds(item.get("timeout")), item.get("criticality", usual)
            if timeout is None or check_interval is None or "interval" in item or criticality not in list(Criticality):
                continue
            interval = interval_of(Criticality(criticality), check_interval)
            if timeout >= interval:
                message = (
                    f"must be below the interval, which is {format_duration(interval)} for criticality {criticality}"
                )
                yield Fault(f"{path}.timeout", message, format_duration(timeout), "shorten it or set `interval`")


def _group_references(document: Document) -> Iterator[Fault]:
    known = {DEFAULT_GROUP} if _defaults(document) else set()
    usual_groups = {**{key: usual for key, (usual, _) in TARGET_LISTS.items()}, "heartbeats": "jobs"}
    for key, usual in usual_groups.items():
        known |= {group for _, item in tables(document, key) if isinstance(group := item.get("group", usual), str)}
    targets = _targets(document)
    muted = targets | {name for _, name in named(document, "heartbeats")}
    for path, item in tables(document, "escalation"):
        group = item.get("group")
        if isinstance(group, str) and group not in known:
            yield unknown(f"{path}.group", group, "group", known)
    for key in ("silences", "maintenance", "slos"):
        for path, item in tables(document, key):
            yield from (
                unknown(f"{path}.{below}", name, "group", known)
                for below, name in strings(item, "groups")
                if name not in known
            )
            subjects = targets if key == "slos" else muted
            yield from (
                unknown(f"{path}.{below}", name, "service or database", targets)
                for below, name in strings(item, "services")
                if name not in subjects
            )


def _subjects(document: Document) -> Iterator[Fault]:
    known = _targets(document)
    for path, item in tables(document, "rules"):
        subject = item.get("subject")
        if not isinstance(subject, str):
            continue
        if item.get("signal") == "value":
            # Which values there are is known when they are measured; the target must be one.
            owner = target_of_subject(subject, known)
            if owner not in known and not any(sign in subject for sign in "*?["):
                yield unknown(f"{path}.subject", subject.partition("/")[0], "service or database", known)
        if item.get("signal") in WHOLE_TARGET_SIGNALS and not any(fnmatchcase(name, subject) for name in known):
            yield unknown(f"{path}.subject", subject, "service or database", known)
