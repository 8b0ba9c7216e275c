"""Random jets, and the same for FastJet's Python interface."""

import awkward as ak
import numpy as np

from resonaut.features.clustering import massless


def random_jets(rng: np.random.Generator, n: int) -> ak.Array:
    """Jets of 1 to 60 particles in a few prongs, some across the seam of azimuth, some of them forward."""
    sizes = rng.integers(1, 61, n)
    prongs = rng.integers(0, 3, sizes.sum())
    jet = np.repeat(np.arange(n), sizes)
    centre = 0.3 * rng.standard_normal((2, n, 3))[:, jet, prongs]
    eta, phi = centre + 0.1 * rng.standard_normal((2, sizes.sum()))
    eta += rng.uniform(-2, 2, n)[jet]
    phi += rng.uniform(-np.pi, np.pi, n)[jet]
    pt = rng.pareto(1.5, sizes.sum()) * 10
    return massless(*(ak.unflatten(values, sizes) for values in (pt, eta, phi)))


def fastjet_momenta(jets: ak.Array) -> ak.Array:
    return ak.zip({"px": jets.px, "py": jets.py, "pz": jets.pz, "E": jets.e}, with_name="Momentum4D")
