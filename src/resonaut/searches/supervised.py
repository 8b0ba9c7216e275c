"""The supervised bound: classify events known to be signal against events known to be background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from resonaut.events.events import Samples
from resonaut.protocols import Seed
from resonaut.registry import register
from resonaut.searches.known_background import KnownBackground
from resonaut.searches.regions import Region

__all__ = ["Supervised"]


@register("search", "supervised")
@dataclass(kw_only=True)
class Supervised(KnownBackground):
    """What could be reached if the signal were known: no search that learns from data alone does better.

    Args:
        classifier: Tells true signal from true background, by their features or by their particles.

    References:
        Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546
    """

    truth: ClassVar[frozenset[str]] = frozenset({"background", "signal"})

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> Supervised:
        """Tell true signal from true background: the score estimates log p_signal/p_background; data are not used."""
        assert samples.signal is not None, "blinded(needs) has checked"
        return self._tell_from_background(samples.signal, samples, region, seed=seed)
