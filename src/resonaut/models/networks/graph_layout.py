"""Graphs as rows of numbers: features of the nodes, one number for every pair of them, and which nodes exist.

A chain moves flat rows, a network wants matrices. The adjacency is relaxed: a pair's number e stands for an edge of
weight a = logistic(2 e) in (0, 1), so that +2 and -2, where the data's edges lie, are 0.98 and 0.02, and a number of
the size of a standardised feature turns one into the other. Edges have no direction: in a Cambridge/Aachen tree that is
in the nodes, declusterings being wider than those below them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["EDGE", "GraphLayout", "Graphs", "between"]

EDGE = 2.0
"""Where an edge of the data lies; a pair without one lies at the opposite."""
STEEPNESS = 2.0


class Graphs(NamedTuple):
    """A batch of relaxed graphs.

    Args:
        nodes: Features; what stands in nodes that do not exist means nothing.
        weights: Of the edge between any two nodes, symmetric; 0 on the diagonal and where a node is missing.
        mask: 1 for nodes that exist, 0 for others.
    """

    nodes: Float[Tensor, "B K F"]
    weights: Float[Tensor, "B K K"]
    mask: Float[Tensor, "B K"]


@dataclass(frozen=True)
class GraphLayout:
    """How a graph of at most `nodes` nodes of `features` numbers lies in a row.

    Nodes, node by node; pairs; the mask, which comes last as it is given, not drawn.
    """

    nodes: int
    features: int

    @property
    def moving(self) -> int:
        """Columns of nodes and pairs."""
        return self.nodes * self.features + self.nodes * (self.nodes - 1) // 2

    def row(
        self, nodes: Float[Tensor, "B K F"], edges: Bool[Tensor, "B K K"], mask: Bool[Tensor, "B K"]
    ) -> Float[Tensor, "B D"]:
        """Graphs with edges that are there or are not."""
        first, second = torch.triu_indices(self.nodes, self.nodes, 1)
        pairs = torch.where(edges | edges.transpose(1, 2), EDGE, -EDGE)[:, first, second]
        return torch.cat([nodes.flatten(1), pairs.to(nodes), mask.to(nodes)], dim=1)

    def graphs(self, rows: Float[Tensor, "B D"]) -> Graphs:
        """The relaxed graphs of rows."""
        nodes = rows[:, : self.nodes * self.features].reshape(-1, self.nodes, self.features)
        mask = rows[:, self.moving :]
        weights = torch.sigmoid(STEEPNESS * self._matrix(rows[:, self.nodes * self.features : self.moving]))
        return Graphs(nodes, weights * between(mask), mask)

    def _matrix(self, pairs: Float[Tensor, "B P"]) -> Float[Tensor, "B K K"]:
        """Symmetric; what stands on the diagonal means nothing."""
        first, second = torch.triu_indices(self.nodes, self.nodes, 1)
        place = torch.zeros(self.nodes, self.nodes, dtype=torch.long)
        place[first, second] = place[second, first] = torch.arange(pairs.shape[1])
        return pairs.index_select(1, place.flatten().to(pairs.device)).reshape(-1, self.nodes, self.nodes)


def between(mask: Float[Tensor, "B K"]) -> Float[Tensor, "B K K"]:
    """1 for two different nodes that exist, 0 for others."""
    return mask[:, :, None] * mask[:, None, :] * (1 - torch.eye(mask.shape[1]).to(mask))
