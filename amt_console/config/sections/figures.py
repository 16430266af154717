"""Paths and units of the platform's figures."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import ConfigSection, JmesPath, Name
from amt_console.model import FigureKind, FigureSource, FigureSources, FigureUnit

FRACTION, MILLISECONDS = "fraction", "ms"
UNITS = (*(unit.value for unit in FigureUnit), FRACTION, MILLISECONDS)
_CODE = re.compile(r"[A-Z]{3}")


def is_currency(unit: str) -> bool:
    """Whether a unit is the code of a currency, such as ``EUR``."""
    return _CODE.fullmatch(unit) is not None


def _currency(value: object) -> str:
    if not isinstance(value, str) or not is_currency(value):
        raise Refused("must be the code of a currency in three capital letters, such as EUR or USD")
    return value


def _unit(value: object) -> str:
    if isinstance(value, str) and (value in UNITS or is_currency(value)):
        return value
    raise Refused(f"must be one of {', '.join(UNITS)}, or the code of a currency such as EUR")


def _form(value: object) -> str:
    """Select the union member; brackets mark names that are not keys of the file."""
    return "[path]" if isinstance(value, str) else "[table]"


CurrencyCode = Annotated[
    str, BeforeValidator(_currency), WithJsonSchema({"type": "string", "pattern": f"^{_CODE.pattern}$"})
]
Unit = Annotated[
    str,
    BeforeValidator(_unit),
    WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(UNITS)}|{_CODE.pattern})$"}),
]


class FigurePlace(ConfigSection):
    """One figure: its path and its unit. Text alone is the path."""

    path: JmesPath | None = None
    """JMESPath expression over the answer; by default the paths of [figures.md](figures.md)."""
    unit: Unit | None = None
    """What the platform sends: `percent`, `fraction` (0.0275 is shown as 2.75 percent), `s`, `ms`, `count`, `score`,
    `per_minute`, `currency`, or the code of a currency. The defaults are in [figures.md](figures.md). An explicit
    unit also confirms values that look like another unit."""


Place = Annotated[Annotated[JmesPath, Tag("[path]")] | Annotated[FigurePlace, Tag("[table]")], Discriminator(_form)]


class FigureSettings(ConfigSection):
    """The platform's figures by the kind of endpoint, then by name: their path in the answer, and their unit."""

    currency: CurrencyCode | None = None
    """Currency of all amounts, such as `EUR`; nothing is converted."""
    overview: dict[Name, Place] = Field(default_factory=dict)
    """Figures of `/api/dashboard/overview`: for each a JMESPath expression, or a table with `path` and `unit`."""
    chatbot: dict[Name, Place] = Field(default_factory=dict)
    """Figures of `/api/chat/analytics`."""
    revenue: dict[Name, Place] = Field(default_factory=dict)
    """Figures of `/api/analytics/revenue`."""
    plans: dict[Name, Place] = Field(default_factory=dict)
    """Figures of `/api/plans`."""

    def sources(self) -> FigureSources:
        """The same as values of the model."""
        return FigureSources(
            currency=self.currency,
            by_kind={
                kind: {
                    name: FigureSource(place) if isinstance(place, str) else FigureSource(place.path, place.unit)
                    for name, place in self.of(kind).items()
                }
                for kind in FigureKind
            },
        )

    def of(self, kind: FigureKind) -> dict[str, str | FigurePlace]:
        """The configured figures of one endpoint."""
        return {
            FigureKind.OVERVIEW: self.overview,
            FigureKind.CHATBOT: self.chatbot,
            FigureKind.REVENUE: self.revenue,
            FigureKind.PLANS: self.plans,
        }[kind]
