"""A black box holds what its seed draws, and nothing beside the sealed file says what that is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resonaut.errors import ConfigError, FormatError, RunError, SimulationError
from resonaut.simulation import production
from resonaut.simulation.blackbox import CANDIDATES, BlackBox, draw_hidden
from resonaut.simulation.detector import NoDetector
from resonaut.simulation.processes import find_process
from resonaut.simulation.production import recorded_seed, simulate
from resonaut.simulation.sealing import read_sealed, sealed_path, write_sealed

SMALL = {"events": 200, "block_size": 150, "detector": NoDetector(), "progress": False}
FULL = next(seed for seed in range(100) if draw_hidden(seed).process == "wprime-xy" and draw_hidden(seed).strength > 3)
EMPTY = next(seed for seed in range(100) if draw_hidden(seed).process is None)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A small box with a signal."""
    return simulate("blackbox", out=tmp_path_factory.mktemp("full") / "box.parquet", seed=FULL, **SMALL).path


@pytest.fixture(scope="module")
def empty_box(tmp_path_factory):
    return simulate("blackbox", out=tmp_path_factory.mktemp("empty") / "box.parquet", seed=EMPTY, **SMALL).path


def test_what_seeds_draw():
    drawn = [draw_hidden(seed) for seed in range(2000)]
    assert drawn == [draw_hidden(seed) for seed in range(2000)]
    full = [hidden for hidden in drawn if hidden.process is not None]
    # 5 sigma of a binomial
    assert abs(len(full) / 2000 - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 2000)
    assert all(hidden.strength == 0 and hidden.mass is None for hidden in drawn if hidden.process is None)
    for values, (low, high) in (
        ([hidden.mass for hidden in full], (2900, 4500)),
        ([hidden.strength for hidden in full], (2, 5)),
    ):
        assert low <= min(values) < max(values) <= high
        assert abs(np.mean(values) - (low + high) / 2) < 5 * (high - low) / np.sqrt(12 * len(full))
    assert {hidden.process for hidden in full} == {candidate.process for candidate in CANDIDATES}


def test_every_draw_can_be_simulated_with_each_daughter_in_a_jet():
    daughters = {candidate.process: candidate.daughters for candidate in CANDIDATES}
    for hidden in map(draw_hidden, range(300)):
        if hidden.process is None:
            continue
        assert find_process(hidden.process).parameters(hidden.parameters).items() >= hidden.parameters.items()
        for name in daughters[hidden.process]:
            # Two prongs are 2 m / pT apart.
            assert 2 * hidden.parameters[name] / (hidden.mass / 2) < 1.0


def test_the_strength_is_what_was_drawn(box):
    truth, hidden = read_sealed(sealed_path(box)), draw_hidden(FULL)
    mass = pq.read_table(box)["mjj"].to_numpy()
    signal = np.isin(np.arange(len(mass)), truth["signal_ids"])
    low, high = truth["window"]
    assert (low, high) == pytest.approx((0.95 * hidden.mass, 1.05 * hidden.mass))
    inside = (mass >= low) & (mass < high)
    assert truth["n_signal"] == signal.sum() > 0
    assert truth["n_signal_in_window"] == (signal & inside).sum()
    assert truth["n_background_in_window"] == (~signal & inside).sum()
    # Signal takes the place of a few background events after their number was set, and S is a whole number.
    expected = hidden.strength * np.sqrt(truth["n_background_in_window"])
    assert truth["n_signal_in_window"] == pytest.approx(expected, abs=1 + 0.1 * expected)
    assert truth["s_over_sqrt_b"] == (signal & inside).sum() / np.sqrt((~signal & inside).sum())


def test_the_signal_is_the_resonance_that_was_drawn(box):
    truth = read_sealed(sealed_path(box))
    assert truth["process"] == draw_hidden(FULL).process
    mass = pq.read_table(box)["mjj"].to_numpy()[truth["signal_ids"]]
    assert np.median(mass) == pytest.approx(truth["mass"], rel=0.05)


def test_boxes_look_alike(box, empty_box):
    for path in (box, empty_box):
        table = pq.read_table(path)
        assert "label" not in table.column_names
        assert table["event"].to_pylist() == list(range(200))
    full, empty = (json.loads((path.parent / "box.parquet.run/manifest.json").read_text()) for path in (box, empty_box))
    assert _keys(full) == _keys(empty)
    assert list(full["processes"]) == ["blackbox"]
    truth = read_sealed(sealed_path(empty_box))
    assert (truth["process"], truth["n_signal"], truth["signal_ids"], truth["s_over_sqrt_b"]) == (None, 0, [], 0.0)


def _keys(node):
    if isinstance(node, dict):
        return {key: _keys(value) for key, value in node.items() if key != "excluded"}
    return None


def test_nothing_but_the_sealed_file_gives_it_away(box):
    _assert_nothing_is_given_away(box.parent, FULL)
    # What is searched for is there once the seal is off.
    opened = json.dumps(read_sealed(sealed_path(box)))
    assert all(trace in opened for trace in _traces(FULL))


