"""A scan searches the windows that the spectrum allows, and says why not the others."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from resonaut.analysis.scan.windows import choose_windows
from resonaut.analysis.settings import HuntSettings, ScanSettings
from resonaut.errors import ConfigError, RegionError
from resonaut.registry import read_config


def settings(centres: str, **changed: object) -> HuntSettings:
    return HuntSettings(scan=ScanSettings(centres=centres, **changed))


def falling(n: int = 30_000, seed: int = 1) -> np.ndarray:
    return 2300 + np.random.default_rng(seed).exponential(450, n)


def test_windows_scale_with_the_mass_and_overlap_by_half() -> None:
    regions, refused = choose_windows(falling(), settings("3000:3800"))
    assert not refused
    assert [region.sidebands for region in regions] == [(2300.0, 5000.0)] * len(regions)
    for region in regions:
        centre = (region.low + region.high) / 2
        assert region.high - region.low == pytest.approx(centre * 400 / 3500, abs=1.5)  # edges are whole GeV
    for one, following in pairwise(regions):
        assert following.low == pytest.approx((one.low + one.high) / 2, rel=0.01)
    assert len(choose_windows(falling(), settings("3000:3800", step=1.0))[0]) < len(regions)


def test_below_the_turn_on_nothing_is_searched() -> None:
    mass = falling()
    # A trigger that keeps what is above 2900 GeV, and of the rest less and less.
    kept = np.random.default_rng(2).random(len(mass)) < np.clip((mass - 2300) / 600, 0, 1)
    regions, refused = choose_windows(mass[kept], settings("2700:3800"))
    assert all("turns on" in missed.why for missed in refused)
    assert refused
    assert 3000 < regions[0].low < 3500


def test_above_the_last_events_nothing_is_searched() -> None:
    _, refused = choose_windows(falling(), settings("3500:5500"))
    assert "beyond the sidebands" in refused[-1].why
    _, refused = choose_windows(falling(8_000), settings("3500:4500"))
    assert "events" in refused[-1].why
    steep = 2300 + np.random.default_rng(3).exponential(200, 480_000)
    _, refused = choose_windows(steep, settings("3400:3800"))
    assert "the sideband above it holds" in refused[-1].why


def test_a_scan_of_nothing_is_refused() -> None:
    with pytest.raises(RegionError, match="none of the"):
        choose_windows(falling(300), settings("3000:4000"))
    with pytest.raises(RegionError, match="LOW:HIGH"):
        choose_windows(falling(), settings("4000:3000"))
    with pytest.raises(RegionError, match="LOW:HIGH"):
        choose_windows(falling(), settings("everywhere"))


def test_centres_alone_are_a_scan() -> None:
    assert read_config(HuntSettings, {"scan": "2900:4500"}).scan == ScanSettings(centres="2900:4500")
    with pytest.raises(ConfigError, match="toys"):
        read_config(HuntSettings, {"scan": {"centres": "2900:4500", "toys": 0}})
