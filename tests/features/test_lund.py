"""Lund declusterings: FastJet's primary plane, and trees that hang together."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.oracle import fastjet_momenta, random_jets
from resonaut.features.clustering import massless
from resonaut.features.jets import FlatJets
from resonaut.features.lund import hardest_tree, lund_tree, primary_plane


@pytest.fixture(scope="module")
def jets() -> ak.Array:
    return random_jets(np.random.default_rng(7), 120)


def test_the_primary_plane_is_fastjets(jets):
    import fastjet

    momenta = fastjet_momenta(jets)
    whole = fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))
    theirs = whole.exclusive_jets_lund_declusterings(1)[:, 0]
    ours = primary_plane(lund_tree(FlatJets.of(jets)))
    assert ak.num(ours).to_list() == ak.num(theirs).to_list()
    np.testing.assert_allclose(ak.flatten(np.exp(-ours.ln_inverse_delta)), ak.flatten(theirs.Delta), rtol=1e-7)
    np.testing.assert_allclose(ak.flatten(np.exp(ours.ln_kt)), ak.flatten(theirs.kt), rtol=1e-7)


def test_every_tree_hangs_together(jets):
    """n - 1 declusterings, each but the first named once, by its parent; and n single particles at the ends."""
    tree = lund_tree(FlatJets.of(jets))
    assert ak.num(tree).to_list() == (ak.num(jets.px) - 1).to_list()
    for jet in tree:
        parent, harder, softer = (ak.to_numpy(jet[name]) for name in ("parent", "harder", "softer"))
        n = len(parent)
        if not n:
            continue
        assert parent[0] == -1
        assert np.all(parent[1:] < np.arange(1, n))
        children = np.concatenate([harder, softer])
        assert sorted(children[children >= 0]) == list(range(1, n))
        assert (children == -1).sum() == n + 1
        for branch in (harder, softer):
            assert np.all(parent[branch[branch >= 0]] == np.flatnonzero(branch >= 0))


def test_three_particles_by_hand():
    """1 and 2 are 0.1 apart in azimuth, and 3 is 0.5 from them in rapidity."""
    pt, eta, phi = [60.0, 40.0, 25.0], [0.0, 0.0, 0.5], [0.0, 0.1, 0.04]
    (tree,) = lund_tree(FlatJets.of(massless(*(ak.Array([x]) for x in (pt, eta, phi))))).to_list()
    wide, narrow = tree
    # The pair's rapidity is 0; at 40:60 its azimuth is 0.04 but for terms of order 0.1^3.
    assert wide["ln_inverse_delta"] == pytest.approx(-np.log(0.5), abs=1e-3)
    assert wide["ln_kt"] == pytest.approx(np.log(25 * 0.5), abs=1e-3)
    assert wide["ln_inverse_z"] == pytest.approx(np.log(125 / 25), abs=1e-3)
    assert abs(wide["psi"]) == pytest.approx(np.pi / 2, abs=1e-2)
    assert (wide["parent"], wide["harder"], wide["softer"]) == (-1, 1, -1)
    assert narrow["ln_inverse_delta"] == pytest.approx(-np.log(0.1))
    assert narrow["ln_kt"] == pytest.approx(np.log(40 * 0.1))
    assert narrow["ln_inverse_z"] == pytest.approx(np.log(100 / 40))
    assert narrow["ln_m"] == pytest.approx(np.log(np.sqrt(2 * 60 * 40 * (1 - np.cos(0.1)))))
    assert narrow["psi"] == pytest.approx(0.0)
    assert (narrow["parent"], narrow["harder"], narrow["softer"]) == (0, -1, -1)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 1.0, 1e4]), st.sampled_from([0.0, 0.5, 200.0]), st.just(1.0)), max_size=9
    )
)
def test_degenerate_jets_have_finite_declusterings(particles):
    jets = FlatJets.of(massless(*(ak.Array([[1.0], [p[k] for p in particles]])[1:] for k in range(3))))
    tree = lund_tree(jets)
    assert ak.num(tree).to_list() == [max(sum(p[0] > 0 for p in particles) - 1, 0)]
    for name in ("ln_inverse_delta", "ln_kt", "ln_inverse_z", "ln_m", "psi"):
        assert np.isfinite(ak.to_numpy(ak.flatten(tree[name]))).all()
    assert ak.all(primary_plane(tree).parent < ak.num(tree))


@pytest.mark.parametrize("n", [1, 2, 5, 100])
def test_the_hardest_declusterings_are_a_tree(jets, n):
    whole = lund_tree(FlatJets.of(jets))
    for before, after in zip(whole, hardest_tree(whole, n), strict=True):
        parent = ak.to_numpy(after.parent)
        assert len(after) == min(n, len(before))
        if not len(parent):
            continue
        assert parent[0] == -1
        assert np.all((parent[1:] >= 0) & (parent[1:] < np.arange(1, len(parent))))
        others = np.sort(ak.to_numpy(before.ln_kt)[1:])[::-1][: n - 1]
        np.testing.assert_array_equal(np.sort(ak.to_numpy(after.ln_kt)[1:])[::-1], others)
        # Whoever is joined was below before: every kept ancestor is found again.
        number = {value: i for i, value in enumerate(ak.to_list(before.ln_inverse_delta))}
        kept = [number[value] for value in ak.to_list(after.ln_inverse_delta)]
        above = ak.to_list(before.parent)
        for i, at in enumerate(kept[1:], start=1):
            at = above[at]
            while at not in kept:
                at = above[at]
            assert kept[parent[i]] == at


def test_nothing_is_lost_of_a_small_tree(jets):
    whole = lund_tree(FlatJets.of(jets))
    assert ak.all(hardest_tree(whole, 100).parent == whole.parent)
