"""How much of a signal a search keeps depends on how much of it there is: it is trained anew with signal in the data.

A classifier that learns from data alone finds a signal only where there is enough to learn from. For a limit one asks
of each cross-section: had it been there, how much would have passed? So signal is put into background, the second step
of the search is repeated (the background, which does not see the region, stays), and the cuts are tried on simulated
signal that was not put in.

The background of the region is sampled from the search's own model, not taken from the data: whatever signal the data
hold would else help to find the injected one, and the limit would be too strong.

References:
    CMS-PAS-EXO-22-026, section 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from resonaut.analysis.selection import choose_cuts, score_data, score_template
from resonaut.errors import EventsError
from resonaut.events.events import Events, Samples
from resonaut.protocols import CrossFitted
from resonaut.searches.regions import Region

__all__ = ["Injection"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Injection:
    """Call it with a cell: `injected_pb` and `repeat`.

    Args:
        search: Fitted to the data; a copy is fitted anew.
        sidebands: Events beside the region, as they are.
        signal: Simulated signal in the mass window.
        n_background: Background events in the region.
        events_per_pb: Signal events in the window that 1 pb makes.
        region: Where they are looked for.
        efficiencies: Background efficiencies of the cuts.
        seed: Fixes everything, together with the cell.
    """

    search: CrossFitted
    sidebands: Events
    signal: Events
    n_background: float
    events_per_pb: float
    region: Region
    efficiencies: Sequence[float]
    seed: int

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        """Numbers injected and held out, and how many of these pass each cut.

        Raises:
            EventsError: too few simulated events for this cross-section.
        """
        injected_pb, repeat = float(cell["injected_pb"]), int(cell["repeat"])
        # Cross-sections are told apart by their first fifteen digits, as they are in the cell's file.
        rng = np.random.default_rng([self.seed, repeat, int(f"{injected_pb:.14e}".replace(".", "").split("e")[0])])
        n_injected = int(rng.poisson(injected_pb * self.events_per_pb))
        if n_injected > len(self.signal) // 2:
            raise EventsError(
                f"{injected_pb:.3g} pb are {n_injected} signal events, more than half of the {len(self.signal)}"
                " simulated, of which some must be left to measure the efficiency; simulate more or lower --injections"
            )
        shuffled = rng.permutation(len(self.signal))
        injected, held_out = (self.signal[np.sort(part)] for part in np.split(shuffled, [n_injected]))
        background = self.search.background(int(rng.poisson(self.n_background)), seed=rng)
        samples = Samples(data=_numbered(self.sidebands, background, injected))

        search = copy(self.search).fit_region(samples, self.region, seed=rng)
        cuts = choose_cuts(score_template(search, self.efficiencies, seed=rng), self.efficiencies)
        scored = score_data(search, held_out)
        return {
            "n_injected": n_injected,
            "n_held_out": len(held_out),
            "n_passed": [int(cut.passed(scored).sum()) for cut in cuts],
        }


def _numbered(first: Events, *others: Events) -> Events:
    """One table without labels, in which no id occurs twice: folds go by it."""
    parts, following = [first.blinded()], int(first.ids.max(initial=-1)) + 1
    for part in others:
        ids = np.arange(following, following + len(part))
        parts.append(replace(part.blinded(), ids=ids, mass_name=first.mass_name, exclusions={}))
        following += len(part)
    return Events.concatenate(parts)
