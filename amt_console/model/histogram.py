"""A mergeable histogram with logarithmic bins: quantiles within 1 % relative error.

The bins are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019): bin *i* holds the values in ``(g^(i-1), g^i]`` with ``g = (1 + a) / (1 - a)``,
and returns the point whose relative distance to both ends is at most ``a``. Merging adds counts, so it is exact,
commutative and associative.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field
from itertools import accumulate

RELATIVE_ERROR = 0.01
SCALE = 1000
"""Values are kept as whole thousandths of their unit: microseconds for milliseconds."""
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_LOG = 1 / math.log(_GAMMA)
_ZERO = 0
LARGEST_BIN = 4095
_FEW = 12
"""Up to so many histograms are merged by a dictionary."""
SHORT, LONG = b"\x01", b"\x02"
_ONE = struct.Struct("<BHH")
_PAIR = 4
"""Bytes of a bin and its count in the short form."""
_LARGE, _SMALL = (1, 0) if sys.byteorder == "little" else (0, 1)
"""Which of the two 16-bit numbers in a 32-bit one is the larger part of it."""
_COUNT_BITS, _COUNT = 16, 0xFFFF


def bin_of(scaled: int) -> int:
    """The bin of a value in thousandths; 0 holds zero and below, 1 and up the positive values."""
    if scaled <= 0:
        return _ZERO
    index = 1 + math.ceil(math.log(scaled) * _PER_LOG)
    return index if index < LARGEST_BIN else LARGEST_BIN


def middle_of(index: int) -> float:
    """The value in thousandths that a bin stands for."""
    return 0.0 if index == _ZERO else 2.0 * math.pow(_GAMMA, index - 1) / (_GAMMA + 1.0)


class PackedCounts(Mapping[int, int]):
    """Counts in the form of ``encode_counts``: an eighth of a dictionary's memory, for the many steps of a report."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self) -> tuple[type[PackedCounts], tuple[bytes]]:
        return PackedCounts, (self.data,)

    def __getitem__(self, index: int) -> int:
        return decode_counts(self.data)[index]

    def __iter__(self) -> Iterator[int]:
        return iter(unpacked(self.data)[0::2]) if self.data else iter(())

    def __len__(self) -> int:
        return len(unpacked(self.data)) // 2 if self.data else 0

    def __bool__(self) -> bool:
        return bool(self.data)

    def items(self) -> ItemsView[int, int]:
        """Pairs of bin and count, ascending."""
        return decode_counts(self.data).items()

    def pairs(self) -> Iterator[tuple[int, int]]:
        """``items`` without a dictionary."""
        numbers = iter(unpacked(self.data) if self.data else ())
        return zip(numbers, numbers, strict=True)

    def values(self) -> ValuesView[int]:
        """The counts, in the order of their bins."""
        return decode_counts(self.data).values()


class UnaddedCounts(Mapping[int, int]):
    """The counts of many histograms, brought in order, but only added up when somebody asks for one.

    A quantile needs no more than the order, and to sort takes a third of the time of adding.
    """

    __slots__ = ("_added", "_ordered", "total")

    def __init__(self, pairs: array[int]) -> None:
        """Args:
        pairs: Bins and 16-bit counts, one behind the other; the bins in any order.
        """
        counts = pairs[1::2]
        self.total = sum(counts)
        """Of all counts."""
        # A pair as one number, of which the bin is the larger part.
        turned = array("H", pairs)
        turned[_LARGE::2], turned[_SMALL::2] = pairs[0::2], counts
        self._ordered = sorted(array("I", turned.tobytes()))
        self._added: dict[int, int] | None = None

    def bin_at(self, rank: int) -> int:
        """The bin of the value of a rank, from 1 to ``total``: from the nearer end, as most ask for a high one."""
        ordered = self._ordered
        if 2 * rank > self.total:
            left = self.total - rank
            for pair in reversed(ordered):
                left -= pair & _COUNT
                if left < 0:
                    return pair >> _COUNT_BITS
        left = rank
        for pair in ordered:
            left -= pair & _COUNT
            if left <= 0:
                return pair >> _COUNT_BITS
        raise ValueError(f"there are {self.total} values, none of rank {rank}")

    def _all(self) -> dict[int, int]:
        if self._added is None:
            added = self._added = {}
            _add(added, [each >> _COUNT_BITS for each in self._ordered], [each & _COUNT for each in self._ordered])
        return self._added

    def __reduce__(self) -> tuple[Callable[[dict[int, int]], dict[int, int]], tuple[dict[int, int]]]:
        return dict, (self._all(),)

    def __getitem__(self, index: int) -> int:
        return self._all()[index]

    def __iter__(self) -> Iterator[int]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __bool__(self) -> bool:
        return bool(self._ordered)

    def items(self) -> ItemsView[int, int]:
        """Pairs of bin and count, ascending."""
        return self._all().items()

    def values(self) -> ValuesView[int]:
        """The counts, in the order of their bins."""
        return self._all().values()


