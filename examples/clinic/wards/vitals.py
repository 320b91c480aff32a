"""The bedside monitors. Made up: each value swings around a normal one, as a function of patient and time."""

from __future__ import annotations

import math
import time
from typing import TypedDict


class Vitals(TypedDict):
    patient: int
    pulse: int
    systolic: int
    diastolic: int
    oxygen: int
    temperature: float
    alarm: bool


def _swing(seed: int, moment: float, period: float) -> float:
    """Between -1 and 1: two waves of different length, shifted for each patient."""
    phase = seed * 2.399963
    return 0.7 * math.sin(moment / period + phase) + 0.3 * math.sin(moment / (period * 0.37) + phase * 1.7)


def read(patient: int, moment: float | None = None) -> Vitals:
    """The values of one patient at a moment (seconds since the epoch, now by default)."""
    moment = time.time() if moment is None else moment
    pulse = round(76 + 16 * _swing(patient, moment, 6.1))
    oxygen = min(100, round(97 + 2.6 * _swing(patient + 7, moment, 11.3)))
    return {
        "patient": patient,
        "pulse": pulse,
        "systolic": round(122 + 12 * _swing(patient + 3, moment, 9.7)),
        "diastolic": round(79 + 7 * _swing(patient + 5, moment, 8.3)),
        "oxygen": oxygen,
        "temperature": round(36.8 + 0.5 * _swing(patient + 11, moment, 41.0), 1),
        "alarm": pulse > 91 or oxygen < 95,
    }
