"""The types of single values, each with its check and its JSON Schema."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, time
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, Strict, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from amt_console.config.faults import Refused
from amt_console.config.secrets.target_urls import service_url
from amt_console.config.secrets.urls import base_url, http_url
from amt_console.expressions import MAX_CHARS, ExpressionError, compile_expression
from amt_console.model import LOCATION_PATTERN, MAX_LABEL_CHARS, is_location
from amt_console.moments import FIRST_YEAR, LAST_YEAR, LENGTH, length_of
from amt_console.patterns import PatternError, compile_pattern
from amt_console.text import safe_text

MAX_NAME_CHARS = 64
MAX_SUBJECT_CHARS = MAX_NAME_CHARS + 1 + MAX_LABEL_CHARS
"""Longest subject of a rule: a target, a slash and one of its values."""
MAX_PATTERN_CHARS = 2000
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_MAIL = re.compile(rf"(?a:{_ATOM}(\.{_ATOM})*)@({_ATOM}(\.{_ATOM})*|\[[!-Z^-~]+\])")
"""A mail address without names, comments and quotes (RFC 5322): the parser of ``email`` takes 1.3 MB of memory."""


class ConfigSection(BaseModel):
    """A table of the configuration: immutable, unknown keys refused, each field documented by the text below it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_default=False,
        defer_build=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """With the text below each field: read only for a schema, because that takes half of a command's start."""
        from amt_console.config.sections.field_texts import field_texts

        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in field_texts(cls).items():
            properties[cls.model_fields[name].alias or name]["description"] = text
        return schema


def parse_duration(value: object) -> float:
    """Seconds from a number of seconds or a text such as ``"90s"``, ``"15m"``, ``"2h"``, ``"7d"``. Raises Refused."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    seconds = length_of(value) if isinstance(value, str) else None
    if seconds is None:
        raise Refused('must be a duration: a number of seconds, or text such as "90s", "15m", "2h", "7d"')
    return seconds


def format_duration(seconds: float) -> str:
    """The shortest exact form: ``90s``, ``15m``, ``2h``, ``7d``."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % SECONDS[unit] == 0:
            return f"{seconds / SECONDS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


class Seconds(float):
    """A duration among other numbers."""


@dataclass(frozen=True, slots=True)
class DurationRange:
    """Validator of a duration between two bounds, in seconds, both allowed."""

    low: float
    high: float

    def __call__(self, value: object) -> float:
        """The duration in seconds. Raises Refused."""
        seconds = parse_duration(value)
        if not self.low <= seconds <= self.high:
            raise Refused(f"must be a duration from {format_duration(self.low)} to {format_duration(self.high)}")
        return seconds


@dataclass(frozen=True, slots=True)
class KeepRange(DurationRange):
    """A duration that may also be ``"forever"``, which is the longest one."""

    def __call__(self, value: object) -> float:
        """The duration in seconds. Raises Refused."""
        return self.high if value == FOREVER_WORD else DurationRange.__call__(self, value)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise Refused(f"must be {what}, as text in quotes")
    return value


def printable_name(value: object, most: int) -> str:
    """A name of at most so many characters. Raises Refused."""
    text = unicodedata.normalize("NFC", _text(value, "a name"))  # as other programs may write it
    if not 0 < len(text) <= most or safe_text(text) != text or text != text.strip():
        raise Refused(f"must be a name of 1 to {most} printable characters, without blanks at its ends")
    return text


def _name(value: object) -> str:
    return printable_name(value, MAX_NAME_CHARS)


def _subject(value: object) -> str:
    return printable_name(value, MAX_SUBJECT_CHARS)


def location_name(value: object) -> str:
    """The name of a location. Raises Refused."""
    if not isinstance(value, str) or not is_location(value):
        raise Refused("must be a name of at most 32 small letters, digits and hyphens, such as fra or us-east-1")
    return value


def _http_url(value: object) -> str:
    return http_url(_text(value, "a URL"))


def _service_url(value: object) -> str:
    return service_url(_text(value, "a URL"))


def _base_url(value: object) -> str | None:
    return None if value is None or value == "" else base_url(_text(value, "a URL"))


def _network(value: object) -> str:
    try:
        return str(ip_network(_text(value, "a network"), strict=False))
    except ValueError:
        raise Refused("must be an address or a network, such as 127.0.0.1 or 10.0.0.0/8") from None


def _pattern(value: object) -> str:
    text = _text(value, "a regular expression")
    if len(text) > MAX_PATTERN_CHARS:
        raise Refused(f"must be a regular expression of at most {MAX_PATTERN_CHARS} characters")
    try:
        compile_pattern(text)
    except PatternError as error:
        raise Refused(str(error)) from None
    return text


def _jmespath(value: object) -> str:
    text = _text(value, "a JMESPath expression")
    if not text.strip():
        raise Refused(f"must be a JMESPath expression of 1 to {MAX_CHARS} characters")
    try:
        compile_expression(text)
    except ExpressionError as error:
        raise Refused(str(error), is_url=False) from None
    return text


