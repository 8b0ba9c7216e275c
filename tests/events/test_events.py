"""Events account for every event they were given, and samples show a search only what it may see."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from resonaut.errors import EventsError
from resonaut.events.events import Events, Samples

VALUES = st.floats(width=32) | st.sampled_from([np.nan, np.inf])


def events(n=5, *, names=("a", "b"), labels=True, first_id=0):
    """n events that can be told apart."""
    rows = np.arange(n, dtype=float)
    return Events(
        mass=3000 + rows,
        features=np.stack([rows + 10 * column for column in range(len(names))], axis=1),
        names=tuple(names),
        ids=np.arange(n) + first_id,
        labels=np.arange(n) % 2 if labels else None,
    )


@settings(deadline=None)
@given(table=hnp.arrays(float, st.tuples(st.integers(1, 12), st.just(3)), elements=VALUES))
def test_every_event_is_kept_or_counted_once(table):
    finite = np.isfinite(table)
    given_ = {"mass": table[:, 0], "features": table[:, 1:], "names": ["a", "b"], "ids": np.arange(len(table)) + 7}
    if not finite.any(axis=0).all():
        with pytest.raises(EventsError, match=r"column '(mjj|a|b)' has no usable value"):
            Events.usable(**given_)
        return
    usable = Events.usable(**given_, exclusions={"fewer than two jets": 3})
    good = finite.all(axis=1)
    assert usable.ids.tolist() == (np.flatnonzero(good) + 7).tolist()
    assert usable.n_unusable == (~good).sum() + 3
    np.testing.assert_array_equal(usable.features, table[good, 1:])
    # Under the first of its columns that cannot be used.
    assert usable.exclusions.get("mjj is NaN or infinite", 0) == (~finite[:, 0]).sum()
    assert usable.exclusions.get("b is NaN or infinite", 0) == (finite[:, 0] & finite[:, 1] & ~finite[:, 2]).sum()


@settings(deadline=None)
@given(mask=hnp.arrays(bool, 5))
def test_a_mask_and_its_complement_divide_the_events(mask):
    whole = events(5)
    one, two = whole[mask], whole[~mask]
    assert sorted([*one.ids, *two.ids]) == whole.ids.tolist()
    assert (one.mass == whole.mass[mask]).all()
    assert (two.labels == whole.labels[~mask]).all()
    assert (whole[np.flatnonzero(mask)].features == one.features).all()
    assert len(whole[1:3]) == 2


def test_columns_by_name_and_the_mass_as_context():
    sample = events(4)
    assert sample.feature("b").tolist() == [10, 11, 12, 13]
    assert sample.context.tolist() == [[3000], [3001], [3002], [3003]]
    with pytest.raises(ValueError, match="not in tuple"):
        sample.feature("c")


def test_joined_events_keep_order_and_labels_only_where_all_are_known():
    joined = Events.concatenate([events(3), events(2, first_id=3)])
    assert joined.ids.tolist() == [0, 1, 2, 3, 4]
    assert joined.labels.tolist() == [0, 1, 0, 0, 1]
    assert Events.concatenate([events(3), events(2, labels=False)]).labels is None
    with pytest.raises(EventsError, match="only events with the same columns"):
        Events.concatenate([events(3), events(2, names=("b", "a"))])
    with pytest.raises(EventsError, match="none at all"):
        Events.concatenate([])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": np.zeros((5, 3))}, r"shape \(5, 3\), but there are 5 masses and 2 names"),
        ({"features": np.zeros((4, 2))}, r"shape \(4, 2\), but there are 5 masses"),
        ({"ids": np.arange(4)}, r"ids have shape \(4,\) for 5 events"),
        ({"labels": np.zeros(6)}, r"labels have shape \(6,\) for 5 events"),
        ({"mass": np.array([1, 2, np.nan, 4, 5])}, "NaN or infinite values; build the events with Events.usable"),
        ({"features": np.full((5, 2), np.inf)}, "NaN or infinite values; build the events with Events.usable"),
    ],
)
def test_shapes_and_values_that_cannot_be_are_refused(change, message):
    fields = {"mass": np.arange(5.0), "features": np.zeros((5, 2)), "names": ("a", "b")}
    Events(**fields)
    with pytest.raises(EventsError, match=message):
        Events(**{**fields, **change})


def test_blinded_samples_know_no_truth_that_was_not_asked_for():
    samples = Samples(data=events(), background=events(), signal=events())
    blind = samples.blinded()
    assert blind.data.labels is None
    assert (blind.background, blind.signal) == (None, None)
    assert blind.data.features is samples.data.features
    asked = samples.blinded(frozenset({"background"}))
    assert asked.background is samples.background
    assert asked.signal is None
    assert asked.data.labels is None
    assert samples.data.labels is not None


def test_a_truth_that_is_not_there_is_refused_by_name():
    with pytest.raises(EventsError, match="known to be background and signal, and there are none"):
        Samples(data=events()).blinded(frozenset({"signal", "background"}))
