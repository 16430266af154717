"""Hostile text in everything that the console draws, and a grammar of what a program may send to a terminal.

``PAYLOADS`` are what text from outside may hold. ``attacked`` puts them in front of every text of a value, the same in
front of the same text, so that names still match. ``intruders`` lists what in a program's output is no part of the
sequences that the toolkit sends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from support.answers import incident_answer
from support.fake_operations import FakeOperations, FakeSession
from support.pictures import NOW, incident, split

from amt_console.model import (
    AlertDetail,
    AlertEvent,
    ErrorClass,
    FigureFault,
    FigureKind,
    KeptAnswer,
    PresentPerson,
    Snapshot,
    Value,
)
from amt_console.model.evidence import Evidence, ProcessUse
from amt_console.model.inbound import HeartbeatState, HeartbeatView
from amt_console.model.oncall import OnCall, OncallPlan
from amt_console.model.policy import MaintenanceWindow, Policies, Silence
from amt_console.model.queries import Query
from amt_console.model.why import AlertWhy
from amt_console.operations.actor import Actor
from amt_console.operations.protocol import SERVICE_BUCKETS, ServiceDetail

PAYLOADS: Mapping[str, str] = {
    "blink": "\x1b[5mA",
    "erase": "\x1b[2JB",
    "bell": "\x07L",
    "application keypad": "\x1b=I",
    "move": "\x1b[9999;9999HC",
    "title, BEL": "\x1b]2;own\x07D",
    "clipboard, ST": "\x1b]52;c;b3du\x1b\\E",
    "hyperlink": "\x1b]8;;http://own\x1b\\F",
    "notification": "\x1b]9;own\x07G",
    "DCS": "\x1bP+q544e\x1b\\H",
    "C1 CSI": "\x9b5mJ",
    "C1 OSC": "\x9d2;own\x9cK",
    "return": "M\rN",
    "backspaces": "O\x08\x08\x08P",
    "NUL and DEL": "Q\x00\x7fR",
    "tabs and lines": "S\tT\nU\x0bV\x0cW\x85X",
    "separators": "a\u2028b\u2029c",
    "direction": "\u202ed\u2066e\u2069\u200ff",
    "no width": "\u200bg\u2060h\ufeffi\u00adj",
    "tags": "\U000e0041\U000e0042k",
    "surrogates": "\ud800l\udfffm",
    "markup": "[/x][@click=app.quit]n[/]",
    "link": "[link=http://own]o[/link]",
    "style": "[bold red on blue]p",
    "formats": "%s%n{0}{x!r}${y}",
    "emoji": "👩‍👩‍👧🏳️‍🌈",
    "wide": "ｗ漢字",
    "right to left": "שלום",
    "combining": "z" + "\u0301\u0323" * 40,
    "long": "y" * 10_000,
}
"""By what they are; the first four are short enough to stand before a text in any column."""
_SHORT = [name for name in PAYLOADS if name != "long"]
GROUPS: tuple[tuple[str, ...], ...] = (*(tuple(_SHORT[at::4]) for at in range(4)), ("long",))
"""Payloads that one text holds together."""
MARK = "PWN"
"""Stands before the usual text, so that its place on the screen is found."""

Attack = Callable[[str], str]


def attack_with(names: tuple[str, ...]) -> Attack:
    """Puts a payload in front of a text, and others behind it."""
    front = ("" if names == ("long",) else PAYLOADS[names[0]]) + MARK
    back = "".join(PAYLOADS[name] for name in names)
    return lambda text: text if text.startswith(front) else front + text + back


def attacked(value: Any, attack: Attack) -> Any:
    """The same value with hostile text in front of every text of it, besides kinds and names of figures."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return attack(value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"kind", "stage", "rule_id", "id"}
        if isinstance(value, AlertEvent):
            kept.add("detail")
        parts = {each.name: getattr(value, each.name) for each in fields(value) if each.init and each.name not in kept}
        return replace(value, **{name: attacked(part, attack) for name, part in parts.items()})
    if isinstance(value, Mapping):
        return {_key(name, attack): attacked(each, attack) for name, each in value.items()}
    return tuple(attacked(each, attack) for each in value) if isinstance(value, tuple) else value


def _key(name: Any, attack: Attack) -> Any:
    """Names of figures and of what an event tells are the program's own."""
    return attack(name) if isinstance(name, str) and not isinstance(name, Enum) and not name.isidentifier() else name


def full_picture() -> Snapshot:
    """The incident with every kind of text that a snapshot can hold."""
    base = incident()
    first = replace(
        base.services[0],
        runbook="https://runbook/first",
        locations=split().services[0].locations,
        values={"queue depth": Value(41.0, "jobs/h", "30", "90"), "age": Value(3.0, "parsecs")},
        error_class=ErrorClass.CONNECT_REFUSED,
    )
    answer = KeptAnswer(NOW - timedelta(minutes=3), '{"error": "kept answer",\n "trace": ["one", "two"]}')
    alerts = tuple(
        replace(each, group="alert group", note=each.note or "shift note", answer=answer) for each in base.alerts
    )
    job = HeartbeatView(
        "nightly-backup",
        HeartbeatState.DOWN,
        "jobs",
        NOW - timedelta(days=2),
        last_exit_code=3,
        message="it failed with exit code 3",
        last_output="tar: heartbeat output",
        runbook="https://runbook/backup",
    )
    return replace(
        base,
        services=(first, *base.services[1:]),
        alerts=alerts,
        presence=(
            PresentPerson("viewer-eve", NOW - timedelta(hours=1), "viewer place"),
            PresentPerson("fay", NOW, "pid 9"),
        ),
        on_call=(OnCall("night rota", "oncall-gil", NOW + timedelta(hours=3)),),
        heartbeats=(job,),
        notices=("first notice", "second notice"),
        figure_faults={FigureKind.CHATBOT: FigureFault("chatbot fault", NOW - timedelta(hours=1))},
        monitor=replace(base.monitor, fault="monitor fault"),
    )


