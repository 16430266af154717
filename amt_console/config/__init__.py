"""Configuration: the original's JSON and the full format, validated completely before anything starts."""

from __future__ import annotations

from amt_console.config.faults import ConfigError, Fault
from amt_console.config.files.loading import LoadedConfig, load_config
from amt_console.config.files.reading import fingerprint
from amt_console.config.secrets.secret import Secret
from amt_console.config.settings import Settings
from amt_console.config.targets import configured_database, database_url, location_of, targets

__all__ = [
    "ConfigError",
    "Fault",
    "LoadedConfig",
    "Secret",
    "Settings",
    "configured_database",
    "database_url",
    "fingerprint",
    "load_config",
    "location_of",
    "targets",
]
