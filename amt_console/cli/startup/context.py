"""What every command needs: the configuration, the database, the clock. Loaded when first asked for."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import Clock, SystemClock
from amt_console.runtime.remote_monitor import RemoteMonitor

if TYPE_CHECKING:
    from datetime import datetime

    import typer

    from amt_console.api.client.attach import Whereabouts
    from amt_console.cli.console import OpenedDatabase
    from amt_console.cli.startup.quick_config import QuickConfig
    from amt_console.config import LoadedConfig, Settings
    from amt_console.demo.state import DemoState
    from amt_console.model import MonitorStatus, PresentPerson, Snapshot, Target
    from amt_console.operations.protocol import Operations
    from amt_console.runtime.site import Configured
    from amt_console.store import Store


@dataclass
class Context:
    """One run of the program. ``config`` and ``db`` are the options of the same names."""

    config: Path | None = None
    db: str | None = None
    connection: RemoteMonitor | None = None
    """Of ``--connect``: another monitor than that of ``db``."""
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def quick(self) -> QuickConfig | None:
        """What can be known of the configuration without loading it."""
        from amt_console.cli.startup.quick_config import quick_config

        return quick_config(self.config, self.db, env=os.environ)

    @cached_property
    def demo(self) -> DemoState | None:
        """The running demo, if the line names no configuration or database and the user has no database."""
        if self.config is not None or self.db is not None or self.connection is not None:
            return None
        if self.quick is not None:
            return self.quick.demo
        if os.environ.get("AMT_CONFIG") or os.environ.get("AMT_DATABASE_URL"):
            return None
        from amt_console.config import database_url, load_config
        from amt_console.store_url import database_file

        path = database_file(database_url(load_config().settings, override=None, env=os.environ))
        if path is not None and path.exists():
            return None
        from amt_console.demo.state import running_demo

        return running_demo()

    @cached_property
    def loaded(self) -> LoadedConfig:
        """The configuration with the origin of each value. Raises ConfigError."""
        from amt_console.config import load_config

        return load_config(self.demo.config_path if self.demo else self.config)

    @property
    def settings(self) -> Settings:
        """The effective configuration. Raises ConfigError."""
        return self.loaded.settings

    def place(self) -> OpenedDatabase:
        """What the console opens; the configuration is loaded only if it must be. Raises ConfigError."""
        from amt_console.cli.console import OpenedDatabase

        quick = self.quick
        if quick is None:
            screen = self.settings.console.model_dump()
            return OpenedDatabase(self.store_url, self.whereabouts, self._configured, screen, self.notices)
        return OpenedDatabase(quick.store_url, quick.whereabouts, self._configured, quick.screen, self.notices)

    def _configured(self) -> Configured:
        from amt_console.runtime.site import Configured

        return Configured(self.settings, self.targets)

    @property
    def whereabouts(self) -> Whereabouts:
        """Where the monitor of the database listens. Raises ConfigError."""
        from amt_console.api.client.attach import Whereabouts
        from amt_console.config import configured_database

        settings = self.settings
        return Whereabouts.of(self.store_url, configured_url=configured_database(settings), socket=settings.api.socket)

    def screen(self) -> Mapping[str, Any]:
        """The table ``[console]`` of the configuration, for a console whose monitor is elsewhere.

        The rest of the configuration need not fit this host: secrets are not resolved, and an unusable file is ignored
        unless it was named. Raises ConfigError for a named file.
        """
        if self.quick is not None and self.quick.demo is None:
            return self.quick.screen
        from amt_console.config import ConfigError, load_config

        try:
            return load_config(self.config, resolve_secrets=False).settings.console.model_dump()
        except ConfigError as error:
            if self.config is not None:
                raise
            logging.getLogger("amt_console.session").warning("the screen uses its defaults: %s", error)
            return {}

    @cached_property
    def store_url(self) -> str:
        """The database: ``--db``, ``AMT_DATABASE_URL``, the configuration, a running demo, else the user's state
        folder.
        """
        if self.demo is not None:
            return self.demo.store_url
        from amt_console.config import database_url

        return database_url(self.settings, override=self.db, env=os.environ)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The targets of this configuration."""
        from amt_console.config import targets

        return targets(self.settings, store_url=self.store_url, env=os.environ)

    def notices(self) -> tuple[str, ...]:
        """Notices about the database: the demo has ended."""
        from amt_console.demo.state import ended_words

        return () if self.demo is None else ended_words(self.demo)

    def open_store(self, *, read_only: bool = True, patient: bool = True) -> Store:
        """Open the database. Raises StoreError with a text for people.

        Args:
            read_only: Never write.
            patient: Wait for a server as long as it takes: a command does much at a time, and ctrl+c ends it.
        """
        from amt_console.store import Store, keyring_of

        keys = keyring_of(self.settings)
        return Store.open(self.store_url, clock=self.clock, read_only=read_only, patient=patient, keys=keys)

    @contextmanager
    def operations(self, *, read_only: bool = True) -> Iterator[Operations]:
        """The use cases: of ``--connect``, of the running monitor over its socket, else on the database itself.

        To write, the database must exist: an action on nothing creates nothing.

        Raises StoreError, OperationError.
        """
        if self.connection is not None:
            with closing(self.connection.open()) as remote:
                remote.check()
                yield remote
            return
        from amt_console.api.client.attach import attach

        found = attach(self.whereabouts)
        if found is not None:
            with closing(found[0]) as remote:
                yield remote
            return
        from amt_console.operations.local import LocalOperations
        from amt_console.store import SchemaTooOld

        if not read_only:
            with suppress(SchemaTooOld):
                self.open_store(patient=False).close()
        with closing(self.open_store(read_only=read_only, patient=False)) as store:
            yield LocalOperations(
                store=store,
                store_url=self.store_url,
                settings=self.settings,
                targets=self.targets,
                clock=self.clock,
                people=lambda: self._who_is_present(store),
            )

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The state now or at a past moment; unknown, with the reason as a fault, where there is no data at all."""
        from amt_console.model import MonitorState, MonitorStatus, Overall, Snapshot
        from amt_console.store import NoDatabase

        try:
            with self.operations() as operations:
                return operations.snapshot(at)
        except NoDatabase as error:
            monitor, fault = self._monitor_without_a_file() or (MonitorStatus(MonitorState.STOPPED), str(error))
            return Snapshot(
                version=0,
                generated_at=self.clock.now(),
                at=at,
                overall=Overall.UNKNOWN,
                monitor=monitor,
                notices=(fault,),
                faults=(fault,),
            )

    def _monitor_without_a_file(self) -> tuple[MonitorStatus, str] | None:
        """The monitor that still holds the lease of a deleted database, and that fault."""
        from amt_console.model import MonitorState, MonitorStatus
        from amt_console.store import lease_holder
        from amt_console.store_url import database_file

        path = database_file(self.store_url)
        holder = None if path is None or path.exists() else lease_holder(self.store_url)
        if holder is None:
            return None
        fault = (
            f"The monitor (pid {holder.pid} on {holder.host}) runs without its database: {path} was deleted. "
            "Its log says when it ends; put the file back, or restart it."
        )
        return MonitorStatus(MonitorState.SILENT, holder.host, holder.pid), fault

    def _who_is_present(self, store: Store) -> tuple[PresentPerson, ...]:
        if not store.is_server:
            return ()
        from amt_console.runtime.presence import who_is_present

        return who_is_present(store)


def url_of(place: str) -> str:
    """The URL of a database given as a URL or as the path of a SQLite file."""
    return place if "://" in place else f"sqlite:///{Path(place).expanduser().resolve()}"


def get_context(ctx: typer.Context) -> Context:
    """The context that the root command made."""
    root = ctx.find_root()
    if not isinstance(root.obj, Context):
        raise CommandError("the command line was started without its root command", ExitCode.INTERNAL)
    return root.obj
