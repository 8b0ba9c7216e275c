"""A search for events that are strange, wherever they are: an outlier score, cut on, and a look at what is left.

Nothing is compared with the signal region: the detector learns what events next to it look like, and scores by how
little others do. It finds less than a search that knows where to look, and does not depend on the signal being a peak.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from jaxtyping import Float

from resonaut.errors import RegionError
from resonaut.events.events import Events, Samples
from resonaut.models.outlier.normalised import NormalisedAutoencoder
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import AnyOutlierDetector, register
from resonaut.searches.regions import Region
from resonaut.searches.strips import beside, held_out_strips

__all__ = ["OutlierSearch"]

Array = np.ndarray


def _detector() -> NormalisedAutoencoder:
    """Some 1,200 steps, five times over where it is cross-fitted."""
    standard = NormalisedAutoencoder()
    return replace(
        standard,
        pretraining=Trainer(epochs=2, batch_size=256, learning_rate=3e-3, validation_fraction=0.2, device="cpu"),
        trainer=replace(standard.trainer, epochs=20, patience=None),
    )


@register("search", "outlier")
@dataclass(kw_only=True)
class OutlierSearch:
    """Scores by an outlier detector that has learnt the sidebands' events, or a random part of them.

    Cross-fitted it is trained once a fold on the others' events, so that those which stand for background in the
    region, held-out events of the strips on both sides, are as new to it as the region's own. If the features follow
    the mass, so does the score, and what passes a cut is sculpted.

    Args:
        detector: Learns from events outside of the region.
        events: At most so many of them.
        strip_width: Of the strip on each side of the region that the thresholds come from, GeV.

    References:
        Heimel, Kasieczka, Plehn, Thompson, SciPost Phys. 6 (2019) 030, arXiv:1808.08979
        Farina, Nakai, Shih, PRD 101 (2020) 075021, arXiv:1808.08992
    """

    detector: AnyOutlierDetector = field(default_factory=_detector)
    events: Annotated[int, Gt(0)] = 20_000
    strip_width: Annotated[float, Gt(0)] = 200.0

    needs: ClassVar[frozenset[str]] = frozenset()

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> OutlierSearch:
        """Nothing yet: which events are held out is known with the second step only."""
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> OutlierSearch:
        """Learn what ordinary events look like outside of the region, and set those aside that thresholds come from.

        Raises:
            RegionError: no event lies there.
        """
        rng = np.random.default_rng(seed)
        data = samples.data
        outside = data[region.in_window(data.mass) & ~region.in_signal(data.mass)]
        if not len(outside):
            raise RegionError(f"the sidebands of {region} hold no event to learn from; widen them")
        chosen = rng.permutation(len(outside))[: self.events]
        self.detector_ = replace(self.detector).fit(outside.features[chosen], seed=rng)  # type: ignore[type-var]
        self.held_out_ = held_out_strips(samples, region, self.strip_width)
        self.region_ = region
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """How strange each event is."""
        return self.detector_.score(events.features)

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Held-out events of the strips, as many from below as from above the region; at most as many as there are."""
        return beside(self.held_out_, self.region_, n, seed=seed)