@dataclass
class AttackedOperations(FakeOperations):
    """Sample operations whose every answer holds hostile text."""

    attack: Attack = str

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """The alert, with what was seen around its first failure."""
        process = ProcessUse(17, "busy process", 91.0, 1.2)
        evidence = Evidence(
            NOW - timedelta(minutes=3),
            dns=("192.0.2.1",),
            address="192.0.2.1",
            url="http://evidence/url",
            status=503,
            http_version="evidence-http",
            tls_version="evidence-tls",
            processes=(process,),
            disks=(("/evidence", 97.0),),
        )
        found: AlertDetail = attacked(replace(super().alert(alert_id, at=at), evidence=evidence), self.attack)
        return found

    def service(
        self, name: str, *, hours: float = 24, at: datetime | None = None, most_buckets: int = SERVICE_BUCKETS
    ) -> ServiceDetail:
        """The service."""
        found: ServiceDetail = attacked(super().service(name, hours=hours, at=at, most_buckets=8), self.attack)
        return found

    def ask(self, query: Query[Any], *, actor: Actor | None = None) -> Any:
        """The answer of the incident."""
        return attacked(incident_answer(query), self.attack)

    def why(self, alert_id: int) -> AlertWhy:
        """What was decided."""
        found: AlertWhy = attacked(super().why(alert_id), self.attack)
        return found

    def oncall(self, at: datetime | None = None, *, days: float = 30, days_before: float = 0) -> OncallPlan:
        """The plan."""
        found: OncallPlan = attacked(super().oncall(at, days=days, days_before=days_before), self.attack)
        return found


def attacked_session(attack: Attack, *, shift: timedelta = timedelta(0)) -> FakeSession:
    """A session whose every text is hostile.

    Args:
        attack: Makes text hostile.
        shift: From the samples' present to the present.
    """
    silence = Silence(
        "silence reason",
        NOW + timedelta(days=999),
        id="1",
        created_by="silence-hal",
        created_at=NOW,
        services=("mobile-app",),
    )
    work = MaintenanceWindow("planned work", services=("mobile-app",), starts_at=NOW, ends_at=NOW + timedelta(days=999))
    picture: Snapshot = attacked(full_picture(), attack)
    services = tuple(
        replace(view, last_checked=view.last_checked + shift if view.last_checked else None)
        for view in picture.services
    )
    operations = AttackedOperations(
        replace(picture, services=services),
        policies=attacked(Policies(silences=(silence,), maintenance=(work,)), attack),
        attack=attack,
    )
    return FakeSession(operations, attached_to=attack("attached to"), is_monitor=False)


_ALLOWED = re.compile(
    r"""
    \x1b\[ (?: \d{1,3};\d{1,3} )? H                         # to a cell
    | \x1b\[ (?: (?:0|1|2|3|4|7|22|23|24|27|39|49|3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;2;\d+;\d+;\d+|[34]8;5;\d+)
        (?: ; (?=\d) | (?=m) ) )* m                            # colours and weights
    | \x1b\[ \? (?:25|7|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048) [hl]   # modes
    | \x1b\[ \? (?:2026|2048|2031) \$p                        # which modes there are
    | \x1b\[ (?: >1u | >25u | <u | >4;1m | >4;0m | =1;1u | \?u | c | 6n | 2;2t | 22;2t | 23;2t | \?996n )
    | \x1b\]2;(?:(?:\(\d+\)[ ])?\w+[ ]-[ ])?amt-console\x07                                 # the window's title
    | \x1b\]22;(?:default|pointer|text)\x07                   # the shape of the mouse
    | \x1b\]52;c;[A-Za-z0-9+/=]*\x07                           # the clipboard
    | \r\n | \n
    """,
    re.VERBOSE,
)
_QUIET = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""Parts of joined characters."""


def intruders(output: bytes) -> list[str]:
    """Whatever is neither a printable character nor an allowed sequence, with some of what stands around it."""
    text = output.decode("utf-8", "surrogateescape")
    found: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in "\x1b\r\n":
            sequence = _ALLOWED.match(text, at)
            if sequence is not None and sequence.end() > at:
                at = sequence.end()
                continue
        if char in "\x1b\r\n" or not (char.isprintable() or char in _QUIET):
            found.append(f"{unicodedata.name(char, repr(char))} in {text[max(0, at - 30) : at + 40]!r}")
        at += 1
    return found


def shown_words(output: bytes) -> str:
    """The drawn text of an output, without any sequence."""
    return _ALLOWED.sub("", output.decode("utf-8", "replace"))
