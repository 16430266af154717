"""The C library's allocator, told to keep less: glibc's. Any other one is left as it is."""

from __future__ import annotations

from collections.abc import Callable

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``malloc.h``."""


def use_one_arena() -> bool:
    """Let all threads allocate in one place, before the first of them starts; whether the C library can do that.

    glibc gives each new thread a place of its own, and what one thread has freed serves no other. Python holds a lock
    for nearly all of its allocations: there is little to gain from several places.
    """
    mallopt = _function("mallopt")
    return mallopt is not None and mallopt(_ARENA_MAX, 1) == 1


def return_free_memory() -> bool:
    """Give free pages back to the system; whether there were any. Takes milliseconds: not on the screen's thread."""
    trim = _function("malloc_trim")
    return trim is not None and trim(0) == 1


def _function(name: str) -> Callable[..., int] | None:
    import ctypes  # takes 4 ms, and only programs that stay call this

    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    return function
