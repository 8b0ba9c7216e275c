"""N-subjettiness of jets, compiled: exclusive kT axes, then one minimisation ("OnePass").

The minimisation is Lloyd's, generalised: every particle goes to its nearest axis, every axis to the weighted mean of
its particles, with weights pT dR^(beta - 2), whose fixed points are the minima of tau; until the axes move by less
than 1e-4 on average. Accuracy, regularisation and order of the sums are those of FastJet's contrib, so that the result
is the same to rounding, not merely to the accuracy of the minimisation.

One clustering serves all numbers of axes and all beta of a jet, which FastJet repeats for each.

References:
    Thaler, Van Tilburg, JHEP 02 (2012) 093, arXiv:1108.2701
"""

import math

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from resonaut.features.kernels.recombination import PHI, PT, RAPIDITY, TWO_PI, angle2, recombine

__all__ = ["subjettiness"]

ACCURACY, MAX_STEPS = 1e-4, 1000


@njit(cache=True)
def subjettiness(
    momenta: Float[np.ndarray, "P 4"],
    offsets: Int[np.ndarray, " J+1"],
    n_axes: Int[np.ndarray, " K"],
    betas: Float[np.ndarray, " B"],
    radius: float,
) -> Float[np.ndarray, "J B K"]:
    """The tau of every jet, for every exponent and number of axes; 0 where a jet has no more particles than axes."""
    taus = np.zeros((len(offsets) - 1, len(betas), len(n_axes)))
    for jet in range(len(offsets) - 1):
        particles = momenta[offsets[jet] : offsets[jet + 1]]
        n = len(particles)
        if n <= n_axes.min():
            continue
        nodes, _, goes_into = recombine(particles, 1.0)
        pt, rapidity, phi = nodes[:n, PT].copy(), nodes[:n, RAPIDITY].copy(), nodes[:n, PHI].copy()
        for k in range(len(n_axes)):
            if n <= n_axes[k]:
                continue
            seeds = _exclusive(nodes, goes_into, n_axes[k])
            for b in range(len(betas)):
                axes = _minimise(pt, rapidity, phi, seeds, betas[b])
                taus[jet, b, k] = _tau(pt, rapidity, phi, axes, betas[b]) / (pt.sum() * radius ** betas[b])
    return taus


@njit(cache=True)
def _exclusive(
    nodes: Float[np.ndarray, "2n-1 7"], goes_into: Int[np.ndarray, " 2n-1"], n_jets: int
) -> Float[np.ndarray, "N 2"]:
    """(rapidity, azimuth) of what there was when so many were left to be joined."""
    first_too_late = len(nodes) + 1 - n_jets
    axes = np.empty((n_jets, 2))
    found = 0
    for node in range(first_too_late):
        if goes_into[node] < 0 or goes_into[node] >= first_too_late:
            axes[found, 0], axes[found, 1] = nodes[node, RAPIDITY], nodes[node, PHI]
            found += 1
    return axes


@njit(cache=True)
def _minimise(
    pt: Float[np.ndarray, " n"],
    rapidity: Float[np.ndarray, " n"],
    phi: Float[np.ndarray, " n"],
    seeds: Float[np.ndarray, "N 2"],
    beta: float,
) -> Float[np.ndarray, "N 2"]:
    axes = seeds.copy()
    sums = np.empty((len(axes), 3))
    for _ in range(MAX_STEPS):
        sums[:] = 0
        for i in range(len(pt)):
            nearest, d2 = _nearest(rapidity[i], phi[i], axes)
            weight = pt[i] * _power(ACCURACY * ACCURACY + d2, beta - 2)  # regularised: dR = 0 is a frequent start
            turn = phi[i] - axes[nearest, 1]
            azimuth = phi[i] - TWO_PI if turn > math.pi else phi[i] + TWO_PI if turn < -math.pi else phi[i]
            sums[nearest, 0] += weight * rapidity[i]
            sums[nearest, 1] += weight * azimuth
            sums[nearest, 2] += weight
        moved = 0.0
        for k in range(len(axes)):
            if sums[k, 2] > 0:  # an axis that lost all its particles stays where it is
                new_rapidity = sums[k, 0] / sums[k, 2]
                new_phi = (sums[k, 1] / sums[k, 2] + TWO_PI) % TWO_PI
                moved += math.sqrt(angle2(axes[k, 0], axes[k, 1], new_rapidity, new_phi))
                axes[k, 0], axes[k, 1] = new_rapidity, new_phi
        if moved / len(axes) <= ACCURACY:
            break
    return axes


@njit(cache=True)
def _tau(
    pt: Float[np.ndarray, " n"],
    rapidity: Float[np.ndarray, " n"],
    phi: Float[np.ndarray, " n"],
    axes: Float[np.ndarray, "N 2"],
    beta: float,
) -> float:
    tau = 0.0
    for i in range(len(pt)):
        _, d2 = _nearest(rapidity[i], phi[i], axes)
        tau += pt[i] * _power(d2, beta)
    return tau


@njit(cache=True)
def _nearest(rapidity: float, phi: float, axes: Float[np.ndarray, "N 2"]) -> tuple[int, float]:
    nearest, smallest = 0, np.inf
    for k in range(len(axes)):
        d2 = angle2(rapidity, phi, axes[k, 0], axes[k, 1])
        if d2 < smallest:
            nearest, smallest = k, d2
    return nearest, smallest


@njit(cache=True)
def _power(d2: float, exponent: float) -> float:
    """dR^exponent, without a general power where a root will do."""
    if exponent == 1.0:
        return math.sqrt(d2)
    if exponent == -1.0:
        return 1.0 / math.sqrt(d2)
    if exponent == 2.0:
        return d2
    if exponent == 0.0:
        return 1.0
    if exponent == 0.5:
        return math.sqrt(math.sqrt(d2))
    return d2 ** (0.5 * exponent)
