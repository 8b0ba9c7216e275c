"""Tell events apart by all particles of both jets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float, Shaped
from pydantic import Field
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted
from torch import Tensor

from resonaut.errors import ConfigError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import Jets, into_frame, jets_of
from resonaut.features.scaling import Standardise
from resonaut.models.classifier.log_odds import LogOddsClassifier, refuse_multiclass
from resonaut.models.density.network import arrays_of, as_tensor, on_device, part_of
from resonaut.models.networks.dijet_classifier import DijetClassifier
from resonaut.models.ragged import Ragged, batch_of, similar_batches
from resonaut.models.saving import load
from resonaut.models.training import Trainer, seeded
from resonaut.registry import register

__all__ = ["CloudTransformer"]

Array = np.ndarray


@register("cloud-classifier", "cloud-transformer")
@dataclass(kw_only=True, eq=False, repr=False)
class CloudTransformer(LogOddsClassifier):
    """A transformer of the particles, shared by the jets, and of the jets, whose kinematics are those of the particles.

    What it is given are `DijetClouds` instead of a table of features.

    Args:
        width: Of the layers.
        heads: Of the attention; they share the width.
        blocks: Attention blocks of the particles.
        dropout: Of the two layers at the end.
        most: Look at so many of the hardest particles of a jet; None is all of them.
        backbone: A file that `save` wrote of a classifier with the same network: the training begins with its weights,
            but for the last layer, and keeps its scalings.
        trainer: None is the published training in fewer epochs: batches of 128, Adam at 1e-3, a fifth held out.
        random_state: Seed of the weights, of what is held out, and of the batches.

    References:
        Buhmann et al., PRD 109 (2024) 055015, arXiv:2310.06897, section III C
    """

    width: Annotated[int, Field(ge=1)] = 64
    heads: Annotated[int, Field(ge=1)] = 2
    blocks: Annotated[int, Field(ge=1)] = 2
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    most: Annotated[int, Field(ge=1)] | None = None
    backbone: Path | None = None
    trainer: Trainer | None = None
    random_state: int | None = None

    needs: ClassVar[frozenset[str]] = frozenset({"particles"})

    def fit(self, X: DijetClouds, y: Shaped[Array, " N"], sample_weight: Any = None) -> CloudTransformer:
        """Learn to tell y = 1 from y = 0."""
        refuse_multiclass(y)
        self.classes_, label = np.unique(y, return_inverse=True)
        weight = _check_sample_weight(sample_weight, np.empty((len(X), 1)), dtype=np.float32)
        if len(np.unique(label[weight > 0])) == 1:
            raise ValueError("the events, of weight above 0, have one class only; give two")
        seed = int(check_random_state(self.random_state).randint(2**31))
        particles, jets = self._numbers(X)
        with seeded(seed):
            network = self._fresh(particles, jets) if self.backbone is None else self._of_backbone(self.backbone)
        data = {"y": as_tensor(label), **self._scaled(particles, jets)}
        self.history_ = self.own_trainer().fit(network, data, weight=torch.from_numpy(weight), seed=seed)
        self.network_ = network
        return self

    def decision_function(self, X: DijetClouds) -> Float[Array, " N"]:
        """Log-odds of class 1."""
        return self._of_each(X, lambda network, batch: network(batch)[:, None])[:, 0]

    def embed(self, X: DijetClouds) -> Float[Array, "N W"]:
        """What the last layer decides by, `width` numbers an event: features for other methods."""
        return self._of_each(X, lambda network, batch: network.embed(batch))

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        check_is_fitted(self)
        scalings = {"particle_scaling": self.particle_scaling_, "jet_scaling": self.jet_scaling_}
        return {
            "classes": torch.as_tensor(np.asarray(self.classes_, dtype=np.int64)),
            **{f"{of}.{name}": torch.from_numpy(x) for of, one in scalings.items() for name, x in one.state().items()},
            **{f"network.{name}": tensor for name, tensor in self.network_.state_dict().items()},
        }

    def load_state(self, state: Mapping[str, Tensor]) -> CloudTransformer:
        """Take up what `state` gave."""
        self.classes_ = state["classes"].numpy()
        self.particle_scaling_, self.jet_scaling_ = (
            Standardise().load_state(arrays_of(state, f"{which}.")) for which in ("particle_scaling", "jet_scaling")
        )
        self.network_ = self._network().eval()
        self.network_.load_state_dict(part_of(state, "network."))
        return self

    def _fresh(self, particles: list[PointCloud], jets: list[Float[Array, "N J"]]) -> DijetClassifier:
        """Scalings of these events, and a network that has learnt nothing."""
        self.particle_scaling_ = Standardise().fit(np.concatenate([cloud.points for cloud in particles]))
        self.jet_scaling_ = Standardise().fit(np.concatenate(jets))
        return self._network()

    def _of_backbone(self, path: Path) -> DijetClassifier:
        """The scalings and the network of another classifier, whose answer alone, the last layer, starts anew.

        Raises:
            ConfigError: it is of another kind or shape.
        """
        other = load(path)
        shape = ("width", "heads", "blocks", "most")
        if not isinstance(other, CloudTransformer) or any(getattr(other, x) != getattr(self, x) for x in shape):
            wanted = ", ".join(f"{name} {getattr(self, name)}" for name in shape)
            raise ConfigError(f"{path} holds no cloud-transformer of {wanted}; give one with these settings")
        self.particle_scaling_, self.jet_scaling_ = other.particle_scaling_, other.jet_scaling_
        network = self._network()
        network.load_state_dict(other.network_.state_dict())
        network.forget_answer()
        return network

    def _network(self) -> DijetClassifier:
        return DijetClassifier(
            len(self.particle_scaling_.mean_),
            len(self.jet_scaling_.mean_),
            width=self.width,
            heads=self.heads,
            blocks=self.blocks,
            dropout=self.dropout,
        )

    def _of_each(
        self, X: DijetClouds, ask: Callable[[DijetClassifier, dict[str, Tensor]], Tensor]
    ) -> Float[Array, "N C"]:
        """What the network answers for each event, asked batch by batch."""
        check_is_fitted(self)
        data = self._scaled(*self._numbers(X))
        sizes = [column.counts for column in data.values() if isinstance(column, Ragged)]
        answers: Array = np.empty((0, 1))
        with torch.no_grad(), seeded(0), on_device(self.network_, self.own_trainer()) as device:
            there = {name: column.to(device) for name, column in data.items()}
            for rows in similar_batches(torch.arange(len(X)), sizes, -(-len(X) // 512)) if len(X) else ():
                some = ask(self.network_, batch_of(there, rows)).float().cpu().numpy()
                if not len(answers):
                    answers = np.empty((len(X), some.shape[1]))
                answers[rows.numpy()] = some
        return answers

    def _numbers(self, events: DijetClouds) -> tuple[list[PointCloud], list[Float[Array, "N J"]]]:
        """What it sees of the particles and of the jets, first and second, before scaling."""
        jets = [jets_of(cloud) for cloud in events.jets]
        seen = events if self.most is None else events.hardest(self.most)
        return [_seen(*pair) for pair in zip(seen.jets, jets, strict=True)], [_kinematics(jet) for jet in jets]

    def _scaled(self, particles: list[PointCloud], jets: list[Float[Array, "N J"]]) -> dict[str, Tensor | Ragged]:
        first, second = (
            Ragged.of(PointCloud(self.particle_scaling_.transform(cloud.points), cloud.offsets)) for cloud in particles
        )
        rows = np.stack([self.jet_scaling_.transform(jet) for jet in jets], axis=1)
        return {"jets": as_tensor(rows), "first": first, "second": second}

    def own_trainer(self) -> Trainer:
        """The trainer of the settings, or where there is none the published one."""
        if self.trainer is not None:
            return self.trainer
        return Trainer(
            epochs=30, batch_size=128, learning_rate=1e-3, schedule="cosine", validation_fraction=0.2, patience=20
        )


def _seen(particles: PointCloud, jets: Jets) -> PointCloud:
    """Of every particle: logarithms of pT over the jet's and of pT, eta, phi and distance from the jet's axis."""
    relative = into_frame(particles, jets).points
    log_pt = np.log(particles.points[:, 0].astype(np.float64))
    distance = np.hypot(relative[:, 1], relative[:, 2])
    return PointCloud(np.column_stack([relative, log_pt, distance]), particles.offsets)


def _kinematics(jets: Jets) -> Float[Array, "N 5"]:
    mass = np.log(np.maximum(jets.mass, 1e-4 * jets.pt))
    return np.stack([np.log(jets.pt), jets.eta, jets.phi, mass, np.log(jets.n)], axis=1)
