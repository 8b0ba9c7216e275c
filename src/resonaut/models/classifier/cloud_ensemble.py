"""The average of several trainings of one classifier of particles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from resonaut.models.classifier.averaged import AveragedClassifier
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.registry import AnyCloudClassifier, register

__all__ = ["CloudEnsemble"]


@register("cloud-classifier", "cloud-ensemble")
@dataclass(kw_only=True, eq=False, repr=False)
class CloudEnsemble(AveragedClassifier):
    """Average the log-odds of members that differ by their random state, as `Ensemble` does with tables.

    Args:
        model: The classifier to repeat; None is `CloudTransformer`.
        members: How many.
        random_state: Seed from which the members' seeds are drawn.
    """

    model: AnyCloudClassifier | None = None
    members: int = 5
    random_state: int | None = None

    needs: ClassVar[frozenset[str]] = frozenset({"particles"})

    def _model(self) -> Any:
        return CloudTransformer() if self.model is None else self.model
