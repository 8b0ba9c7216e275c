"""The average of several trainings of one classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from sklearn.utils import get_tags

from resonaut.models.classifier.averaged import AveragedClassifier
from resonaut.models.classifier.log_odds import refuse_multiclass
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.registry import AnyClassifier, register

__all__ = ["Ensemble"]

Array = np.ndarray


@register("classifier", "ensemble")
@dataclass(kw_only=True, eq=False, repr=False)
class Ensemble(AveragedClassifier):
    """Average the log-odds of members that differ by their random state.

    What the members have in common is in the data; what they do not share, the noise of one training, averages out.

    Args:
        model: The classifier to repeat; None is `BoostedTrees`.
        members: How many.
        random_state: Seed from which the members' seeds are drawn.

    References:
        Finke et al., PRD 109 (2024) 034033, arXiv:2309.13111 (50 members)
    """

    model: AnyClassifier | None = None
    members: int = 10
    random_state: int | None = None

    def fit(self, X: Float[Array, "N F"], y: Shaped[Array, " N"], sample_weight: Any = None) -> Ensemble:
        """Train every member on the same events."""
        refuse_multiclass(y)
        super().fit(X, y, sample_weight)
        self.n_features_in_ = self.models_[0].n_features_in_
        return self

    def _model(self) -> Any:
        return BoostedTrees() if self.model is None else self.model

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn's checks want to know: input as the members take it."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self._model()).input_tags
        return tags
