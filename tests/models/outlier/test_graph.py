"""Energies of graphs belong to the graph, and what is drawn are trees."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import awkward as ak
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.outlier_events import Trees
from resonaut.errors import ConfigError, FitError
from resonaut.features.lund import COORDINATES
from resonaut.models.networks.graph_autoencoder import GraphAutoencoderNetwork
from resonaut.models.outlier.graph import NormalisedGraphAutoencoder
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.outlier.lund_trees import is_binary, is_tree, likeliest_tree, rooted
from resonaut.models.outlier.negatives import Replay
from resonaut.models.training import Trainer, seeded
from resonaut.registry import read_config

ROOM = 6
TRAINER = Trainer(epochs=2, batch_size=128, learning_rate=3e-3, validation_fraction=0.25, device="cpu")
QUICK = NormalisedGraphAutoencoder(
    splittings=ROOM, hidden=(8, 8), langevin=Langevin(steps=3, noise=0.3), trainer=TRAINER, pretraining=TRAINER
)


@pytest.fixture(scope="module")
def fitted():
    return replace(QUICK).fit(Trees.ordinary(400, seed=1), seed=1)


def network(room):
    """The same weights, for graphs of at most so many nodes."""
    with seeded(1):
        return GraphAutoencoderNetwork(4, (8, 8), 2, torch.ones(room + 1)).double()


def relaxed(n, room, rng):
    """A random relaxed graph of n nodes as nodes, symmetric numbers of pairs, and mask."""
    pairs = rng.uniform(-3, 3, (room, room))
    return rng.normal(size=(room, 4)), np.triu(pairs, 1) + np.triu(pairs, 1).T, np.arange(room) < n


def row(nodes, pairs, mask):
    first, second = np.triu_indices(len(nodes), 1)
    return torch.from_numpy(np.concatenate([nodes.ravel(), pairs[first, second], mask]))[None]


@given(st.integers(1, ROOM), st.integers(0, 2**32 - 1), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_the_nodes_does_not_matter(n, seed, random):
    graph, model = relaxed(n, ROOM, np.random.default_rng(seed)), network(ROOM)
    order = random.sample(range(ROOM), ROOM)  # missing nodes change places, too
    nodes, pairs, mask = graph
    shuffled = row(nodes[order], pairs[np.ix_(order, order)], mask[order])
    for of in (model.energy, model.coordinates):
        np.testing.assert_allclose(of(shuffled).detach(), of(row(*graph)).detach(), rtol=1e-9, atol=1e-12)


@given(st.integers(1, ROOM), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_neither_room_nor_what_stands_in_it_matters(n, seed):
    rng = np.random.default_rng(seed)
    nodes, pairs, mask = relaxed(n, ROOM, rng)
    wide = relaxed(n, ROOM + 3, rng)
    wide[0][:n], wide[1][:n, :n] = nodes[:n], pairs[:n, :n]
    for of in ("energy", "coordinates"):
        narrow, wider = getattr(network(ROOM), of)(row(nodes, pairs, mask)), getattr(network(ROOM + 3), of)(row(*wide))
        np.testing.assert_allclose(narrow.detach(), wider.detach(), rtol=1e-9, atol=1e-12)


def test_both_nodes_and_edges_count():
    nodes, pairs, mask = relaxed(4, ROOM, np.random.default_rng(1))
    model = network(ROOM)
    x = row(nodes, pairs, mask).requires_grad_()
    (slope,) = torch.autograd.grad(model.energy(x).sum(), x)
    first, second = np.triu_indices(ROOM, 1)
    moves = np.concatenate([np.repeat(mask, 4), mask[first] & mask[second]])
    np.testing.assert_array_equal(slope[0, : model.moving].numpy() != 0, moves)


def test_chains_keep_the_sizes_of_their_graphs():
    model = network(ROOM)
    with seeded(1):
        chains = Replay(Langevin(steps=2, noise=0.3), model)
        before = chains.chains[:, model.moving :].clone()
        for _ in range(3):
            drawn = chains.draw(model, torch.zeros(50, chains.chains.shape[1]).double())
    np.testing.assert_array_equal(chains.chains[:, model.moving :], before)
    sizes = drawn[:, model.moving :].sum(dim=1)
    assert sizes.min() >= 0
    assert len(sizes.unique()) > 1


def test_the_likeliest_tree_is_the_best_of_all():
    """Cayley: five nodes have 5^3 trees, one for each sequence of three of them (Prüfer)."""
    rng = np.random.default_rng(1)
    weights = rng.uniform(0, 1, (5, 5))
    weights = (weights + weights.T) / 2
    sums = [sum(weights[edge] for edge in tree_of(code)) for code in product(range(5), repeat=3)]
    assert len(sums) == 125
    best = likeliest_tree(weights)
    assert is_tree(best)
    assert np.triu(weights * best, 1).sum() == pytest.approx(max(sums))


def tree_of(code):
    """The edges that a Prüfer sequence stands for."""
    degree = [1 + code.count(node) for node in range(len(code) + 2)]
    edges = []
    for node in code:
        leaf = degree.index(1)
        edges.append((leaf, node))
        degree[leaf] -= 1
        degree[node] -= 1
    last = [node for node, left in enumerate(degree) if left == 1]
    return [*edges, tuple(last)]


def test_what_is_no_tree_is_told():
    path = np.eye(4, k=1, dtype=bool)
    path |= path.T
    assert is_tree(path)
    circle = path.copy()
    circle[0, 3] = circle[3, 0] = True
    assert not is_tree(circle)
    circle[0, 1] = circle[1, 0] = circle[2, 3] = circle[3, 2] = False  # 0-3 and 1-2
    assert not is_tree(circle)
    assert is_tree(np.zeros((1, 1), dtype=bool))
    star = np.zeros((5, 5), dtype=bool)
    star[0, 1:] = star[1:, 0] = True
    assert is_tree(star)
    assert not is_binary(rooted(star, 0))
    assert not is_binary(rooted(star, 1))
    assert is_binary(rooted(path, 1))


def test_trees_survive_the_way_to_the_network_and_back(fitted):
    x = Trees.ordinary(100, seed=2)
    kept = fitted._hardest(x)
    again = fitted._events(fitted._rows(x))
    assert ak.num(again.parent).to_list() == ak.num(kept.parent).to_list()
    for one, other in zip(kept, again, strict=True):
        edges = []
        for tree in (one, other):
            values = np.stack([ak.to_numpy(tree[name]) for name in COORDINATES], axis=1).round(9)
            parent = ak.to_numpy(tree.parent)
            ends = [sorted([tuple(values[i]), tuple(values[p])]) for i, p in enumerate(parent) if p >= 0]
            edges.append(sorted(ends))
        assert edges[0] == edges[1]


def test_samples_are_trees(fitted):
    x = Trees.ordinary(400, seed=1)
    drawn = fitted.sample(60, seed=1)
    counts = ak.to_numpy(ak.num(drawn.parent))
    assert set(counts) <= set(np.minimum(ak.to_numpy(ak.num(x.parent)), ROOM))
    for tree in drawn:
        parent, width = ak.to_numpy(tree.parent), ak.to_numpy(tree.ln_inverse_delta)
        assert parent[0] == -1
        assert (parent[1:] >= 0).all()
        assert (parent[1:] < np.arange(1, len(parent))).all()  # so they are connected, and no circle is closed
        assert width[0] == width.min()
    rates = fitted.valid_trees(60, seed=1)
    assert 0 <= rates.thresholded <= 1
    assert fitted.valid_trees_of(drawn) == (1.0, rates.binary)
    children = [np.bincount(ak.to_numpy(tree.parent)[1:], minlength=1).max() for tree in drawn]
    assert rates.binary == pytest.approx(np.mean(np.array(children) <= 2))


def test_only_the_hardest_declusterings_are_looked_at(fitted):
    x = Trees.ordinary(50, seed=3)
    wide = x[ak.num(x.parent) == 8]
    softest = ak.argmin(wide.ln_kt[:, 1:], axis=1, keepdims=True) + 1
    changed = ak.where(ak.local_index(wide.ln_kt) == softest, wide.ln_kt - 5, wide.ln_kt)
    np.testing.assert_array_equal(fitted.score(ak.with_field(wide, changed, "ln_kt")), fitted.score(wide))
    np.testing.assert_array_equal(fitted.score(fitted._hardest(wide)), fitted.score(wide))


def test_the_simplest_jets_have_a_score(fitted):
    single = Trees.ordinary(5, seed=1)[:, :1]
    assert np.isfinite(fitted.score(single)).all()


def test_jets_without_splittings_are_refused_in_words(fitted):
    x = Trees.ordinary(400, seed=1)
    empty = ak.concatenate([x[:398], x[:2, :0]])
    for use in (fitted.score, QUICK.fit):
        with pytest.raises(FitError, match="2 of 400 jets have no splitting"):
            use(empty)
    flat = ak.with_field(x, ak.zeros_like(x.ln_m), "ln_m")
    with pytest.raises(FitError, match=r"ln_m is 0 in all .* declusterings"):
        QUICK.fit(flat, seed=1)


def test_it_takes_the_place_of_no_detector_of_tables():
    assert isinstance(read_config("outlier", "ngae", or_kind="graph-outlier"), NormalisedGraphAutoencoder)
    with pytest.raises(ConfigError, match="outlier 'ngae' is unknown; choose from ae, nae, wnae"):
        read_config("search", {"name": "outlier", "detector": "ngae"})
    with pytest.raises(ConfigError, match="start"):
        read_config("graph-outlier", {"name": "ngae", "start": "manifold"})
