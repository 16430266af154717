"""Loads the configuration: find, read, validate, check across sections, resolve secrets; all faults at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from amt_console.config.faults import ConfigError, Fault, Refused
from amt_console.config.files.checks import cross_faults
from amt_console.config.files.explain import explain
from amt_console.config.files.patch import patched
from amt_console.config.files.reachable import missing_plugins, unreachable_channels
from amt_console.config.files.reading import Document, read_document
from amt_console.config.files.walk import Parts, dotted, leaves, secrets_of, value_at
from amt_console.config.secrets.secret import Secret
from amt_console.config.settings import Settings
from amt_console.config.slos import slo_warnings
from amt_console.paths import DATABASE_VARIABLE, LOCATION_VARIABLE, find_config

DEFAULT = "default"
FILE = "file"
READABLE_BY_OTHERS = 0o077
_VARIABLES: Mapping[Parts, str] = {("database_url",): DATABASE_VARIABLE, ("location",): LOCATION_VARIABLE}
"""Environment variables that take precedence over keys of the file."""


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A valid configuration, and where it came from."""

    settings: Settings
    path: Path | None
    """The file; ``None`` when only the built-in defaults are used."""
    sources: Mapping[str, str]
    """Dotted key to where its value came from: ``default``, ``file``, ``environment NAME``, or (for secrets)
    for instance ``file, environment NAME``."""
    warnings: tuple[Fault, ...] = field(default=())
    """Warnings: settings that work but should be changed."""


def load_config(
    path: Path | None = None,
    *,
    env: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    resolve_secrets: bool = True,
    patch: Path | None = None,
) -> LoadedConfig:
    """Find and load the configuration.

    Args:
        path: The file that the person named, if any.
        env: The environment.
        cwd: Where ``config/monitoring_config.json`` is looked for; the current folder by default.
        patch: A file with keys that change it.
        resolve_secrets: Whether an unresolvable secret is a fault; displaying a configuration needs no secrets.

    Raises:
        ConfigError: with all faults.
    """
    found = find_config(path, env=env, cwd=cwd)
    document = read_document(found) if found is not None else {}
    if patch is not None:
        document = patched(document, read_document(patch))
    try:
        settings = parse_document(document, env=env, resolve_secrets=resolve_secrets)
    except ConfigError as error:
        raise ConfigError(error.faults, patch or found) from None
    sources = {dotted(parts): source for parts, source in _sources(settings, document, env)}
    return LoadedConfig(settings, found, sources, tuple(_warnings(settings, document, found, env)))


def parse_document(document: Document, *, env: Mapping[str, str], resolve_secrets: bool = True) -> Settings:
    """The settings of a document from any source. Raises ConfigError with all faults, without a path."""
    faults: list[Fault] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        faults.extend(explain(error, Settings, document))
    faults.extend(cross_faults(document))
    if settings is not None and resolve_secrets:
        faults.extend(_unresolved(settings, env))
    if faults or settings is None:
        raise ConfigError(tuple(sorted(dict.fromkeys(faults), key=_by_place(document))))
    return settings


def _by_place(document: Document) -> Any:
    order = {key: index for index, key in enumerate(document)}

    def place(fault: Fault) -> tuple[int, int]:
        head = fault.path.split(".")[0]
        key, _, rest = head.partition("[")
        index = rest.rstrip("]")
        return order.get(key, len(order)), int(index) if index.isdecimal() else -1

    return place


def _unresolved(settings: Settings, env: Mapping[str, str]) -> Iterator[Fault]:
    # `serve` and the socket take signed hooks also where `api.enabled` is false.
    hooks = ((("api", *parts), secret) for parts, secret in secrets_of(settings.api))
    for parts, secret in (*secrets_of(settings, enabled_only=True), *hooks):
        if secret.needed and (fault := _unresolvable(parts, secret, env)) is not None:
            yield fault


def _unresolvable(parts: Parts, secret: Secret, env: Mapping[str, str]) -> Fault | None:
    try:
        secret.resolve(env)
    except Refused as error:
        return Fault(dotted(parts), str(error), suggestion=error.suggestion)
    return None


def _sources(settings: Settings, document: Document, env: Mapping[str, str]) -> Iterator[tuple[Any, str]]:
    references = {parts: secret.references for parts, secret in secrets_of(settings)}
    for parts, _ in leaves(settings):
        variable = _VARIABLES.get(parts)
        if variable is not None and env.get(variable):
            yield parts, f"environment {variable}"
        elif value_at(document, parts)[0]:
            yield parts, ", ".join((FILE, *references.get(parts, ())))
        else:
            yield parts, DEFAULT


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _warnings(settings: Settings, document: Document, path: Path | None, env: Mapping[str, str]) -> Iterator[Fault]:
    for parts, secret in secrets_of(settings, enabled_only=True):
        if not secret.needed and (fault := _unresolvable(parts, secret, env)) is not None:
            yield fault
    if path is not None and _mode(path) & READABLE_BY_OTHERS:
        for parts, secret in secrets_of(settings):
            if secret.inline and secret.holds_secret(str(parts[-1])) and value_at(document, parts)[0]:
                message = "is a secret in a file that other users can read"
                hint = f"chmod 600 {path}, or write ${{NAME}}, file:/path or credential:NAME"
                yield Fault(dotted(parts), message, suggestion=hint)
    yield from unreachable_channels(settings, env)
    yield from missing_plugins(settings)
    yield from slo_warnings(settings)
    for parts, value in leaves(settings):
        if parts[-1] == "verify_tls" and value is False:
            yield Fault(
                dotted(parts),
                "is off: anybody on the network path can impersonate this service",
                suggestion="use `ca_file`",
            )
