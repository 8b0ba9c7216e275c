"""The idealised detector: classify the signal region's data against events known to be background."""

from __future__ import annotations

from dataclasses import dataclass

from resonaut.events.events import Samples
from resonaut.protocols import Seed
from resonaut.registry import register
from resonaut.searches.known_background import KnownBackground
from resonaut.searches.regions import Region

__all__ = ["Idealised"]


@register("search", "idealised")
@dataclass(kw_only=True)
class Idealised(KnownBackground):
    """What a search that classifies data against a background template would reach with a perfect template.

    With a fraction w of signal in the region the classifier tends to w p_signal/p_background + 1 - w, which ranks the
    events as the supervised ratio does.

    Args:
        classifier: Tells data from true background, by their features or, `cloud-transformer` say, by their particles.

    References:
        Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546
    """

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> Idealised:
        """Tell the data of the signal region from true background: the score estimates log p_data/p_background."""
        return self._tell_from_background(samples.data, samples, region, seed=seed)
