"""The embedded events are there for every command: right in number, hidden in the mass spectrum, complete."""

import numpy as np
import pytest

from resonaut.errors import EventsError
from resonaut.events.demo import demo_events, demo_path
from resonaut.events.reading import BASELINE, detect_format
from resonaut.searches.regions import Region


def test_the_demo_has_the_documented_signal_in_its_background():
    events = demo_events()
    assert (len(events), events.labels.sum(), events.n_unusable) == (150_400, 400, 0)
    assert events.names == BASELINE
    assert len(np.unique(events.ids)) == len(events)
    assert Region().in_window(events.mass).all()
    inside = events[Region().in_signal(events.mass)]
    signal = inside.labels.sum()
    assert 1.5 < signal / np.sqrt(len(inside) - signal) < 2.5


def test_the_demo_is_a_file_like_any_other():
    assert detect_format(demo_path()) == "parquet"
    assert demo_events(features=["mj1"]).names == ("mj1",)
    with pytest.raises(EventsError, match=r"lhco_like\.parquet has no column 'tau32_1' \(did you mean 'tau21_1'\?\)"):
        demo_events(features=["tau32_1"])