def _time_zone(value: object) -> str:
    text = _text(value, "the name of a time zone")
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        near = get_close_matches(text, sorted(available_timezones()), 1, 0.6)
        hint = f"did you mean {near[0]!r}?" if near else None
        raise Refused("must be the name of a time zone, such as Europe/Berlin or UTC", hint) from None
    return text


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Refused("must be a moment with an offset, such as 2026-03-01T22:00:00+01:00 or ...T21:00:00Z")
    if not FIRST_YEAR <= value.year < LAST_YEAR:
        raise Refused(f"must be a moment between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC)


def _time_of_day(value: object) -> time:
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, time) or value.tzinfo is not None:
        raise Refused('must be a time of day such as "02:30"; the time zone has a key of its own')
    return value


def _mail_address(value: object) -> str:
    text = _text(value, "a mail address")
    if len(text) > 254 or not text.isprintable() or not _MAIL.fullmatch(text):
        raise Refused("must be a mail address such as ops@shop.example")
    return text


def _readable_file(value: object) -> str:
    path = Path(_text(value, "the path of a file")).expanduser()
    try:
        with path.open("rb"):
            return str(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Refused(f"must be a readable file: {reason or 'not a path'}") from None


def _template_file(value: object) -> str:
    path = _readable_file(value)
    from jinja2 import Environment, TemplateSyntaxError  # most configurations have no template

    try:
        source = Path(path).read_text(encoding="utf-8")
        Environment(autoescape=False).parse(source)  # noqa: S701 - parsed only
    except UnicodeDecodeError:
        raise Refused("must be a template in UTF-8") from None
    except TemplateSyntaxError as error:
        raise Refused(f"is no Jinja2 template: line {error.lineno}: {safe_text(error.message, 120)}") from None
    return path


def duration_schema(description: str = "Seconds, or text with a unit: ms, s, m, h, d, w") -> dict[str, Any]:
    """JSON Schema of a duration."""
    return {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": LENGTH.pattern}],
        "description": description,
    }


_DURATION_SCHEMA = WithJsonSchema(duration_schema())
_URL_SCHEMA = WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"})
_SERVICE_URL_SCHEMA = WithJsonSchema({"type": "string", "format": "uri", "pattern": "^(https?|tcp|dns|icmp)://"})
_BASE_URL_SCHEMA = WithJsonSchema({"type": ["string", "null"], "pattern": "^(https?://.*)?$"})
YEAR = 365 * 86400.0
FOREVER = 100 * YEAR
"""Data kept this long is never deleted."""
FOREVER_WORD = "forever"

Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1, le=100)]
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
Network = Annotated[str, BeforeValidator(_network), WithJsonSchema({"type": "string"})]
Number = Annotated[float, Strict()]
Percent = Annotated[float, Strict(), Field(ge=0, le=100)]
Milliseconds = Annotated[float, Strict(), Field(gt=0, le=3_600_000)]
LimitMs = Annotated[float, Strict(), Field(ge=0, le=3_600_000)]
"""Milliseconds where 0 switches the limit off."""
Interval = Annotated[float, BeforeValidator(DurationRange(1, 86400)), _DURATION_SCHEMA]
Timeout = Annotated[float, BeforeValidator(DurationRange(0.1, 600)), _DURATION_SCHEMA]
Delay = Annotated[float, BeforeValidator(DurationRange(0, 7 * 86400)), _DURATION_SCHEMA]
Window = Annotated[float, BeforeValidator(DurationRange(1, 90 * 86400)), _DURATION_SCHEMA]
_KEEP_SCHEMA = WithJsonSchema(
    {
        "anyOf": [*duration_schema()["anyOf"], {"type": "string", "const": FOREVER_WORD}],
        "description": 'Seconds, text with a unit, or "forever"',
    }
)
Keep = Annotated[float, BeforeValidator(KeepRange(3600, FOREVER)), _KEEP_SCHEMA]
"""How long something is kept."""
Name = Annotated[str, BeforeValidator(_name), Field(min_length=1, max_length=MAX_NAME_CHARS)]
Subject = Annotated[str, BeforeValidator(_subject), Field(min_length=1, max_length=MAX_SUBJECT_CHARS)]
Text = Annotated[str, Field(max_length=10_000)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
LocationName = Annotated[
    str, BeforeValidator(location_name), WithJsonSchema({"type": "string", "pattern": LOCATION_PATTERN})
]
HttpUrl = Annotated[str, BeforeValidator(_http_url), _URL_SCHEMA]
ServiceUrl = Annotated[str, BeforeValidator(_service_url), _SERVICE_URL_SCHEMA]
BaseUrl = Annotated[str | None, BeforeValidator(_base_url), _BASE_URL_SCHEMA]
Pattern = Annotated[str, BeforeValidator(_pattern), WithJsonSchema({"type": "string", "format": "regex"})]
JmesPath = Annotated[str, BeforeValidator(_jmespath)]
TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
MailAddress = Annotated[str, BeforeValidator(_mail_address)]
ReadableFile = Annotated[str, BeforeValidator(_readable_file)]
TemplateFile = Annotated[str, BeforeValidator(_template_file)]
"""The path of a readable file with a Jinja2 template."""
