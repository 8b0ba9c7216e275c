"""No event of a benchmark plays two parts, whatever files it comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.benchmark.division import Division, Pools, Sources, divide, read_pools
from resonaut.errors import EventsError
from resonaut.events.events import Events
from resonaut.searches.regions import Region

REGION = Region()
FEATURES = ("a", "b", "c")
SHARES = {"known_share": 0.25, "test_share": 0.25}
EVENTS = MiniOlympics(6000, 300).events(seed=1)


def pools(**sources: Events | Path) -> Pools:
    return read_pools(Sources(**({"events": EVENTS} | sources)), FEATURES, "mjj", REGION)


def parts(division: Division) -> dict[str, Events]:
    return vars(division)


def rows(events: Events) -> set[tuple[float, ...]]:
    return set(map(tuple, np.column_stack([events.mass, events.features]).tolist()))


@pytest.mark.parametrize("files", [(), ("signal",), ("test",), ("known",), ("signal", "known", "test")])
def test_no_event_plays_two_parts(files: tuple[str, ...]) -> None:
    own = {
        "signal": MiniOlympics(0, 200).events(seed=2),
        "known": MiniOlympics(1500, 100).events(seed=3),
        "test": MiniOlympics(2000, 150).events(seed=4),
    }
    division = divide(pools(**{role: own[role] for role in files}), REGION, injected=120, **SHARES, seed=5)
    by_content = [rows(part) for part in parts(division).values()]
    assert sum(map(len, by_content)) == len(set().union(*by_content)) == sum(map(len, parts(division).values()))
    assert REGION.in_signal(division.test.mass).all()
    assert set(division.test.labels.tolist()) == {0, 1}
    assert (division.known_background.labels == 0).all()
    assert (division.known_signal.labels == 1).all()
    assert division.data.labels.sum() == 120


def test_what_is_left_of_the_signal_region_is_data() -> None:
    division = divide(pools(), REGION, injected=100, **SHARES, seed=1)
    inside = int((REGION.in_signal(EVENTS.mass) & (EVENTS.labels == 0)).sum())
    data_inside = division.data[REGION.in_signal(division.data.mass)]
    assert (data_inside.labels == 0).sum() == pytest.approx(inside / 2, abs=2)
    assert len(division.known_background) == pytest.approx(inside / 4, abs=1)
    assert (division.test.labels == 0).sum() == pytest.approx(inside / 4, abs=1)
    sidebands = REGION.in_sidebands(EVENTS.mass) & (EVENTS.labels == 0)
    assert (REGION.in_sidebands(division.data.mass) & (division.data.labels == 0)).sum() == sidebands.sum()


def test_files_of_their_own_leave_all_background_to_the_data() -> None:
    whole = pools(known=MiniOlympics(1500, 50).events(seed=3), test=MiniOlympics(1500, 50).events(seed=4))
    division = divide(whole, REGION, injected=100, **SHARES, seed=1)
    assert (division.data.labels == 0).sum() == (EVENTS.labels == 0).sum()


def test_more_injected_events_hold_the_fewer_and_the_test_background_stays() -> None:
    few, many = (divide(pools(), REGION, injected=n, **SHARES, seed=7) for n in (50, 100))
    injected = [set(one.data.ids[one.data.labels == 1]) for one in (few, many)]
    assert injected[0] < injected[1]
    background = [set(one.test.ids[one.test.labels == 0]) for one in (few, many)]
    assert background[0] == background[1]
    other = divide(pools(), REGION, injected=50, **SHARES, seed=8)
    assert set(other.data.ids[other.data.labels == 1]) != injected[0]


def test_more_signal_than_there_is_is_refused_with_the_number() -> None:
    with pytest.raises(EventsError, match="400 signal events are to be injected, there are 300 in the mass window"):
        divide(pools(), REGION, injected=400, **SHARES, seed=1)
    with pytest.raises(EventsError, match=r"no signal event .* is left for the test after injecting 300 of 300"):
        divide(pools(), REGION, injected=300, **SHARES, seed=1)


def test_the_same_events_in_two_files_are_refused() -> None:
    renumbered = replace(EVENTS[:100], ids=10**6 + np.arange(100))
    with pytest.raises(EventsError, match="100 events of test are in events as well"):
        pools(test=renumbered)


def test_events_need_labels_and_a_signal_file_does_not(tmp_path: Path) -> None:
    with pytest.raises(EventsError, match="give events a column 'label'"):
        pools(events=EVENTS.blinded())
    signal = MiniOlympics(0, 80).events(seed=9)
    columns = {"mjj": signal.mass} | {name: signal.feature(name) for name in FEATURES}
    pq.write_table(pa.table(columns), tmp_path / "signal.parquet")
    assert len(pools(signal=tmp_path / "signal.parquet").signal) == 380


def test_an_event_in_two_parts_is_an_error_of_ours() -> None:
    division = divide(pools(), REGION, injected=10, **SHARES, seed=1)
    with pytest.raises(AssertionError, match="two parts"):
        replace(division, test=Events.concatenate([division.test, division.data[:1]]))
