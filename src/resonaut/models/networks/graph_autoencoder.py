"""An autoencoder of graphs, whose reconstruction error, of nodes and of edges, is an energy.

The encoder passes messages along the (relaxed) edges and leaves a few numbers a node; the decoder sees those numbers,
and their mean, but no edge, and gives back each node's features and a place in a space where nodes that are close have
an edge. All layers act on every node in the same way, so that the order of the nodes does not matter, nor does how many
places are left empty: an energy belongs to the graph.

References:
    Gilmer et al. (message passing), ICML 2017, arXiv:1704.01212
    Kipf, Welling (graph autoencoders), arXiv:1611.07308; Hoff, Raftery, Handcock (places), JASA 97 (2002) 1090
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.networks.graph_layout import GraphLayout, Graphs, between
from resonaut.models.networks.mlp import mlp

__all__ = ["GraphAutoencoderNetwork"]


class GraphAutoencoderNetwork(EnergyModel):
    """Down to a few latent numbers a node and up again.

    Args:
        features: Of a node.
        hidden: Widths of the encoder, one message-passing step each; the decoder has the same in reverse.
        latent: Numbers a node in the middle.
        sizes: How many graphs have 0, 1, 2, ... nodes, up to the most that there is room for; what is drawn is alike.
    """

    sizes: Tensor

    def __init__(self, features: int, hidden: Sequence[int], latent: int, sizes: Float[Tensor, " K+1"]) -> None:
        super().__init__()
        self.layout = GraphLayout(len(sizes) - 1, features)
        self.moving = self.layout.moving
        self.register_buffer("sizes", sizes)
        self.embedding = nn.Linear(features, hidden[0])
        # Of the node itself, its neighbours, and all nodes.
        self.steps = nn.ModuleList(nn.Linear(3 * a, b) for a, b in pairwise([*hidden, hidden[-1]]))
        self.to_latent = nn.Linear(hidden[-1], latent)
        self.to_node = mlp(2 * latent, features, hidden[::-1])
        self.to_place = mlp(2 * latent, hidden[0], hidden[::-1])
        self.reach = nn.Parameter(torch.zeros(()))

    def energy(self, x: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
        """Squared errors of all nodes' features and cross-entropies of all pairs, per node."""
        graphs = self.layout.graphs(x)
        nodes, weights, mask = graphs
        latent = self._encoded(graphs)
        seen = torch.cat([latent, _mean(latent, mask)[:, None].expand_as(latent)], dim=2)
        errors = (self.to_node(seen) - nodes).square().sum(dim=2) * mask
        logits = self.reach - _distances(self.to_place(seen))
        entropies = (softplus(logits) - weights * logits) * between(mask)
        return (errors.sum(dim=1) + entropies.sum(dim=(1, 2)) / 2) / mask.sum(dim=1)

    def given(self, n: int) -> Float[Tensor, "n K"]:
        """Masks of graphs as large as those of the data."""
        drawn = torch.multinomial(self.sizes, n, replacement=True)
        return (torch.arange(self.layout.nodes, device=drawn.device) < drawn[:, None]).to(self.sizes)

    def coordinates(self, x: Float[Tensor, "B D"]) -> Float[Tensor, "B C"]:
        """What a graph is like as a whole: no order of nodes is in it, and too few numbers for all to be far apart.

        Mean and spread of the nodes' features, how much the two ends of an edge differ in each, and mean and spread of
        how many edges a node has.
        """
        nodes, weights, mask = self.layout.graphs(x)
        ends = (nodes[:, :, None] - nodes[:, None]).abs() * weights[..., None]
        differences = ends.sum(dim=(1, 2)) / (weights.sum(dim=(1, 2))[:, None] + 1e-6)
        degree = weights.sum(dim=2, keepdim=True)
        return torch.cat([*_mean_and_spread(nodes, mask), differences, *_mean_and_spread(degree, mask)], dim=1)

    def _encoded(self, graphs: Graphs) -> Float[Tensor, "B K L"]:
        nodes, weights, mask = graphs
        state = silu(self.embedding(nodes)) * mask[..., None]
        for step in self.steps:
            around = [state, weights @ state, _mean(state, mask)[:, None].expand_as(state)]
            state = silu(step(torch.cat(around, dim=2))) * mask[..., None]
        latent: Tensor = self.to_latent(state)
        return latent


def _distances(places: Float[Tensor, "B K H"]) -> Float[Tensor, "B K K"]:
    """Squared."""
    products = places @ places.transpose(1, 2)
    lengths = products.diagonal(dim1=1, dim2=2)
    return lengths[:, :, None] + lengths[:, None] - 2 * products


def _mean(values: Float[Tensor, "B K F"], mask: Float[Tensor, "B K"]) -> Float[Tensor, "B F"]:
    """Over the nodes that exist."""
    return (values * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


def _mean_and_spread(values: Float[Tensor, "B K F"], mask: Float[Tensor, "B K"]) -> tuple[Tensor, Tensor]:
    mean = _mean(values, mask)
    return mean, _mean((values - mean[:, None]).square(), mask).sqrt()
