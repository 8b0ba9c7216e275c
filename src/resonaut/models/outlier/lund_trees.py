"""Trees out of relaxed graphs: the likeliest one, and how often none had to be looked for.

A chain of the graph autoencoder ends at a weight in (0, 1) for every pair of declusterings. Edges above one half may
leave parts unconnected or close circles. The tree of the largest sum of weights that connects all (a maximum spanning
tree) is always there; its first declustering is the one of the widest angle, as Cambridge/Aachen has it, and the others
come after it in the order of their distance along the tree. A declustering has two branches, so that a Lund tree has no
more than two below each; that is not built in, and says whether a sample could be a jet's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

__all__ = ["RootedTree", "is_binary", "is_tree", "likeliest_tree", "rooted"]

MOST_BRANCHES = 2


class RootedTree(NamedTuple):
    """A tree whose nodes have an order.

    Args:
        order: Its nodes, parents before their children.
        parent: Of each node in that order, its parent's place in it; -1 for the first.
    """

    order: Int[np.ndarray, " n"]
    parent: Int[np.ndarray, " n"]


def is_tree(edges: Bool[np.ndarray, "n n"]) -> bool:
    """Whether undirected edges connect all nodes, and none of them could be spared."""
    return bool(np.triu(edges, 1).sum() == len(edges) - 1 and connected_components(csr_array(edges))[0] == 1)


def likeliest_tree(weights: Float[np.ndarray, "n n"]) -> Bool[np.ndarray, "n n"]:
    """The spanning tree of the largest sum of weights, which are symmetric and within 0 and 1."""
    # SciPy looks for the least sum, and takes 0 for no edge.
    upper = minimum_spanning_tree(np.triu(2 - weights, 1)).toarray() > 0
    tree: Bool[np.ndarray, "n n"] = upper | upper.T
    return tree


def rooted(edges: Bool[np.ndarray, "n n"], root: int) -> RootedTree:
    """The tree of these edges, hung up at one node."""
    order, before = breadth_first_order(csr_array(edges), root, directed=False)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    parent = np.full(len(order), -1)
    parent[1:] = place[before[order[1:]]]
    return RootedTree(order, parent)


def is_binary(tree: RootedTree) -> bool:
    """Whether no node has more children than a declustering has branches."""
    return bool((np.bincount(tree.parent[1:], minlength=1) <= MOST_BRANCHES).all())
