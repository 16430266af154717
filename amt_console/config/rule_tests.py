"""The file of ``rules test``: rules as in the configuration, series, and what is expected of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from amt_console.config.faults import ConfigError
from amt_console.config.files.explain import explain
from amt_console.config.files.reading import read_document
from amt_console.config.sections.rules import RuleSettings, RuleSignal
from amt_console.config.sections.scalars import ConfigSection, Delay, Name, Subject, Text, Window


class SeriesSettings(ConfigSection):
    """Values of one signal of one subject."""

    subject: Subject
    """A service, database, host part, figure, or value such as `db/connections`."""
    signal: RuleSignal
    """As in a rule."""
    values: Annotated[tuple[float | Literal["-"] | None, ...], Field(min_length=1, max_length=100_000)]
    """One each interval; `null` or `"-"` is missing data. Of states such as `service_down` 1 is bad, 0 good."""


class ExpectationSettings(ConfigSection):
    """What a rule does at a moment."""

    at: Delay
    """Time after the first value."""
    rule: Name
    """Its name."""
    state: Literal["firing", "none"]
    """Whether it fires."""


class RuleTestSettings(ConfigSection):
    """One test."""

    name: Text
    """Its name in the output."""
    interval: Window = 60.0
    """Time between two values."""
    series: Annotated[tuple[SeriesSettings, ...], Field(min_length=1, max_length=1000)]
    """What is measured."""
    expect: Annotated[tuple[ExpectationSettings, ...], Field(min_length=1, max_length=10_000)]
    """What is expected."""


class RuleTestFile(ConfigSection):
    """The whole file."""

    rules: Annotated[tuple[RuleSettings, ...], Field(min_length=1, max_length=500)]
    """As in the configuration."""
    tests: Annotated[tuple[RuleTestSettings, ...], Field(min_length=1, max_length=1000)]
    """Each is run with all rules."""


def load_rule_tests(path: Path) -> RuleTestFile:
    """The tests in a JSON or TOML file. Raises ConfigError with all faults."""
    document = read_document(path)
    try:
        return RuleTestFile.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(error, RuleTestFile, document), path) from None


def known_value(value: float | Literal["-"] | None) -> float | None:
    """TOML has no null: ``"-"`` stands for missing data there."""
    return None if value is None or value == "-" else value
