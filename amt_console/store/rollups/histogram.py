"""A mergeable histogram with logarithmic buckets: quantiles within 1 % relative error.

The buckets are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019): bucket *i* holds the values in ``(g^(i-1), g^i]`` with ``g = (1 + a) / (1 -
a)``, and answers with the point whose relative distance to both ends is at most ``a``. Merging adds counts, so it is
exact, commutative and associative.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

RELATIVE_ERROR = 0.01
SCALE = 1000
"""Values are kept as whole thousandths of their unit: microseconds for milliseconds."""
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_LOG = 1 / math.log(_GAMMA)
_ZERO = 0
_LARGEST = 4095
_SHORT, _LONG = b"\x01", b"\x02"
_ONE = struct.Struct("<BHH")


def bucket_of(scaled: int) -> int:
    """The bucket of a value in thousandths; 0 holds zero and below, 1 and up the positive values."""
    if scaled <= 0:
        return _ZERO
    index = 1 + math.ceil(math.log(scaled) * _PER_LOG)
    return index if index < _LARGEST else _LARGEST


def encode_counts(counts: Mapping[int, int]) -> bytes:
    """Sorted (bucket, count) pairs as little-endian 16-bit numbers, or 64-bit ones when a count needs it.

    Empty for none.
    """
    if not counts:
        return b""
    if len(counts) == 1:
        [(index, count)] = counts.items()
        if count <= 0xFFFF:
            return _ONE.pack(1, index, count)
    flat = [part for pair in sorted(counts.items()) for part in pair]
    wide = max(counts.values()) > 0xFFFF
    packed = array("Q" if wide else "H", flat)
    if sys.byteorder == "big":
        packed.byteswap()
    return (_LONG if wide else _SHORT) + packed.tobytes()


def _unpacked(data: bytes) -> array[int]:
    kind = data[:1]
    if kind not in (_SHORT, _LONG):
        raise ValueError("not a latency histogram")
    packed = array("Q" if kind == _LONG else "H")
    packed.frombytes(data[1:])
    if sys.byteorder == "big":
        packed.byteswap()
    return packed


def decode_counts(data: bytes) -> dict[int, int]:
    """The inverse of ``encode_counts``. Raises ValueError for anything else."""
    if not data:
        return {}
    packed = _unpacked(data)
    return dict(zip(packed[0::2], packed[1::2], strict=True))


def add_encoded(into: dict[int, int], parts: Iterable[bytes]) -> None:
    """Add the counts of all ``parts`` to ``into``. Raises ValueError for anything but ``encode_counts``' bytes."""
    unpacked = [_unpacked(data) for data in parts if data]
    # A list is a quarter quicker than a dictionary, and over a month nearly all the time goes into these additions.
    try:
        sums = [0] * (1 + max((packed[-2] for packed in unpacked), default=0))
        for packed in unpacked:
            numbers = iter(packed)
            for index, count in zip(numbers, numbers, strict=True):
                sums[index] += count
    except IndexError:
        raise ValueError("not a latency histogram") from None
    merge_counts(into, {index: count for index, count in enumerate(sums) if count})


def merge_counts(into: dict[int, int], other: Mapping[int, int]) -> None:
    """Add the counts of ``other`` to ``into``."""
    get = into.get
    for index, count in other.items():
        into[index] = get(index, 0) + count


@dataclass(frozen=True, slots=True)
class LatencyHistogram:
    """Counts by bucket.

    Values go in and come out in their unit (milliseconds for latencies, percent for host figures).
    """

    counts: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[float]) -> LatencyHistogram:
        """The histogram of finite values, each at least 0."""
        counts: dict[int, int] = {}
        for value in values:
            index = bucket_of(round(value * SCALE))
            counts[index] = counts.get(index, 0) + 1
        return cls(counts)

    @classmethod
    def merged(cls, parts: Iterable[LatencyHistogram]) -> LatencyHistogram:
        """The histogram of all values of all parts."""
        counts: dict[int, int] = {}
        for part in parts:
            merge_counts(counts, part.counts)
        return cls(counts)

    @property
    def count(self) -> int:
        """How many values it holds."""
        return sum(self.counts.values())

    def quantile(self, q: float) -> float | None:
        """The value at rank ``floor(q * (count - 1))`` within 1 % (and 1/1000 of the unit); ``None`` when empty.

        Args:
            q: 0 to 1, e.g. 0.95.
        """
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile lies between 0 and 1, not {q}")
        total = self.count
        if not total:
            return None
        rank = int(q * (total - 1))
        seen = 0
        index = _ZERO
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen > rank:
                break
        if index == _ZERO:
            return 0.0
        return 2.0 * math.pow(_GAMMA, index - 1) / (_GAMMA + 1.0) / SCALE

    def share_at_most(self, limit: float) -> float | None:
        """The share of values up to ``limit``, 0 to 1, exact to the bucket that holds the limit.

        ``None`` when empty.
        """
        total = self.count
        if not total:
            return None
        edge = bucket_of(round(limit * SCALE))
        return sum(count for index, count in self.counts.items() if index <= edge) / total

    def encode(self) -> bytes:
        """Compact bytes."""
        return encode_counts(self.counts)

    @classmethod
    def decode(cls, data: bytes) -> LatencyHistogram:
        """From ``encode``'s bytes. Raises ValueError."""
        return cls(decode_counts(data))
