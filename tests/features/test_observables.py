"""Columns by name: all there, in order, each the same whoever else is asked for."""

import awkward as ak
import numpy as np
import pytest

from features.oracle import random_jets
from resonaut.errors import ConfigError
from resonaut.features.observables import FAMILIES, FEATURES, computable, compute_features
from resonaut.features.sets import FEATURE_SETS


@pytest.fixture(scope="module")
def pairs() -> dict[str, object]:
    """Twelve events of two jets."""
    jets = random_jets(np.random.default_rng(8), 24)
    mass = np.random.default_rng(9).uniform(10, 500, (12, 2))
    return {"mass": mass, "constituents": ak.unflatten(jets, np.full(12, 2))}


@pytest.mark.parametrize(("name", "size"), [("baseline", 4), ("extended1", 10), ("extended2", 12), ("extended3", 56)])
def test_sets_have_the_published_sizes_and_can_be_made(name, size, pairs):
    columns = compute_features(name, **pairs)
    assert tuple(columns) == FEATURE_SETS[name]
    assert len(columns) == size
    assert all(len(values) == 12 and np.isfinite(values).all() for values in columns.values())


def test_a_column_is_the_same_alone_and_among_all_others(pairs):
    together = compute_features(FEATURES, **pairs)
    assert tuple(together) == FEATURES
    for column in FEATURES:
        np.testing.assert_array_equal(compute_features([column], **pairs)[column], together[column])


def test_no_two_columns_are_the_same_thing(pairs):
    values = np.stack(list(compute_features(FEATURES, **pairs).values()))
    assert len(np.unique(values.round(12), axis=0)) == len(FEATURES)


def test_1_is_the_lighter_jet_whichever_is_the_first(pairs):
    names = ["msd_1", "c2_b10_2", "tau43_1", "mj1", "delta_mj"]
    before = compute_features(names, **pairs)
    swapped = compute_features(names, mass=pairs["mass"][:, ::-1], constituents=pairs["constituents"][:, ::-1])
    for name in names:
        np.testing.assert_array_equal(before[name], swapped[name])


def test_ratios_follow_the_olympics_convention(pairs):
    taus = compute_features(["tau54_2", "tau5_b10_2", "tau4_b10_2"], **pairs)
    np.testing.assert_allclose(taus["tau54_2"], taus["tau5_b10_2"] / (taus["tau4_b10_2"] + 1e-5))


def test_names_are_unique_and_a_wrong_one_is_answered_with_the_nearest():
    assert len(set(FEATURES)) == len(FEATURES)
    assert all(name for family in FAMILIES for name in family.names)
    with pytest.raises(ConfigError, match=r"'tau21_b10_1' \(did you mean 'tau\d_b10_1'\?\)"):
        computable(["tau21_b10_1"])
    with pytest.raises(ConfigError, match="extended3"):
        computable("extended4")
