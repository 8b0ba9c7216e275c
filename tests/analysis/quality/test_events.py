"""What a density is held against was not learnt from, and is background as far as anyone knows."""

from __future__ import annotations

import numpy as np
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.quality.events import RealEvents
from resonaut.analysis.settings import QualitySettings
from resonaut.errors import EventsError
from resonaut.events.events import Events
from resonaut.searches.regions import Region

REGION = Region()


def test_nobody_is_in_two_parts(few_events: Events) -> None:
    split = RealEvents.of(few_events, REGION).split(0.43, seed=1)
    learnt, held_out = set(split.training.ids), set(split.sideband.real.ids)
    assert not learnt & held_out
    assert set(split.sideband.other.ids) <= learnt
    assert not set(split.signal_region.real.ids) & set(split.signal_region.other.ids)
    for pair in split.pairs.values():
        assert len(pair.real) == len(pair.other)
    assert not REGION.in_signal(split.training.mass).any()
    assert REGION.in_signal(split.signal_region.real.mass).all()


@pytest.mark.parametrize("fraction", [0.2, 0.43, 0.8])
def test_as_many_are_held_out_as_asked_for(few_events: Events, fraction: float) -> None:
    real = RealEvents.of(few_events, REGION)
    split = real.split(fraction, seed=1)
    assert len(real.sideband) - len(split.training) == round(fraction * len(real.sideband))
    assert len(split.sideband.real) == min(len(split.training), len(real.sideband) - len(split.training))


def test_the_default_is_the_published_split() -> None:
    """380k of 880k sideband events, within a per cent."""
    assert QualitySettings().validation_fraction == pytest.approx(380 / 880, rel=0.01)


def test_another_seed_draws_other_parts_of_the_same_size(few_events: Events) -> None:
    real = RealEvents.of(few_events, REGION)
    one, other = (real.split(0.43, seed=seed) for seed in (1, 2))
    assert len(one.training) == len(other.training)
    assert set(one.training.ids) != set(other.training.ids)
    assert set(one.training.ids) == set(real.split(0.43, seed=1).training.ids)


def test_labelled_signal_stays_where_densities_learn_and_leaves_the_reference(few_events: Events) -> None:
    real = RealEvents.of(few_events, REGION)
    inside, signal = REGION.in_signal(few_events.mass), few_events.labels == 1
    assert set(real.signal_region.ids) == set(few_events.ids[inside & ~signal])
    assert real.n_signal == (inside & signal).sum() > 0
    assert set(real.sideband.ids) == set(few_events.ids[~inside])
    assert real.sideband.labels is None


def test_without_labels_all_events_are_taken(few_events: Events) -> None:
    real = RealEvents.of(few_events.blinded(), REGION)
    assert len(real.signal_region) == REGION.in_signal(few_events.mass).sum()
    assert (real.kind, real.n_signal) == ("all events, unlabelled", None)


def test_too_few_events_are_refused() -> None:
    events = MiniOlympics(1000, 0).events(seed=1)
    inside = np.flatnonzero(REGION.in_signal(events.mass))
    outside = np.flatnonzero(~REGION.in_signal(events.mass))
    with pytest.raises(EventsError, match="signal region holds 60 background events"):
        RealEvents.of(events[np.concatenate([outside, inside[:60]])], REGION).split(0.43)
    with pytest.raises(EventsError, match="20 are held out"):
        RealEvents.of(events, REGION).split(20 / len(outside))
