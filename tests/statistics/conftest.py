"""A spectrum whose truth is known, written down a second time, independently of the package."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from resonaut.statistics.background_fit import SpectrumFit

FIT_RANGE = (2600.0, 5000.0)
WINDOW = (3300.0, 3700.0)


def published_function(m: float, p: np.ndarray, sqrt_s: float = 13_000.0) -> float:
    """p0 (1 - x)^p1 / x^(p2 + p3 ln x + p4 ln^2 x), as the papers print it."""
    x = m / sqrt_s
    p0, p1, p2, p3, p4 = np.pad(p, (0, 5 - len(p)))
    return float(p0 * (1 - x) ** p1 / x ** (p2 + p3 * np.log(x) + p4 * np.log(x) ** 2))


@pytest.fixture(scope="session")
def edges() -> np.ndarray:
    return SpectrumFit().bin_edges(FIT_RANGE, WINDOW)


@pytest.fixture(scope="session")
def inside(edges: np.ndarray) -> np.ndarray:
    """Bins of the signal region."""
    return (edges[:-1] >= WINDOW[0]) & (edges[1:] <= WINDOW[1])


@pytest.fixture(scope="session")
def falling(edges: np.ndarray) -> Callable[..., np.ndarray]:
    """Expected counts per bin, `n` in all, for the given shape parameters."""

    def expected(n: float, *shape: float) -> np.ndarray:
        p = np.array([1.0, *(shape or (8.0, 5.0))])
        bins = [quad(published_function, low, high, args=(p,))[0] for low, high in pairwise(edges)]
        return n * np.array(bins) / np.sum(bins)

    return expected
