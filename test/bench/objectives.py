"""Functions with known minima, on which searches are compared. Both are shifted so that the value is the regret."""

from __future__ import annotations

import math
from typing import NamedTuple


class Objective(NamedTuple):
    bounds: list[tuple[float, float]]
    minimum: float

    def regret(self, point: list[float]) -> float:
        formula = branin if len(self.bounds) == 2 else hartmann3
        return max(0.0, formula(point) - self.minimum)


def branin(point: list[float]) -> float:
    x, y = point
    valley = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
    return valley + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann3(point: list[float]) -> float:
    alpha = [1.0, 1.2, 3.0, 3.2]
    slopes = [[3.0, 10.0, 30.0], [0.1, 10.0, 35.0], [3.0, 10.0, 30.0], [0.1, 10.0, 35.0]]
    centres = [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
    return -sum(
        weight * math.exp(-sum(a * (x - centre * 1e-4) ** 2 for a, x, centre in zip(slope, point, centres_of)))
        for weight, slope, centres_of in zip(alpha, slopes, centres)
    )


OBJECTIVES = {
    "Branin": Objective([(-5, 10), (0, 15)], 0.39788735772973816),
    "Hartmann-3": Objective([(0, 1)] * 3, -3.8627797869493365),
}
