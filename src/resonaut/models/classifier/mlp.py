"""A dense network: the classifier of the CATHODE paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from torch import Tensor, nn

from resonaut.features.scaling import Standardise
from resonaut.models.classifier.log_odds import LogOddsClassifier, refuse_multiclass
from resonaut.models.networks.best_epochs import with_states
from resonaut.models.networks.mlp import mlp
from resonaut.models.training import Trainer, seeded
from resonaut.registry import register

__all__ = ["DenseNetwork"]

Array = np.ndarray


@register("classifier", "mlp")
@dataclass(kw_only=True, eq=False, repr=False)
class DenseNetwork(LogOddsClassifier):
    """Three dense layers of standardised features, averaged over the ten best of a hundred epochs.

    The averaged log-odds are those of the weighted training sample, as `BoostedTrees` has them. Among many features
    that say nothing it loses what trees keep (arXiv:2309.13111).

    Args:
        hidden: Widths of the layers.
        trainer: None is the published training: batches of 128, Adam at 1e-3, half of the events held out.
        random_state: Seed of the weights, of what is held out, and of the batches.

    References:
        Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546, section III C
    """

    hidden: tuple[int, ...] = (64, 64, 64)
    trainer: Trainer | None = None
    random_state: int | None = None

    def fit(self, X: Float[Array, "N F"], y: Shaped[Array, " N"], sample_weight: Any = None) -> DenseNetwork:
        """Learn to tell y = 1 from y = 0."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        refuse_multiclass(y)
        self.classes_, label = np.unique(y, return_inverse=True)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float32)
        if len(np.unique(label[weight > 0])) == 1:
            raise ValueError("the events, of weight above 0, have one class only; give two")
        seed = int(check_random_state(self.random_state).randint(2**31))
        self.scaling_ = Standardise().fit(X)
        with seeded(seed):
            network = _Logit(X.shape[1], self.hidden)
        data = {"x": self._scaled(X).float(), "y": torch.from_numpy(label.astype(np.float32))}
        self.history_ = self.own_trainer().fit(network, data, weight=torch.from_numpy(weight), seed=seed)
        # In double precision an event's score does not depend on what else is scored with it.
        self.network_ = with_states(network, self.history_.states).double()
        return self

    def decision_function(self, X: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Log-odds of class 1, averaged over the best epochs."""
        check_is_fitted(self)
        with torch.no_grad():
            log_odds: Tensor = self.network_(self._scaled(validate_data(self, X, reset=False)))
        return log_odds.numpy()

    def _scaled(self, X: Float[Array, "N F"]) -> Float[Tensor, "N F"]:
        return torch.from_numpy(self.scaling_.transform(X.astype(np.float64)))

    def own_trainer(self) -> Trainer:
        """The trainer of the settings, or where there is none the published one."""
        if self.trainer is not None:
            return self.trainer
        return Trainer(
            epochs=100,
            batch_size=128,
            learning_rate=1e-3,
            schedule="constant",
            validation_fraction=0.5,
            best_epochs=10,
        )


class _Logit(nn.Module):
    def __init__(self, features: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = mlp(features, 1, hidden, nn.ReLU)

    def forward(self, x: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """Log-odds of class 1."""
        out: Tensor = self.layers(x)[:, 0]
        return out

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Binary cross-entropy, nats."""
        return nn.functional.binary_cross_entropy_with_logits(self(batch["x"]), batch["y"], reduction="none")
