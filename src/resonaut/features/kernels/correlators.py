"""Energy correlation functions of jets, compiled: sums over all pairs and triples of particles, n^3 / 6 steps a jet.

The innermost loops are sums whose order does not matter (`reassoc`), so that they run on several numbers at once.
"""

import math

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from resonaut.features.kernels.recombination import PHI, PT, RAPIDITY, angle2, coordinates

__all__ = ["correlators"]


@njit(cache=True, fastmath={"reassoc", "nsz", "contract"})
def correlators(
    momenta: Float[np.ndarray, "P 4"], offsets: Int[np.ndarray, " J+1"], beta: float
) -> Float[np.ndarray, "J 3"]:
    """e2, e3 and 2e3 of every jet: over pairs, over triples with all three angles, and with the two smallest."""
    found = np.zeros((len(offsets) - 1, 3))
    for jet in range(len(offsets) - 1):
        n = offsets[jet + 1] - offsets[jet]
        particles = np.empty((n, 7))
        for i in range(n):
            particles[i, :4] = momenta[offsets[jet] + i]
            coordinates(particles[i])
        z = particles[:, PT] / particles[:, PT].sum()
        angle = np.zeros((n, n))
        e2 = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                d2 = angle2(particles[i, RAPIDITY], particles[i, PHI], particles[j, RAPIDITY], particles[j, PHI])
                angle[i, j] = math.sqrt(d2) if beta == 1.0 else d2 if beta == 2.0 else d2 ** (0.5 * beta)
                e2 += z[i] * z[j] * angle[i, j]
        e3_three, e3_two = 0.0, 0.0
        for i in range(n):
            for j in range(i + 1, n):
                ij, three, two = angle[i, j], 0.0, 0.0
                for k in range(j + 1, n):
                    ik, jk = angle[i, k], angle[j, k]
                    three += z[k] * ik * jk
                    two += z[k] * min(ij * ik, ij * jk, ik * jk)
                e3_three += z[i] * z[j] * ij * three
                e3_two += z[i] * z[j] * two
        found[jet, 0], found[jet, 1], found[jet, 2] = e2, e3_three, e3_two
    return found
