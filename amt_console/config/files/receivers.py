"""Checks of who is told: channels, people and rotas that are named must exist, and each account is one person's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from amt_console.config.faults import Fault
from amt_console.config.files.explain import show_value
from amt_console.config.files.reading import Document
from amt_console.config.files.tables import named, strings, tables, unknown
from amt_console.config.sections.channels import EmailAlerts
from amt_console.model.policy import ONCALL, PERSON_PREFIX

EMAIL_CHANNEL = "email"
"""The name of the channel of an enabled ``email_alerts``."""
ROTA_PREFIX = f"{ONCALL}:"
ALERTS_ONLY = ("pagerduty", "alertmanager")
"""Types of channels that take no other messages."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The names that a document defines."""

    channels: frozenset[str]
    people: frozenset[str]
    rotas: frozenset[str]


def receiver_faults(document: Document) -> Iterator[Fault]:
    """All faults of names of channels, people and rotas."""
    known = _known(document)
    checks: tuple[Callable[[Document, _Known], Iterator[Fault]], ...] = (
        _reserved,
        _people,
        _rotas,
        _levels,
        _reports,
    )
    return (fault for check in checks for fault in check(document, known))


def _known(document: Document) -> _Known:
    email, oncall = document.get("email_alerts"), document.get("oncall")
    channels = {name for _, name in named(document, "channels")}
    if isinstance(email, dict) and email.get("enabled", EmailAlerts().enabled) is True:
        channels.add(EMAIL_CHANNEL)
    people = [name for _, name in named(oncall, "people")]
    rotas = {name for _, name in named(oncall, "rotas")}
    if len(people) == 1 or (people and isinstance(oncall, dict) and "starts_at" in oncall):
        rotas.add(ONCALL)
    return _Known(frozenset(channels), frozenset(people), frozenset(rotas))


def _reserved(document: Document, known: _Known) -> Iterator[Fault]:
    """Channels whose names mean a person or a rota."""
    for path, name in named(document, "channels"):
        if name.startswith((PERSON_PREFIX, ROTA_PREFIX)):
            meant = "a person" if name.startswith(PERSON_PREFIX) else "whoever is on call"
            yield Fault(path, f"begins like the name of {meant}", show_value(name, ()), "choose another name")


def _people(document: Document, known: _Known) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    oncall = document.get("oncall")
    for path, person in tables(oncall, "people"):
        place = f"oncall.{path}"
        for below, name in _channels_of(person):
            if name not in known.channels:
                yield unknown(f"{place}.{below}", name, "channel", known.channels)
        for below, account in strings(person, "accounts"):
            if account in owners:
                hint = f"it is also at {owners[account]}"
                yield Fault(f"{place}.{below}", "is the account of two people", show_value(account, ()), hint)
            owners.setdefault(account, f"{place}.{below}")


def _channels_of(person: dict[str, Any]) -> Iterator[tuple[str, str]]:
    channels = person.get("channels")
    if not isinstance(channels, dict):
        yield from strings(person, "channels")
        return
    for severity in ("critical", "warning"):
        yield from ((f"channels.{below}", name) for below, name in strings(channels, severity))


def _rotas(document: Document, known: _Known) -> Iterator[Fault]:
    oncall = document.get("oncall")
    for place, rota in (("oncall", oncall), *((f"oncall.{path}", rota) for path, rota in tables(oncall, "rotas"))):
        for below, name in strings(rota, "people"):
            if name not in known.people:
                yield unknown(f"{place}.{below}", name, "person of `oncall.people`", known.people)
        for below, name in strings(rota, "summary"):
            if name not in known.channels:
                yield unknown(f"{place}.{below}", name, "channel", known.channels)
        for path, item in tables(rota, "overrides"):
            person = item.get("person")
            if isinstance(person, str) and person not in known.people:
                yield unknown(f"{place}.{path}.person", person, "person of `oncall.people`", known.people)
    people = [name for _, name in named(oncall, "people")]
    for path, name in named(oncall, "rotas"):
        if name == ONCALL and isinstance(oncall, dict) and len(people) > 1 and "starts_at" in oncall:
            hint = "choose another name, or leave `oncall.starts_at` out"
            yield Fault(f"oncall.{path}", "is the rota of all people", show_value(name, ()), hint)


def _levels(document: Document, known: _Known) -> Iterator[Fault]:
    for path, item in tables(document, "escalation"):
        for level_path, level in tables(item, "levels"):
            for below, name in strings(level, "notify"):
                if (fault := _receiver(f"{path}.{level_path}.{below}", name, known)) is not None:
                    yield fault


def _reports(document: Document, known: _Known) -> Iterator[Fault]:
    alerts_only = {
        item["name"]: item["type"]
        for _, item in tables(document, "channels")
        if item.get("type") in ALERTS_ONLY and isinstance(item.get("name"), str)
    }
    for path, item in tables(document, "reports"):
        channel = item.get("channel")
        if not isinstance(channel, str):
            continue
        if channel not in known.channels:
            yield unknown(f"{path}.channel", channel, "channel", known.channels)
        elif channel in alerts_only:
            hint = "choose another channel, or keep the report in a `folder`"
            yield Fault(f"{path}.channel", f"takes alerts only: it is of type {alerts_only[channel]}", suggestion=hint)


def _receiver(place: str, name: str, known: _Known) -> Fault | None:
    if name in known.channels:
        return None
    if name.startswith(PERSON_PREFIX):
        person = name.removeprefix(PERSON_PREFIX)
        return None if person in known.people else unknown(place, person, "person of `oncall.people`", known.people)
    if name == ONCALL and ONCALL not in known.rotas:
        hint = f"known: {', '.join(map(ROTA_PREFIX.__add__, sorted(known.rotas)))}" if known.rotas else None
        hint = hint or "list them under oncall.people"
        return Fault(place, "means the person on call, but there is no such rota", suggestion=hint)
    if name.startswith(ROTA_PREFIX):
        rota = name.removeprefix(ROTA_PREFIX)
        return None if rota in known.rotas else unknown(place, rota, "rota", known.rotas)
    if name == ONCALL:
        return None
    if name in known.people:
        return Fault(place, "names no channel", show_value(name, ()), f"for the person write `{PERSON_PREFIX}{name}`")
    return unknown(place, name, "channel, `person:NAME`, `oncall` or `oncall:ROTA`", known.channels)
