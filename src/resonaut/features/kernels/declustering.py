"""Cambridge/Aachen trees of jets, compiled: every declustering, and the groomed jet that soft drop finds among them."""

import math

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from resonaut.features.kernels.recombination import PHI, PT, PX, RAPIDITY, TWO_PI, angle2, recombine

__all__ = ["declusterings", "softdrop"]


@njit(cache=True)
def declusterings(
    momenta: Float[np.ndarray, "P 4"], offsets: Int[np.ndarray, " J+1"]
) -> tuple[Float[np.ndarray, "D 5"], Int[np.ndarray, "D 3"]]:
    """Of all jets one after the other, each from its first declustering (the last recombination) on.

    Returns:
        What it is like: distance, softer pT, its share of both pTs, mass of the pair, azimuth of the softer about the
            harder; and where it belongs: numbers within the jet of the declusterings before it and of its harder and
            softer part, -1 for none.
    """
    total = 0
    for jet in range(len(offsets) - 1):
        total += max(offsets[jet + 1] - offsets[jet] - 1, 0)
    values = np.empty((total, 5))
    links = np.full((total, 3), -1)
    start = 0
    for jet in range(len(offsets) - 1):
        n = offsets[jet + 1] - offsets[jet]
        if n < 2:
            continue
        nodes, made_from, goes_into = recombine(momenta[offsets[jet] : offsets[jet + 1]], 0.0)
        root = 2 * n - 2
        for node in range(n, root + 1):
            row = start + root - node
            harder, softer = made_from[node]
            a, b = nodes[harder], nodes[softer]
            turn = b[PHI] - a[PHI]
            if turn > math.pi:
                turn -= TWO_PI
            elif turn < -math.pi:
                turn += TWO_PI
            values[row, 0] = math.sqrt(angle2(a[RAPIDITY], a[PHI], b[RAPIDITY], b[PHI]))
            values[row, 1] = b[PT]
            values[row, 2] = b[PT] / (a[PT] + b[PT])
            values[row, 3] = _mass(nodes[node])
            values[row, 4] = math.atan2(b[RAPIDITY] - a[RAPIDITY], turn)
            links[row, 0] = root - goes_into[node] if node < root else -1
            links[row, 1] = root - harder if harder >= n else -1
            links[row, 2] = root - softer if softer >= n else -1
        start += n - 1
    return values, links


@njit(cache=True)
def softdrop(
    momenta: Float[np.ndarray, "P 4"], offsets: Int[np.ndarray, " J+1"], z_cut: float, beta: float, radius: float
) -> Float[np.ndarray, " J"]:
    """Mass of what is left of each jet when soft wide-angle branches are dropped."""
    mass = np.zeros(len(offsets) - 1)
    for jet in range(len(offsets) - 1):
        n = offsets[jet + 1] - offsets[jet]
        if n == 0:
            continue
        nodes, made_from, _ = recombine(momenta[offsets[jet] : offsets[jet + 1]], 0.0)
        node = 2 * n - 2
        while node >= n:
            a, b = nodes[made_from[node, 0]], nodes[made_from[node, 1]]
            distance = math.sqrt(angle2(a[RAPIDITY], a[PHI], b[RAPIDITY], b[PHI]))
            if b[PT] / (a[PT] + b[PT]) > z_cut * (distance / radius) ** beta:
                break
            node = made_from[node, 0]
        mass[jet] = _mass(nodes[node])
    return mass


@njit(cache=True)
def _mass(node: Float[np.ndarray, " 7"]) -> float:
    px, py, pz, e = node[PX], node[PX + 1], node[PX + 2], node[PX + 3]
    return math.sqrt(max((e + pz) * (e - pz) - px * px - py * py, 0.0))
