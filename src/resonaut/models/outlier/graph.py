"""The normalised autoencoder of graphs: a jet is the tree of its declusterings, not a handful of observables.

Nodes are the Lund coordinates of the declusterings, edges say which came out of which. p(graph) is p(how many nodes)
times exp(-E / T) of nodes and edges, the latter relaxed to (0, 1) so that one Langevin chain moves both
(`resonaut.models.networks.graph_layout`); how many nodes there are is taken from the data and not judged. The
training is that of any normalised autoencoder.

No code of this is public. Choices that are ours: Lund coordinates for nodes, one number a pair for edges (which have no
direction), energies per node, and the distance between samples and data, taken in what graphs are like as a whole
(`GraphAutoencoderNetwork.coordinates`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import awkward as ak
import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from resonaut.errors import FitError
from resonaut.features.lund import COORDINATES, hardest_tree
from resonaut.models.networks.graph_autoencoder import GraphAutoencoderNetwork
from resonaut.models.networks.graph_layout import GraphLayout
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.outlier.lund_trees import RootedTree, is_binary, is_tree, likeliest_tree, rooted
from resonaut.models.outlier.normalised import EnergyDifference, trainer_of_density
from resonaut.models.outlier.table import bottleneck, refuse_constant
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import register

__all__ = ["NormalisedGraphAutoencoder", "ValidTrees"]

Array = np.ndarray
WIDTH = COORDINATES.index("ln_inverse_delta")


class ValidTrees(NamedTuple):
    """Which shares of samples are trees.

    Args:
        thresholded: Edges above one half are a tree as they are.
        binary: The likeliest tree, which every sample has, has at most two branches everywhere.
    """

    thresholded: float
    binary: float


@register("graph-outlier", "ngae")
@dataclass(kw_only=True)
class NormalisedGraphAutoencoder(EnergyDifference[ak.Array]):
    """Reconstructs the features of all declusterings of a jet and the edges between them.

    Events are Lund trees, as `resonaut.features.lund.lund_tree` makes them, of one declustering or more.

    Args:
        splittings: At most so many declusterings of a jet: the first and those of largest kT.
        hidden: Widths of the encoder's message-passing steps.
        latent: Numbers a declustering in the middle; None is two thirds of its four coordinates.
        scaling: Of the coordinates.
        langevin: Temperature and noise are those of tables, with the energy summed over features and edges of a node.
        start: "replay" or "data".

    References:
        Seidita (for CMS), Advanced anomaly detection algorithms to search for semivisible jets (talk; the proposal)
        Yoon, Noh, Park, ICML 2021, arXiv:2105.05735
        Dreyer, Qu (trees as graphs), JHEP 03 (2021) 052, arXiv:2012.08526
    """

    splittings: Annotated[int, Field(ge=2)] = 16
    hidden: Annotated[tuple[int, ...], Field(min_length=1)] = (32, 32)
    langevin: Langevin = field(default_factory=lambda: Langevin(steps=20, noise=0.2, temperature=0.03))
    start: Literal["replay", "data"] = "replay"
    # In so many dimensions chains from noise take long to arrive.
    arrived: bool = True
    pretraining: Trainer = field(
        default_factory=lambda: Trainer(
            epochs=20, batch_size=128, learning_rate=3e-3, validation_fraction=0.2, device="cpu"
        )
    )

    trainer: Trainer = field(
        default_factory=lambda: replace(
            trainer_of_density(learning_rate=3e-4), epochs=60, batch_size=128, ema=0.995, patience=20
        )
    )

    needs: ClassVar[frozenset[str]] = frozenset({"particles"})

    def valid_trees(self, n: int = 1000, *, seed: Seed = None) -> ValidTrees:
        """How many of n samples are trees."""
        return self._valid(self._drawn(n, seed))

    def valid_trees_of(self, x: ak.Array) -> ValidTrees:
        """How many of these, whose declusterings beyond the hardest are left out and which are hung up anew."""
        return self._valid(self._rows(x))

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        return {"sizes": self.sizes_, **super().state()}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave."""
        self.sizes_ = state["sizes"]
        return super().load_state(state)

    def _learn_scale(self, x: ak.Array) -> None:
        trees = self._hardest(x)
        nodes = _coordinates(trees)
        self.scaling_ = replace(self.scaling).fit(nodes)  # type: ignore[type-var]
        refuse_constant(nodes, "declusterings", list(COORDINATES))
        self.n_features_ = len(COORDINATES)
        counts = np.bincount(ak.to_numpy(ak.num(trees, axis=1)), minlength=self.splittings + 1)
        self.sizes_ = torch.from_numpy(counts).float()

    def _autoencoder(self) -> GraphAutoencoderNetwork:
        latent = bottleneck(self.latent, self.n_features_)
        return GraphAutoencoderNetwork(self.n_features_, self.hidden, latent, self.sizes_)

    @property
    def _layout(self) -> GraphLayout:
        return GraphLayout(self.splittings, len(COORDINATES))

    def _hardest(self, x: ak.Array) -> ak.Array:
        if empty := int(ak.sum(ak.num(x, axis=1) == 0)):
            raise FitError(f"{empty} of {len(x)} jets have no splitting (fewer than two particles); leave them out")
        return hardest_tree(x, self.splittings)

    def _rows(self, x: ak.Array) -> Float[Tensor, "N D"]:
        trees = self._hardest(x)
        counts = ak.to_numpy(ak.num(trees, axis=1))
        mask = np.arange(self.splittings) < counts[:, None]
        nodes = np.zeros((*mask.shape, len(COORDINATES)))
        nodes[mask] = self.scaling_.transform(_coordinates(trees))
        parent = np.full(mask.shape, -1)
        parent[mask] = ak.to_numpy(ak.flatten(trees.parent, axis=1))
        edges = parent[:, :, None] == np.arange(self.splittings)
        return self._layout.row(*(torch.from_numpy(values) for values in (nodes, edges, mask)))

    def _events(self, rows: Float[Tensor, "N D"]) -> ak.Array:
        drawn = list(self._trees(rows))
        nodes = self.scaling_.inverse(np.concatenate([nodes[tree.order] for nodes, tree in drawn]))
        columns = dict(zip(COORDINATES, nodes.T, strict=True))
        columns["parent"] = np.concatenate([tree.parent for _, tree in drawn])
        return ak.unflatten(ak.zip(columns), [len(nodes) for nodes, _ in drawn])

    def _valid(self, rows: Float[Tensor, "N D"]) -> ValidTrees:
        thresholded = [is_tree(weights > 0.5) for _, weights in self._graphs(rows)]
        binary = [is_binary(tree) for _, tree in self._trees(rows)]
        return ValidTrees(float(np.mean(thresholded)), float(np.mean(binary)))

    def _trees(self, rows: Float[Tensor, "N D"]) -> Iterator[tuple[Float[Array, "n F"], RootedTree]]:
        """Each graph's scaled nodes, and its likeliest tree."""
        for nodes, weights in self._graphs(rows):
            yield nodes, rooted(likeliest_tree(weights), int(nodes[:, WIDTH].argmin()))

    def _graphs(self, rows: Float[Tensor, "N D"]) -> Iterator[tuple[Float[Array, "n F"], Float[Array, "n n"]]]:
        """Each graph's scaled nodes, and the weights between them."""
        graphs = self._layout.graphs(rows)
        counts = graphs.mask.sum(dim=1).int().tolist()
        for nodes, weights, n in zip(graphs.nodes.numpy(), graphs.weights.numpy(), counts, strict=True):
            yield nodes[:n], weights[:n, :n]


def _coordinates(trees: ak.Array) -> Float[Array, "P F"]:
    flat = ak.flatten(trees, axis=1)
    return np.stack([ak.to_numpy(flat[name]) for name in COORDINATES], axis=1)
