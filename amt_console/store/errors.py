"""The errors of the database. Each has a text for people: what, where, and how to mend it."""

from __future__ import annotations


class StoreError(Exception):
    """The database could not do what was asked; ``str()`` is the message for people."""


class StoreUnavailable(StoreError):
    """It cannot be opened: missing, a directory, not permitted, read-only, or the server does not answer."""


class NoDatabase(StoreUnavailable):
    """Nothing is stored yet: the file does not exist, or the database has no tables of ours."""


class DatabaseLost(StoreError):
    """The database file was deleted or replaced while it was open; nothing was written."""


class SchemaTooNew(StoreError):
    """A newer version of the program has written it; this one never writes into it."""


class SchemaTooOld(StoreUnavailable):
    """It must be upgraded first, and this connection is read-only."""


class StoreCorrupt(StoreError):
    """The file is damaged or is no database at all."""


class StoreBusy(StoreError):
    """Another process held the write lock for too long; nothing was written."""


class StoreFull(StoreError):
    """The disk is full; the transaction was rolled back and earlier data is intact."""


class LeaseLost(StoreError):
    """Another process has become the monitor; this one's write was refused."""


class CopyRefused(StoreError):
    """One database cannot be copied to the other as they are; nothing was changed."""


class MonitorRuns(CopyRefused):
    """A monitor works on one of the databases, or another copy."""


class CopyDiffers(StoreError):
    """The copy differs from its source."""


class VersionConflict(StoreError):
    """An alert episode was changed by somebody else since it was read, or its key is already open."""
