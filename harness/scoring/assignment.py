"""The best one-to-one assignment; scipy does the work and is imported only when there is any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Pair = tuple[int, int]


def assign(weights: Mapping[Pair, float]) -> list[Pair]:
    """Pairs of greatest total weight, each left and each right used at most once; weights are positive.

    Solved by `scipy.optimize.linear_sum_assignment` (a modified Jonker-Volgenant algorithm: Crouse, "On implementing
    2D rectangular assignment algorithms", 2016). A pair that has no weight is never chosen.
    """
    if len(weights) <= 1:
        return list(weights)
    import numpy as np  # noqa: PLC0415 (scoring is imported by faces that must start fast)
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 (the same)

    lefts = sorted({left for left, _ in weights})
    rights = sorted({right for _, right in weights})
    row = {left: index for index, left in enumerate(lefts)}
    column = {right: index for index, right in enumerate(rights)}
    matrix = np.zeros((len(lefts), len(rights)))
    for (left, right), weight in weights.items():
        matrix[row[left], column[right]] = weight
    chosen = zip(*linear_sum_assignment(matrix, maximize=True), strict=True)
    pairs = [(lefts[int(left)], rights[int(right)]) for left, right in chosen]
    return [pair for pair in pairs if pair in weights]
