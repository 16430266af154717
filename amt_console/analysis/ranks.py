"""Ranks of the values of a series."""

from __future__ import annotations

from collections.abc import Sequence


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share their mean rank. The values are finite."""
    # Only where something is ranked: loading NumPy takes longer than a short command.
    import numpy as np

    if not values:
        return []
    array = np.asarray(values, np.float64)
    order = np.argsort(array, kind="stable")
    ascending = array[order]
    first = np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))
    number = np.diff(first, append=len(array))
    found = np.empty(len(array))
    found[order] = np.repeat(first + (number + 1) / 2, number)
    ranked: list[float] = found.tolist()
    return ranked
