"""Lund declusterings: every splitting of a jet's Cambridge/Aachen tree, and how the splittings hang together.

Undoing the recombinations one after the other, each gives a point of the Lund plane: at which angle Delta, with which
transverse momentum kT, sharing the momentum how. Those along the harder branch are the primary plane; all of them,
with their links, are a tree (a graph of n - 1 nodes for a jet of n particles).

References:
    Dreyer, Salam, Soyez (the Lund jet plane), JHEP 12 (2018) 064, arXiv:1807.04758
    Dreyer, Qu (trees as graphs), JHEP 03 (2021) 052, arXiv:2012.08526
"""

from __future__ import annotations

import awkward as ak
import numpy as np
from jaxtyping import Bool, Int

from resonaut.features.jets import FlatJets

__all__ = ["COORDINATES", "FLOOR", "hardest_tree", "lund_tree", "primary_plane"]

COORDINATES = ("ln_inverse_delta", "ln_kt", "ln_inverse_z", "ln_m")
"""What a declustering is like; `psi` is left out: it says how the jet is turned, and nothing about the jet."""

FLOOR = 1e-10
"""Least Delta, kT/GeV and m/GeV whose logarithm is taken: parallel particles have Delta = kT = m = 0."""


def lund_tree(jets: FlatJets) -> ak.Array:
    """All declusterings of each jet, parents before their children; jets of fewer than two particles have none.

    Returns:
        [J, declusterings] records of
            ln_inverse_delta: ln 1/Delta of the two branches, Delta in rapidity and azimuth
            ln_kt: ln kT/GeV, kT = pT of the softer branch times Delta
            ln_inverse_z: ln 1/z, z the softer branch's share of the two pT
            ln_m: ln m/GeV, m the mass of the pair
            psi: azimuth of the softer branch about the harder, -pi to pi
            parent: number, within the jet, of the declustering that this pair is a branch of; -1 for the first
            harder, softer: numbers of the declusterings of its two branches; -1 for single particles
    """
    from resonaut.features.kernels.declustering import declusterings

    values, links = declusterings(jets.momenta, jets.offsets)
    # In one piece each: Arrow, and so Parquet, takes no columns with gaps.
    (delta, softer_pt, z, mass, psi), links = np.ascontiguousarray(values.T), np.ascontiguousarray(links.T)
    columns = {
        "ln_inverse_delta": -_log(delta),
        "ln_kt": _log(softer_pt * delta),
        "ln_inverse_z": -_log(z),
        "ln_m": _log(mass),
        "psi": psi,
        **dict(zip(("parent", "harder", "softer"), links, strict=True)),
    }
    return ak.unflatten(ak.zip(columns), np.maximum(jets.counts - 1, 0))


def primary_plane(tree: ak.Array) -> ak.Array:
    """The declusterings of each jet's harder branches, from the widest on; `parent` and the like keep their numbers."""
    counts = ak.to_numpy(ak.num(tree, axis=1))
    harder = ak.to_numpy(ak.flatten(tree.harder, axis=1))
    return tree[ak.unflatten(_on_harder_branch(harder, counts), counts)]


def hardest_tree(tree: ak.Array, n: int) -> ak.Array:
    """The first declustering of each jet and the n - 1 others of largest kT, as a tree.

    Each is joined to the nearest declustering above it that is kept: the first one always is, so that it remains one
    tree. Parents still come before their children; `parent` counts those that are left.

    Returns:
        [J, declusterings] records of `COORDINATES` and parent.
    """
    counts = ak.to_numpy(ak.num(tree, axis=1))
    flat = ak.flatten(tree, axis=1)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    above = np.where(ak.to_numpy(flat.parent) < 0, -1, start + ak.to_numpy(flat.parent))
    hardness = np.where(above < 0, np.inf, ak.to_numpy(flat.ln_kt))
    order = np.lexsort((-hardness, start))
    kept = np.zeros(len(order), dtype=bool)
    kept[order] = np.arange(len(order)) - start < n
    ancestor = above
    while (lost := (ancestor >= 0) & ~kept[ancestor]).any():
        ancestor = np.where(lost, above[ancestor], ancestor)
    left = np.concatenate([[0], np.cumsum(kept)])  # how many are kept before each place
    parent = np.where(ancestor < 0, -1, left[ancestor] - left[start])[kept]
    columns = {name: ak.to_numpy(flat[name])[kept] for name in COORDINATES}
    return ak.unflatten(ak.zip(columns | {"parent": parent}), np.minimum(counts, n))


def _on_harder_branch(harder: Int[np.ndarray, " D"], counts: Int[np.ndarray, " J"]) -> Bool[np.ndarray, " D"]:
    """Which declusterings are reached from the first by harder branches alone."""
    first = np.cumsum(counts) - counts
    primary = np.zeros(len(harder), dtype=bool)
    at = first[counts > 0]
    start = at.copy()
    while len(at):  # one step down all jets at once
        primary[at] = True
        goes_on = harder[at] >= 0
        at, start = (start + harder[at])[goes_on], start[goes_on]
    return primary


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(values, FLOOR))
