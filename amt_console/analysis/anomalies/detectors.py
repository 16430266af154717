"""What a detector finds: a raw score and an expected band for each value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Detector(StrEnum):
    """The detectors."""

    EWMA = "robust EWMA"
    ENTROPY = "relative entropy"
    SEASONAL = "seasonal residual"


@dataclass(frozen=True, slots=True)
class DetectorReading:
    """What one detector says about one value, from this value and earlier ones only."""

    raw: float
    """In the detector's own unit."""
    low: float
    """Expected range."""
    high: float


NOTHING = DetectorReading(0.0, 0.0, 0.0)
"""Too little is known yet."""
