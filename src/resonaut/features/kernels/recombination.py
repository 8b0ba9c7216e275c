"""Sequential recombination of one jet's particles, compiled: kT (power 1) and Cambridge/Aachen (power 0).

The pair with the smallest d_ij = min(pT_i, pT_j)^(2 power) dR_ij^2 becomes one, momenta being added, until one is left.
There is no beam: all particles stay in the jet. The pair is among the nearest neighbours in (rapidity, azimuth), of
which each particle remembers one: n^2 steps in place of n^3.

FastJet does the same; what its Python interface does not give is the history, of which N-subjettiness needs the last
nine steps and the Lund plane all of them.

References:
    Catani et al. (kT), NPB 406 (1993) 187; Dokshitzer et al. (C/A), JHEP 08 (1997) 001, arXiv:hep-ph/9707323
    Cacciari, Salam (nearest neighbours), PLB 641 (2006) 57, arXiv:hep-ph/0512210
"""

import math

import numpy as np
from jaxtyping import Float, Int
from numba import njit

__all__ = ["PHI", "PT", "RAPIDITY", "angle2", "coordinates", "recombine"]

PX, PY, PZ, E, PT, RAPIDITY, PHI = range(7)
TWO_PI = 2 * math.pi


@njit(cache=True)
def coordinates(node: Float[np.ndarray, " 7"]) -> None:
    """Fill in pT, rapidity and azimuth in [0, 2 pi) of a momentum (px, py, pz, E)."""
    px, py, pz, e = node[PX], node[PY], node[PZ], node[E]
    pt2 = px * px + py * py
    m2 = max((e + pz) * (e - pz) - pt2, 0.0)
    node[PT] = math.sqrt(pt2)
    forward = e + abs(pz)  # E - |pz| would lose all digits of a forward particle
    size = math.log(forward / math.sqrt(pt2 + m2)) if pt2 + m2 > 0 and forward > 0 else 1e5
    node[RAPIDITY] = size if pz >= 0 else -size
    phi = math.atan2(py, px)
    node[PHI] = phi if phi >= 0 else phi + TWO_PI


@njit(cache=True)
def angle2(rapidity: float, phi: float, other_rapidity: float, other_phi: float) -> float:
    """Squared distance in rapidity and azimuth."""
    d_phi = abs(phi - other_phi)
    if d_phi > math.pi:
        d_phi = TWO_PI - d_phi
    d_rapidity = rapidity - other_rapidity
    return d_rapidity * d_rapidity + d_phi * d_phi


@njit(cache=True)
def recombine(
    momenta: Float[np.ndarray, "n 4"], power: float
) -> tuple[Float[np.ndarray, "2n-1 7"], Int[np.ndarray, "2n-1 2"], Int[np.ndarray, " 2n-1"]]:
    """Make one jet of n >= 1 particles.

    Returns:
        nodes: (px, py, pz, E, pT, rapidity, azimuth) of the n particles, then of what came of each step.
        made_from: The two nodes that were joined, the one of larger pT first; -1 for particles.
        goes_into: The node that each became part of; -1 for the last one.
    """
    n = len(momenta)
    nodes = np.empty((2 * n - 1, 7))
    made_from = np.full((2 * n - 1, 2), -1)
    goes_into = np.full(2 * n - 1, -1)
    for i in range(n):
        nodes[i, :4] = momenta[i]
        coordinates(nodes[i])

    # Slots hold what is still to be joined: which node, its nearest neighbour's slot, how far that is, and its weight.
    node = np.arange(n)
    neighbour = np.zeros(n, dtype=np.int64)
    distance = np.full(n, np.inf)
    weight = np.empty(n)
    rapidity, phi = nodes[:n, RAPIDITY].copy(), nodes[:n, PHI].copy()
    for i in range(n):
        weight[i] = nodes[i, PT] ** (2 * power)
        neighbour[i] = 1 if i == 0 else 0
        for j in range(i):
            d = angle2(rapidity[i], phi[i], rapidity[j], phi[j])
            if d < distance[i]:
                distance[i], neighbour[i] = d, j
            if d < distance[j]:
                distance[j], neighbour[j] = d, i

    for new in range(n, 2 * n - 1):
        last = 2 * n - 1 - new  # the last slot in use
        a, smallest = 0, np.inf
        for i in range(last + 1):
            d = distance[i] * min(weight[i], weight[neighbour[i]])
            if d < smallest:
                a, smallest = i, d
        b = neighbour[a]
        if a > b:
            a, b = b, a
        harder, softer = node[a], node[b]
        if nodes[harder, PT] < nodes[softer, PT]:
            harder, softer = softer, harder
        made_from[new] = harder, softer
        goes_into[harder] = goes_into[softer] = new
        nodes[new, :4] = nodes[harder, :4] + nodes[softer, :4]
        coordinates(nodes[new])

        # The new node takes slot a; the last slot moves to b.
        node[a], rapidity[a], phi[a] = new, nodes[new, RAPIDITY], nodes[new, PHI]
        weight[a] = nodes[new, PT] ** (2 * power)
        node[b], rapidity[b], phi[b] = node[last], rapidity[last], phi[last]
        weight[b], distance[b], neighbour[b] = weight[last], distance[last], neighbour[last]
        distance[a], neighbour[a] = np.inf, 1 if a == 0 else 0
        for i in range(last):
            if i == a:
                continue
            lost = neighbour[i] == a or neighbour[i] == b
            if neighbour[i] == last:
                neighbour[i] = b
            if lost:
                distance[i], neighbour[i] = np.inf, a
                for j in range(last):
                    if j != i:
                        d = angle2(rapidity[i], phi[i], rapidity[j], phi[j])
                        if d < distance[i]:
                            distance[i], neighbour[i] = d, j
            d = angle2(rapidity[i], phi[i], rapidity[a], phi[a])
            if d < distance[i]:
                distance[i], neighbour[i] = d, a
            if d < distance[a]:
                distance[a], neighbour[a] = d, i
    return nodes, made_from, goes_into
