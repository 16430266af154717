"""The lease: one monitor at a time may probe and write. It is free the moment its holder dies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from amt_console.store.store import Store


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The holder of a lease."""

    host: str
    pid: int
    started_at: datetime


class Lease(ABC):
    """A held lease. It ends with ``release`` or with the process, whichever comes first."""

    revocable = False
    """Whether another process can take it while its holder lives: then check ``lost`` regularly."""

    def __init__(self, holder: LeaseHolder) -> None:
        self.this = holder
        """What others read about this holder."""

    @abstractmethod
    def release(self) -> None:
        """Release it. Idempotent."""

    @abstractmethod
    def guard(self, store: Store) -> None:
        """Prevent writes of ``store`` once the lease is lost."""

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether another process may hold it by now: stop writing at once."""

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