def _traces(seed: int) -> list[str]:
    hidden = draw_hidden(seed)
    assert hidden.process is not None
    masses = [json.dumps(hidden.parameters[name]) for name in ("mass_wprime", "mass_x", "mass_y")]
    return [hidden.process, "mass_x", "9000500", f'"seed": {seed}', *masses]


def _assert_nothing_is_given_away(folder: Path, seed: int) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 2
    for path in files:
        for trace in [*_traces(seed), "prime", "label"]:
            assert trace not in path.name
            assert trace.encode() not in path.read_bytes(), (path, trace)


def test_an_interrupted_box_goes_on_without_its_seed_and_keeps_its_secret(box, tmp_path, monkeypatch):
    out = tmp_path / "box.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(production, "merge", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            simulate("blackbox", out=out, seed=FULL, **SMALL)
    assert not out.exists()
    assert len(list((tmp_path / "box.parquet.run").glob("*.parquet"))) >= 3
    _assert_nothing_is_given_away(tmp_path, FULL)
    with pytest.raises(RunError, match="other settings"):
        simulate("blackbox", out=out, seed=EMPTY, **SMALL)
    assert simulate("blackbox", out=out, seed=recorded_seed(out), **SMALL).path.read_bytes() == box.read_bytes()
    assert [path.name for path in (tmp_path / "box.parquet.run").iterdir()] == ["manifest.json"]


def _power_cut(*_, **__):
    raise KeyboardInterrupt


def test_a_complete_box_is_not_made_again(box):
    before = box.stat().st_mtime_ns
    again = simulate("blackbox", out=box, seed=recorded_seed(box), **SMALL)
    assert (again.seconds, again.n_events, box.stat().st_mtime_ns) == (0, 200, before)


def test_a_box_that_lost_its_sealed_file_does_not_get_another_seed(empty_box):
    sealed = sealed_path(empty_box)
    elsewhere = sealed.rename(sealed.with_name("elsewhere"))
    with pytest.raises(RunError, match=r"box\.parquet\.sealed, which has its seed, is gone; put it back"):
        recorded_seed(empty_box)
    elsewhere.rename(sealed)
    assert recorded_seed(empty_box) == EMPTY


def test_the_truth_of_another_box_is_not_overwritten(tmp_path):
    write_sealed(tmp_path / "box.parquet", {"complete": True, "seed": 5})
    with pytest.raises(RunError, match="holds the truth of another black box"):
        simulate("blackbox", out=tmp_path / "box.parquet", seed=1, **SMALL)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"signal": 5}, ConfigError, "takes no signal"),
        ({"events": 0}, ConfigError, "0 events"),
        ({"parameters": {"mass_wprime": 3000.0}}, ConfigError, "a black box draws its parameters"),
        ({"mass_range": (3000.0, 5000.0)}, ConfigError, "3000:5000 GeV is too narrow for a black box"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_written(options, error, message, tmp_path):
    with pytest.raises(error, match=message):
        simulate("blackbox", out=tmp_path / "box.parquet", **{**SMALL, **options})
    assert not list(tmp_path.iterdir())


@dataclass
class Background:
    """Blocks of a background, and a signal of which this is known."""

    signal_mass: float | None

    def masses(self, process: str, n: int) -> np.ndarray:
        if process == "qcd":
            return np.linspace(2500.0, 5000.0, n)
        if self.signal_mass is None:
            raise SimulationError(f"none of 10000 generated {process} events passes the selection")
        return np.full(n, self.signal_mass)


@pytest.mark.parametrize("signal_mass", [None, 2000.0])
def test_a_signal_that_cannot_be_selected_is_not_named(signal_mass):
    with pytest.raises(SimulationError, match="what this black box hides does not pass") as refusal:
        BlackBox.draw(1000, FULL).fill(Background(signal_mass))
    assert "prime" not in str(refusal.value)


def test_signal_takes_the_place_of_background():
    hidden = draw_hidden(FULL)
    events = BlackBox.draw(10_000, FULL).fill(Background(hidden.mass))
    assert sum(events.values()) == 10_000
    n_background = 10_000 * 0.1 * hidden.mass / 2500.0
    assert events["wprime-xy"] == pytest.approx(hidden.strength * np.sqrt(n_background), abs=1)


def test_sealed_files_of_another_kind(tmp_path):
    path = sealed_path(tmp_path / "box.parquet")
    with pytest.raises(FormatError, match="cannot be read"):
        read_sealed(path)
    path.write_bytes(b"\xff\x00 my thesis")
    with pytest.raises(FormatError, match="is not a sealed file"):
        read_sealed(path)
    write_sealed(tmp_path / "box.parquet", {"complete": False, "seed": 5})
    assert path.read_text().startswith("The truth about the black box box.parquet, sealed.")
    path.write_text(path.read_text()[:-9])
    with pytest.raises(FormatError, match="is damaged"):
        read_sealed(path)
