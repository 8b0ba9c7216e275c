"""Which windows can a scan search? What the spectrum's turn-on and the number of events allow.

Below, the trigger turns on: a window is searched from the lowest one on whose surroundings a falling function
describes. Above, events run out: the window must hold enough to learn from, and the sideband beyond it enough to
interpolate to.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from resonaut.analysis.result import NotScanned
from resonaut.analysis.settings import HuntSettings
from resonaut.errors import FitError, RegionError
from resonaut.searches.regions import Region, interval
from resonaut.statistics.background_fit import SpectrumFit, Window, find_fit_range
from resonaut.statistics.bump_hunt import MIN_FIT_P_VALUE
from resonaut.statistics.spectrum_scan import overlapping_windows

__all__ = ["choose_windows"]

Array = np.ndarray
MIN_EVENTS = 500
"""In the window: a 1 % cut then expects five."""
MIN_BEYOND = 100
"""In the upper sideband: the spectrum there is then known to 10 %."""
REFERENCE_MASS = 3500.0


def choose_windows(mass: Float[Array, " N"], settings: HuntSettings) -> tuple[list[Region], list[NotScanned]]:
    """The regions to search, and the windows that were asked for in vain.

    Args:
        mass: Of all events, GeV.
        settings: Those of the scan, and the sidebands.

    Raises:
        RegionError: no window is left.
    """
    scan = settings.scan
    assert scan is not None
    outer = interval(settings.sidebands, "sidebands")
    windows = overlapping_windows(
        *interval(scan.centres, "scan"), relative_width=scan.width / REFERENCE_MASS, step=scan.step
    )
    # Whole GeV: what run.toml says of a window is then the window.
    rounded = [(float(round(low)), float(round(high))) for low, high in windows]
    within = mass[(mass >= outer[0]) & (mass < outer[1])]
    regions, refused = [], []
    for window, why in _judged(within, outer, rounded):
        if why is None:
            regions.append(Region(*window, *outer))
        else:
            refused.append(NotScanned(window=window, why=why))
    if not regions:
        raise RegionError(
            f"none of the {len(refused)} windows centred from {scan.centres.replace(':', ' to ')} GeV can be searched"
            f" (the first: {refused[0].why}; the last: {refused[-1].why}); choose others, or other sidebands"
        )
    return regions, refused


def _judged(mass: Float[Array, " N"], outer: Window, windows: list[Window]) -> Iterator[tuple[Window, str | None]]:
    """Each window, and why it cannot be searched, if so."""
    turned_on = False
    for low, high in windows:
        n_inside, n_beyond = int(((mass >= low) & (mass < high)).sum()), int((mass >= high).sum())
        why = None
        if low <= outer[0] or high >= outer[1]:
            why = f"it reaches beyond the sidebands, {outer[0]:g}-{outer[1]:g} GeV"
        elif n_inside < MIN_EVENTS:
            why = f"it holds {n_inside:,} events, {MIN_EVENTS} are needed"
        elif n_beyond < MIN_BEYOND:
            why = f"the sideband above it holds {n_beyond:,} events, {MIN_BEYOND} are needed"
        elif not turned_on:
            # A window above one that is described has its say in the hunt itself: there it is no turn-on.
            turned_on = _described(mass, outer, (low, high))
            if not turned_on:
                why = "no falling function describes the spectrum around it: it still turns on, or peaks next to it"
        yield (low, high), why


def _described(mass: Float[Array, " N"], outer: Window, window: Window) -> bool:
    try:
        result = SpectrumFit().fit(mass, find_fit_range(mass, outer, window), window)
    except FitError:
        return False
    return result.falls and result.p_value >= MIN_FIT_P_VALUE
