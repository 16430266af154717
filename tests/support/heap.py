"""What the garbage collector looks through in the process of the tests: not the million objects that they import.

The program freezes what it has loaded, and melts all that is frozen when it is at rest. Here that would be everything
that was collected and imported, and each full collection after it would take a third of a second.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

freeze, unfreeze = gc.freeze, gc.unfreeze
"""Python's own, whatever the program gets."""


def set_aside() -> None:
    """Leave out of all collections what lives now. The program freezes and melts nothing afterwards."""
    freeze()
    gc.freeze = gc.unfreeze = _nothing


@contextmanager
def program_freezes() -> Iterator[None]:
    """For the tests of it: the program freezes. What melts it again (``unfreeze``) melts all, a second of each run."""
    gc.freeze = freeze
    try:
        yield
    finally:
        set_aside()


def _nothing() -> None:
    pass
