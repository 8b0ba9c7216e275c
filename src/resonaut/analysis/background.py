"""How many background events a cut leaves in the signal region, estimated twice.

Template: the cut's efficiency on sampled background nobody trained on, times the background that the fit of the whole
mass spectrum expects in the region, times how many more real than sampled events the same cut keeps next to the region,
of sideband events that neither the classifier nor the density that it was trained against have seen. Its error holds
the threshold's, the fit's and that comparison's.

Fit: a fit of the selected events' own spectrum, the region masked, that starts from the shape of all events. It knows
nothing of the sampled background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resonaut.analysis.selection import Cut, ScoredEvents
from resonaut.errors import FitError
from resonaut.events.events import Events
from resonaut.protocols import CrossFitted, Seed
from resonaut.searches.regions import Region
from resonaut.statistics.background_fit import SpectrumFit, SpectrumFitResult, find_fit_range
from resonaut.statistics.bump_hunt import CutResult, judge_cut
from resonaut.statistics.closure import ClosureResult, closure

__all__ = ["Background", "estimate_background", "sample_neighbourhood"]


@dataclass(frozen=True, eq=False)
class Background:
    """Both estimates at every cut; the first row and the first fit are the uncut ones."""

    cuts: list[CutResult]
    fits: dict[float, SpectrumFitResult]
    fit_range: tuple[float, float]


def estimate_background(
    data: ScoredEvents,
    cuts: Sequence[Cut],
    region: Region,
    neighbourhood: ScoredEvents | None,
) -> Background:
    """Fit the spectrum with and without cuts, measure closure, and judge every cut.

    Args:
        data: Events of the signal region and the sidebands.
        cuts: What is asked of them.
        region: Where the signal is looked for.
        neighbourhood: Sampled background with the masses of sideband events next to the region; None where a search
            cannot sample there, and closure stays unmeasured.

    Raises:
        FitError: the uncut spectrum cannot be fitted.
    """
    mass = data.events.mass
    inside = region.in_signal(mass)
    fit_range = find_fit_range(mass, region.sidebands, region.window)
    spectrum = SpectrumFit()
    uncut = spectrum.fit(mass, fit_range, region.window)
    expected = uncut.integral(*region.window)
    fits = {1.0: uncut}
    results = [
        judge_cut(
            efficiency=1.0,
            observed=int(inside.sum()),
            background_yield=expected,
            threshold_error=0.0,
            closure=None,
            selected_fit=uncut,
            window=region.window,
        )
    ]
    for cut in cuts:
        passed = cut.passed(data)
        try:
            fit = spectrum.fit(mass[passed], fit_range, region.window, like=uncut)
            fits[cut.efficiency] = fit
        except FitError:  # Too few events to have a shape: the template stands alone, and the row says so.
            fit = None
        results.append(
            judge_cut(
                efficiency=cut.efficiency,
                observed=int((passed & inside).sum()),
                background_yield=expected,
                threshold_error=cut.relative_error,
                closure=None if neighbourhood is None else _closure(cut, data, neighbourhood, region),
                selected_fit=fit,
                window=region.window,
            )
        )
    return Background(results, fits, fit_range)


def sample_neighbourhood(
    search: CrossFitted, events: Events, region: Region, *, seed: Seed = None
) -> ScoredEvents | None:
    """Sample background at the masses of the sideband events next to the region, once for each fold's classifiers."""
    templates = [search.template_fold(k) for k in range(search.folds)]
    rng = np.random.default_rng(seed)
    masses = events.mass[region.in_neighbourhood(events.mass)]
    samples = [template.background_at(masses, seed=rng) for template in templates if template is not None]
    if not samples:
        return None
    return ScoredEvents(
        Events.concatenate(samples),
        np.concatenate([search.score_fold(sample, k) for k, sample in enumerate(samples)]),
        np.repeat(np.arange(search.folds), len(masses)),
    )


def _closure(cut: Cut, data: ScoredEvents, sampled: ScoredEvents, region: Region) -> ClosureResult:
    """The same cut on real and on sampled events next to the region."""
    real = data[region.in_neighbourhood(data.events.mass)]
    return closure(int(cut.passed(real).sum()), len(real), int(cut.passed(sampled).sum()), len(sampled))
