"""Who may probe and write: one monitor at a time, known by name, and free again the moment it dies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from amt_console.store.store import Store


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Who holds a lease."""

    host: str
    pid: int
    started_at: datetime


class Lease(ABC):
    """A held lease. It ends with ``release`` or with the process, whichever comes first."""

    revocable = False
    """Whether somebody else can take it while its holder lives: then look at ``lost`` now and then."""

    def __init__(self, holder: LeaseHolder) -> None:
        self.this = holder
        """What others read about this holder."""

    @abstractmethod
    def release(self) -> None:
        """Give it back. Idempotent."""

    @abstractmethod
    def guard(self, store: Store) -> None:
        """See that ``store`` writes nothing any more once the lease is lost."""

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether somebody else may hold it by now: stop writing at once."""

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
