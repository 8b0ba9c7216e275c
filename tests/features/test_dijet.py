"""The table of dijet events: names, orders of the jets, and values against the definition."""

import awkward as ak
import numpy as np
import pytest

from resonaut.errors import ConfigError
from resonaut.features.clustering import Dijets, JetClustering, massless
from resonaut.features.dijet import dijet_table
from resonaut.features.jets import FlatJets
from resonaut.features.nsubjettiness import nsubjettiness
from resonaut.features.sets import FEATURE_SETS, resolve


@pytest.fixture(scope="module")
def dijets() -> Dijets:
    """Two-pronged against broad jets, at random which of them has the larger pT."""
    rng = np.random.default_rng(5)
    n_events, n_particles = 40, 20
    shape = (n_events, 2, n_particles)
    pt = rng.exponential(1.0, shape)
    pt *= rng.uniform(1250, 1800, (n_events, 2, 1)) / pt.sum(axis=2, keepdims=True)
    eta = rng.uniform(0.02, 0.3, (n_events, 2, 1)) * rng.standard_normal(shape)
    phi = rng.uniform(0.02, 0.3, (n_events, 2, 1)) * rng.standard_normal(shape) + np.array([0, np.pi])[:, None]
    return JetClustering().cluster(massless(*(ak.Array(x.reshape(n_events, -1)) for x in (pt, eta, phi))))


def test_features_are_ordered_by_mass_and_jets_by_pt(dijets):
    table = dijet_table(dijets).to_pandas()
    assert tuple(table.columns[:6]) == ("event", "mjj", *FEATURE_SETS["baseline"])
    masses = table[["jet1_mass", "jet2_mass"]].to_numpy()
    assert np.all(table.jet1_pt >= table.jet2_pt)
    assert 0 < np.mean(masses[:, 0] > masses[:, 1]) < 1  # both orders occur, or this test would prove little
    np.testing.assert_allclose(table.mj1, masses.min(axis=1))
    np.testing.assert_allclose(table.mj1 + table.delta_mj, masses.max(axis=1))
    for row, lighter in enumerate(np.argmin(masses, axis=1)):
        for column, jet in (("tau21_1", lighter), ("tau21_2", 1 - lighter)):
            tau1, tau2 = nsubjettiness(FlatJets.of(dijets.constituents[row : row + 1, jet]))[0, 0]
            assert table[column][row] == pytest.approx(tau2 / (1e-5 + tau1))


def test_dijet_mass_from_jets_columns(dijets):
    """mjj^2 from (pt, eta, phi, m) of the two jets by hand."""
    table = dijet_table(dijets).to_pandas()
    momenta = []
    for jet in ("jet1", "jet2"):
        pt, eta, phi, mass = (table[f"{jet}_{name}"].to_numpy() for name in ("pt", "eta", "phi", "mass"))
        p3 = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
        momenta.append(np.vstack([np.sqrt((p3**2).sum(axis=0) + mass**2), p3]))
    e, px, py, pz = momenta[0] + momenta[1]
    np.testing.assert_allclose(table.mjj, np.sqrt(e**2 - px**2 - py**2 - pz**2), rtol=1e-10)


def test_event_ids_and_labels_are_those_of_the_selected_events(dijets):
    picked = Dijets(
        index=np.array([4, 7]),
        **{name: getattr(dijets, name)[:2] for name in ("px", "py", "pz", "e", "constituents", "missing")},
    )
    table = dijet_table(picked, event=np.arange(100, 110), label=np.arange(10) % 2).to_pydict()
    assert table["event"] == [104, 107]
    assert table["label"] == [0, 1]
    assert "label" not in dijet_table(picked).column_names


def test_constituents_rebuild_the_jet_in_single_precision(dijets):
    table = dijet_table(dijets, constituents=True)
    for jet in (1, 2):
        pt, eta, phi = (ak.from_arrow(table[f"jet{jet}_constituent_{name}"]) for name in ("pt", "eta", "phi"))
        assert ak.all(pt[:, 1:] <= pt[:, :-1])
        assert ak.to_numpy(ak.num(pt)).tolist() == table[f"jet{jet}_n"].to_pylist()
        momenta = massless(pt, eta, phi)
        jet_pt = np.hypot(ak.sum(momenta.px, axis=1), ak.sum(momenta.py, axis=1))
        np.testing.assert_allclose(jet_pt, table[f"jet{jet}_pt"], rtol=1e-5)


def test_missing_momentum_balances_all_particles():
    """Three particles of which the third is in no hard jet: met is minus the vector sum of all."""
    pt, eta, phi = [[1500.0, 1300.0, 30.0]], [[0.1, -0.3, 1.5]], [[0.0, 3.0, 1.5]]
    table = dijet_table(JetClustering().cluster(massless(ak.Array(pt), ak.Array(eta), ak.Array(phi))))
    x, y = -(np.array(pt) * np.cos(phi)).sum(), -(np.array(pt) * np.sin(phi)).sum()
    np.testing.assert_allclose(table["met"].to_pylist(), [np.hypot(x, y)])
    np.testing.assert_allclose(table["met_phi"].to_pylist(), [np.arctan2(y, x)])


def test_single_columns_can_be_asked_for(dijets):
    table = dijet_table(dijets, features=["tau21_2", "mj1"])
    assert table.column_names[2:4] == ["tau21_2", "mj1"]
    assert "delta_mj" not in table.column_names


@pytest.mark.parametrize(
    ("features", "message"),
    [("basline", "baseline"), ([], "at least one"), (["mj1", "mj1"], "mj1"), (["girth"], "delta_mj")],
)
def test_what_cannot_be_made_is_refused_with_what_can(dijets, features, message):
    with pytest.raises(ConfigError, match=message):
        dijet_table(dijets, features)


def test_users_columns_pass_as_they_are():
    assert resolve(["a", "b"]) == ("a", "b")
    assert resolve("baseline") == ("mj1", "delta_mj", "tau21_1", "tau21_2")


def test_sets_can_be_listed_and_share_their_columns():
    together = resolve("baseline,extended1,extended3,jet1_pt")
    assert together[:4] == resolve("baseline")
    assert set(together) == {*resolve("baseline"), *resolve("extended1"), *resolve("extended3"), "jet1_pt"}
    assert len(together) == len(set(together)) == 65