@dataclass(frozen=True, slots=True)
class LatencyHistogram:
    """Value counts by bin, with their exact number, sum and extremes.

    Values go in and come out in their unit (milliseconds for latencies, percent for host figures).
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    """Counts by bin; empty if only number, sum and extremes were read."""
    count: int = 0
    """Number of values."""
    total: int = 0
    """Their sum, in thousandths of the unit."""
    least: int = 0
    """The smallest one, in thousandths."""
    most: int = 0
    """The largest one, in thousandths."""

    def __reduce__(self) -> tuple[type[LatencyHistogram], tuple[object, ...]]:
        """As that of ``Rollup``."""
        return LatencyHistogram, (self.counts, self.count, self.total, self.least, self.most)

    @classmethod
    def of(cls, values: Iterable[float]) -> LatencyHistogram:
        """The histogram of finite values, each at least 0."""
        return cls().plus(round(value * SCALE) for value in values)

    @classmethod
    def merged(cls, parts: Iterable[LatencyHistogram]) -> LatencyHistogram:
        """The histogram of all values of all parts."""
        parts = [part for part in parts if part.count or part.counts]
        if len(parts) == 1:
            return parts[0]
        count = total = least = most = 0
        for part in parts:
            if part.count:
                least = min(least, part.least) if count else part.least
                most = max(most, part.most)
                count += part.count
                total += part.total
        counted = [part.counts for part in parts if part.counts]
        return cls(_sum_of_many(counted) if len(counted) > _FEW else _sum_of_few(counted), count, total, least, most)

    def plus(self, scaled: Iterable[int]) -> LatencyHistogram:
        """With further values, in thousandths."""
        counts = dict(self.counts.items())
        get = counts.get
        count, total, least, most = self.count, self.total, self.least, self.most
        for value in scaled:
            if not count or value < least:
                least = value
            if value > most:
                most = value
            count += 1
            total += value
            index = bin_of(value)
            counts[index] = get(index, 0) + 1
        return LatencyHistogram(counts, count, total, least, most)

    @property
    def mean(self) -> float | None:
        """Arithmetic mean; ``None`` when empty."""
        return self.total / self.count / SCALE if self.count else None

    @property
    def low(self) -> float | None:
        """The smallest value; ``None`` when empty."""
        return self.least / SCALE if self.count else None

    @property
    def high(self) -> float | None:
        """The largest value; ``None`` when empty."""
        return self.most / SCALE if self.count else None

    def quantile(self, q: float) -> float | None:
        """The value of nearest rank, within 1 % (and 1/1000 of the unit); ``None`` when empty.

        That is the smallest value with at least a share of ``q`` of the values at or below it; never outside the
        smallest and the largest value.

        Args:
            q: 0 to 1, e.g. 0.95.
        """
        return self.quantiles(q)[0]

    def quantiles(self, *wanted: float) -> tuple[float | None, ...]:
        """``quantile`` of each of some shares, in one pass."""
        if not all(0 <= q <= 1 for q in wanted):
            raise ValueError(f"a quantile lies between 0 and 1, not {', '.join(map(str, wanted))}")
        if not self.counts:
            return (None,) * len(wanted)
        if isinstance(self.counts, UnaddedCounts):
            unadded = self.counts
            return tuple(self._middle(unadded.bin_at(_rank(q, unadded.total))) for q in wanted)
        bins: Sequence[int]
        if isinstance(self.counts, PackedCounts):
            packed = unpacked(self.counts.data)
            bins, seen = packed[0::2], list(accumulate(packed[1::2]))
        else:
            bins = sorted(self.counts)
            seen = list(accumulate(map(self.counts.__getitem__, bins)))
        return tuple(self._middle(bins[bisect_left(seen, _rank(q, seen[-1]))]) for q in wanted)

    def _middle(self, index: int) -> float:
        """The value that a bin stands for, within the extremes."""
        return min(float(self.most), max(float(self.least), middle_of(index))) / SCALE

    def share_at_most(self, limit: float) -> float | None:
        """The share of values up to ``limit``, 0 to 1, exact to the bin that holds the limit.

        ``None`` when empty.
        """
        if not self.counts:
            return None
        edge = bin_of(round(limit * SCALE))
        return sum(number for index, number in self.counts.items() if index <= edge) / sum(self.counts.values())


def _rank(q: float, number: int) -> int:
    return max(1, math.ceil(q * number - 1e-9))


def _sum_of_few(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    get = counts.get
    for part in parts:
        if counts:
            for index, number in _pairs(part):
                counts[index] = get(index, 0) + number
        else:
            counts.update(_pairs(part))
    return counts


def _sum_of_many(parts: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """The same by a list: adding to it is twice as quick, but making a dictionary of it takes as long as some parts."""
    sums = [0] * (1 + max(map(_last_bin, parts), default=0))
    for part in parts:
        for index, number in _pairs(part):
            sums[index] += number
    return {index: count for index, count in enumerate(sums) if count}


def _last_bin(counts: Mapping[int, int]) -> int:
    if isinstance(counts, PackedCounts):
        return unpacked(counts.data)[-2] if counts.data else 0
    return max(counts, default=0)


def _pairs(counts: Mapping[int, int]) -> Iterable[tuple[int, int]]:
    return counts.pairs() if isinstance(counts, PackedCounts) else counts.items()


def encode_counts(counts: Mapping[int, int]) -> bytes:
    """Sorted (bin, count) pairs as little-endian 16-bit numbers, or 64-bit ones when a count needs it.

    Empty for none.
    """
    if isinstance(counts, PackedCounts):
        return counts.data
    if not counts:
        return b""
    if len(counts) == 1:
        [(index, count)] = counts.items()
        if count <= 0xFFFF:
            return _ONE.pack(1, index, count)
    bins = sorted(counts)
    kind = "Q" if max(counts.values()) > 0xFFFF else "H"
    packed = array(kind, bytes(array(kind).itemsize * 2 * len(bins)))
    packed[0::2] = array(kind, bins)
    packed[1::2] = array(kind, map(counts.__getitem__, bins))
    if sys.byteorder == "big":
        packed.byteswap()
    return (LONG if kind == "Q" else SHORT) + packed.tobytes()


def decode_counts(data: bytes) -> dict[int, int]:
    """The inverse of ``encode_counts``. Raises ValueError for anything else."""
    if not data:
        return {}
    packed = unpacked(data)
    return dict(zip(packed[0::2], packed[1::2], strict=True))


def sum_of_encoded(parts: Iterable[bytes]) -> Mapping[int, int]:
    """The counts of all ``parts`` added up. Raises ValueError for anything but ``encode_counts``' bytes.

    The bins of a part may be in any order, and repeated.
    """
    filled = [data for data in parts if data]
    if filled and all(data[:1] == SHORT for data in filled):
        if any(len(data) % _PAIR != 1 or len(data) == 1 for data in filled):
            raise ValueError("not a latency histogram")
        return UnaddedCounts(unpacked(SHORT + b"".join([data[1:] for data in filled])))
    counts: dict[int, int] = {}
    for data in filled:
        packed = unpacked(data)
        _add(counts, packed[0::2], packed[1::2])
    return counts


def _add(counts: dict[int, int], bins: Iterable[int], more: Iterable[int]) -> None:
    get = counts.get
    for index, count in zip(bins, more, strict=True):
        counts[index] = get(index, 0) + count


def unpacked(data: bytes) -> array[int]:
    """The bins and counts in bytes of ``encode_counts``, one behind the other. Raises ValueError for other bytes."""
    kind = data[:1]
    if kind not in (SHORT, LONG):
        raise ValueError("not a latency histogram")
    packed = array("Q" if kind == LONG else "H")
    packed.frombytes(data[1:])
    if sys.byteorder == "big":
        packed.byteswap()
    return packed
