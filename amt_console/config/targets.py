"""From the settings to what is probed, with defaults filled in and secrets resolved."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from amt_console.config.defaults import DEFAULT_SERVICES, MONITORING_DB, DefaultService
from amt_console.config.faults import ConfigError, Fault, Refused
from amt_console.config.intervals import interval_of, timeout_of
from amt_console.config.secrets.secret import Secret
from amt_console.config.secrets.urls import mask_url, store_url
from amt_console.config.sections.plugins import PluginSettings
from amt_console.config.sections.prometheus import PrometheusSettings
from amt_console.config.sections.scalars import location_name
from amt_console.config.sections.services import DatabaseSettings, ServiceSettings
from amt_console.config.settings import Settings
from amt_console.model import Criticality, Database, Expectation, Plugin, PrometheusQuery, Service, Target
from amt_console.paths import DATABASE_FILE, DATABASE_VARIABLE, LOCATION_VARIABLE, user_state_folder
from amt_console.text import safe_text

Resolve = Callable[[str, Secret], str]
LOCATION_OPTION = "--location"


def targets(
    settings: Settings, *, store_url: str | None = None, env: Mapping[str, str] = os.environ
) -> tuple[Target, ...]:
    """Everything to probe: the base URLs' services, ``services``, ``databases``, ``plugins``, ``prometheus``, and our
    own store if its URL is given.

    An entry of ``services`` with the name of a default service stands instead of it; what is not enabled is left out.

    Raises:
        ConfigError: secrets that cannot be resolved.
    """
    faults: list[Fault] = []

    def resolve(path: str, secret: Secret) -> str:
        try:
            return secret.resolve(env)
        except Refused as error:
            faults.append(Fault(path, str(error), suggestion=error.suggestion))
            return ""

    replaced = {service.name: (index, service) for index, service in enumerate(settings.services)}
    found: list[Target] = []
    for default in DEFAULT_SERVICES:
        base = getattr(settings, default.base)
        if base is not None and default.name not in replaced:
            found.append(_default_service(default, base, settings))
    for index, service in replaced.values():
        if service.enabled:
            found.append(_service(service, settings, f"services[{index}]", resolve))
    for index, database in enumerate(settings.databases):
        if database.enabled:
            found.append(_database(database, settings, resolve(f"databases[{index}].url", database.url)))
    for index, plugin in enumerate(settings.plugins):
        if plugin.enabled:
            found.append(_plugin(plugin, settings, f"plugins[{index}]", resolve))
    for index, query in enumerate(settings.prometheus):
        if query.enabled:
            found.append(_prometheus(query, settings, f"prometheus[{index}]", resolve))
    if store_url is not None:
        found.append(_own_database(store_url, settings))
    if faults:
        raise ConfigError(tuple(faults))
    return tuple(found)


def _default_service(default: DefaultService, base: str, settings: Settings) -> Service:
    interval = interval_of(default.criticality, settings.check_interval)
    return Service(
        name=default.name,
        url=base.rstrip("/") + default.route,
        criticality=default.criticality,
        interval=interval,
        timeout=timeout_of(None, interval),
        degraded_above_ms=settings.alert_thresholds.response_time_warning_ms,
        down_above_ms=settings.alert_thresholds.response_time_ms,
        figures=default.figures,
        depends_on=default.depends_on,
    )


def _limit(own: float | None, usual: float) -> float | None:
    """An unset limit is the usual one, 0 is none."""
    return usual if own is None else own or None


def _service(service: ServiceSettings, settings: Settings, path: str, resolve: Resolve) -> Service:
    interval = service.interval or interval_of(service.criticality, settings.check_interval)
    expect = service.expect
    thresholds = settings.alert_thresholds
    return Service(
        name=service.name,
        url=service.url,
        group=service.group,
        criticality=service.criticality,
        interval=interval,
        timeout=timeout_of(service.timeout, interval),
        method=service.method,
        headers={name: resolve(f"{path}.headers.{name}", value) for name, value in service.headers.items()},
        auth=(service.auth.username, resolve(f"{path}.auth.password", service.auth.password)) if service.auth else None,
        body=service.body,
        expect=Expectation(
            status=expect.status,
            headers=dict(expect.headers),
            text=expect.text,
            regex=expect.regex,
            jmespath=expect.jmespath,
        ),
        degraded_above_ms=_limit(service.degraded_above_ms, thresholds.response_time_warning_ms),
        down_above_ms=_limit(service.down_above_ms, thresholds.response_time_ms),
        verify_tls=service.verify_tls,
        ca_file=service.ca_file,
        family=service.family,
        proxy=resolve(f"{path}.proxy", service.proxy) if service.proxy else None,
        max_body_bytes=service.max_body_bytes,
        figures=service.figures,
        depends_on=service.depends_on,
        runbook=service.runbook,
    )


def _database(database: DatabaseSettings, settings: Settings, url: str) -> Database:
    interval = database.interval or interval_of(database.criticality, settings.check_interval)
    return Database(
        name=database.name,
        url=url,
        query=database.query,
        group=database.group,
        criticality=database.criticality,
        interval=interval,
        timeout=timeout_of(database.timeout, interval),
        degraded_above_ms=database.degraded_above_ms or None,
        depends_on=database.depends_on,
        runbook=database.runbook,
    )


def _plugin(plugin: PluginSettings, settings: Settings, path: str, resolve: Resolve) -> Plugin:
    interval = plugin.interval or interval_of(plugin.criticality, settings.check_interval)
    return Plugin(
        name=plugin.name,
        command=tuple(resolve(f"{path}.command[{place}]", each) for place, each in enumerate(plugin.command)),
        environment=plugin.environment,
        group=plugin.group,
        criticality=plugin.criticality,
        interval=interval,
        timeout=timeout_of(plugin.timeout, interval),
        depends_on=plugin.depends_on,
        runbook=plugin.runbook,
    )


def _prometheus(query: PrometheusSettings, settings: Settings, path: str, resolve: Resolve) -> PrometheusQuery:
    interval = query.interval or interval_of(query.criticality, settings.check_interval)
    return PrometheusQuery(
        name=query.name,
        url=query.url or "",
        query=query.query,
        unit=query.unit,
        headers={name: resolve(f"{path}.headers.{name}", value) for name, value in query.headers.items()},
        verify_tls=query.verify_tls,
        ca_file=query.ca_file,
        group=query.group,
        criticality=query.criticality,
        interval=interval,
        timeout=timeout_of(query.timeout, interval),
        depends_on=query.depends_on,
        runbook=query.runbook,
    )


def _own_database(url: str, settings: Settings) -> Database:
    interval = interval_of(Criticality.HIGH, settings.check_interval)
    return Database(name=MONITORING_DB, url=url, interval=interval, timeout=timeout_of(None, interval))


def database_url(settings: Settings, *, override: str | None = None, env: Mapping[str, str] = os.environ) -> str:
    """The URL of our own store: ``override``, ``$AMT_DATABASE_URL``, the configuration, else the user's state folder.

    The first two may also be the path of an SQLite file.

    Raises:
        ConfigError: the URL is none that the store can use, or its secret cannot be resolved.
    """
    for name, given in (("--db", override), (DATABASE_VARIABLE, env.get(DATABASE_VARIABLE))):
        if given:
            return _usable(name, given)
    if settings.database_url is not None:
        try:
            return settings.database_url.resolve(env)
        except Refused as error:
            raise ConfigError((Fault("database_url", str(error), suggestion=error.suggestion),)) from None
    return f"sqlite:///{user_state_folder(env) / DATABASE_FILE}"


def configured_database(settings: Settings, env: Mapping[str, str] = os.environ) -> str | None:
    """What the URL of our own store is if nobody names another one; ``None`` if that cannot be told."""
    try:
        return database_url(settings, env={name: value for name, value in env.items() if name != DATABASE_VARIABLE})
    except ConfigError:
        return None


def _usable(name: str, given: str) -> str:
    if "://" not in given:
        return f"sqlite:///{Path(given).expanduser().absolute()}"
    try:
        return store_url(given)
    except Refused as error:
        raise ConfigError((Fault(name, str(error), mask_url(given), error.suggestion),)) from None


def location_of(
    settings: Settings, *, override: str | None = None, env: Mapping[str, str] = os.environ
) -> tuple[str, str] | None:
    """The location and where it is named: ``override``, ``$AMT_LOCATION``, the configuration; ``None`` if nowhere.

    Raises:
        ConfigError: It is no name of a location.
    """
    for place, given in ((LOCATION_OPTION, override), (LOCATION_VARIABLE, env.get(LOCATION_VARIABLE) or None)):
        if given is not None:
            try:
                return location_name(given), place
            except Refused as error:
                raise ConfigError((Fault(place, str(error), repr(safe_text(given, 80))),)) from None
    return None if settings.location is None else (settings.location, "location")
