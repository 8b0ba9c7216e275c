"""CWoLa Hunting: classify the signal region's data against data of the strips next to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from jaxtyping import Float

from resonaut.errors import RegionError
from resonaut.events.events import Events, Samples
from resonaut.models.classifier.ensemble import Ensemble
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.protocols import Seed
from resonaut.registry import AnyClassifier, register
from resonaut.searches.populations import in_signal_region
from resonaut.searches.ratio import learn_ratio
from resonaut.searches.regions import Region
from resonaut.searches.strips import beside, held_out_strips, sides

__all__ = ["CWoLa"]

Array = np.ndarray


@register("search", "cwola")
@dataclass(kw_only=True)
class CWoLa:
    """Classification without labels: two mixed samples of the same signal and background in other proportions.

    The strips hold background and little signal. If the features do not depend on the mass, background in the strips is
    like that in the region, and the classifier tends to p_data/p_background. If they do, it learns the mass instead and
    fails; that the strips below and above the region weigh the same helps to first order only.

    Nothing is sampled. What stands for background in the region are events of the strips that were held out, as many
    from either side; their number is limited, and so is how tight a cut can be.

    Args:
        strip_width: Of the strip on each side of the region, GeV.
        classifier: Tells data of the region from data of the strips; it must honour weights.

    References:
        Collins, Howe, Nachman, PRD 99 (2019) 014038, arXiv:1902.02634
    """

    strip_width: Annotated[float, Gt(0)] = 200.0
    classifier: AnyClassifier = field(default_factory=lambda: Ensemble(model=BoostedTrees()))

    needs: ClassVar[frozenset[str]] = frozenset()

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> CWoLa:
        """Nothing is learnt of the background alone: the classifier is trained on both samples at once."""
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> CWoLa:
        """Tell the data of the signal region from those of the strips."""
        data = in_signal_region(samples.data, region)
        strips = samples.data[region.in_neighbourhood(samples.data.mass, self.strip_width)]
        self.ratio_ = learn_ratio(
            self.classifier, data.features, strips.features, weight_below=_balanced(strips, region), seed=seed
        )
        self.held_out_ = held_out_strips(samples, region, self.strip_width)
        self.region_ = region
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Estimate log p_data/p_background at the features of each event."""
        return self.ratio_.log_ratio(events.features)

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Held-out events of the strips, as many from below as from above the region; at most as many as there are."""
        return beside(self.held_out_, self.region_, n, seed=seed)


def _balanced(strips: Events, region: Region) -> Float[Array, " N"]:
    """Weights of mean 1 that give both sides the same sum.

    Raises:
        RegionError: one side has no event.
    """
    both = sides(strips, region)
    if not all(side.any() for side in both):
        counts = " and ".join(str(side.sum()) for side in both)
        raise RegionError(f"the strips below and above {region} hold {counts} events; set a larger strip_width")
    return np.select(both, [len(strips) / (2 * side.sum()) for side in both])
