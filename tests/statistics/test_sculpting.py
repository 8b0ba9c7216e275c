"""A cut whose efficiency bends with the mass makes no bump; one that prefers the region makes the one it makes."""

from __future__ import annotations

import numpy as np
import pytest

from resonaut.errors import FitError
from resonaut.statistics.sculpting import sculpted_bump

EDGES = np.linspace(2300, 5000, 28)
MASS = (EDGES[1:] + EDGES[:-1]) / 2
INSIDE = (MASS > 3300) & (MASS < 3700)
TOTAL = np.round(400_000 * np.exp(-(MASS - 2300) / 600)).astype(np.int64)


def bump_of(efficiency: np.ndarray, seed: int) -> tuple[float, float, float]:
    found = sculpted_bump(MASS, TOTAL, np.random.default_rng(seed).binomial(TOTAL, efficiency), INSIDE)
    return found.excess, found.error, found.p_value


@pytest.mark.parametrize("slope", [0.0, 0.5, -0.3])
def test_a_smooth_dependence_on_mass_is_no_bump(slope: float) -> None:
    x = (MASS - 3500) / 1000
    efficiency = 0.02 * (1 + slope * x + 0.1 * x**2)
    z = np.array([excess / error for excess, error, _ in (bump_of(efficiency, seed) for seed in range(200))])
    # 200 standard normal numbers: mean known to 0.07, width to 0.05; the error grows where chance made a fit bad.
    assert abs(z.mean()) < 0.25
    assert 0.8 < z.std() < 1.1


def test_a_bump_is_measured() -> None:
    efficiency = np.where(INSIDE, 1.2, 1.0) * 0.02
    excess, error, p_value = bump_of(efficiency, 1)
    assert excess == pytest.approx(0.2, abs=3 * error)
    assert error < 0.04
    assert p_value < 1e-4
    holes = bump_of(np.where(INSIDE, 0.8, 1.0) * 0.02, 1)
    assert holes[0] == pytest.approx(-0.2, abs=3 * holes[1])


def test_p_values_are_uniform() -> None:
    p = np.array([bump_of(np.full(len(MASS), 0.01), seed)[2] for seed in range(200)])
    assert 0.3 < p.mean() < 0.7
    assert (p < 0.05).mean() < 0.12


def test_too_little_is_refused() -> None:
    with pytest.raises(FitError, match="loosen the cut"):
        sculpted_bump(MASS, TOTAL, np.zeros_like(TOTAL), INSIDE)
    with pytest.raises(FitError, match="bins"):
        sculpted_bump(MASS[12:16], TOTAL[12:16], TOTAL[12:16], INSIDE[12:16])
