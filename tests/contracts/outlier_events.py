"""Events that every outlier detector can be tried on: rows of a table, or trees, of the same traits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import awkward as ak
import numpy as np

from resonaut.features.lund import COORDINATES

__all__ = ["EventKind", "Tables", "Trees"]


class EventKind(ABC):
    """What a detector of this kind of events is tested with; four features all."""

    settings: ClassVar[dict[str, Any]] = {}
    epochs: ClassVar[tuple[int, int]] = (10, 10)
    """Of pre-training and training, enough to have learnt something."""

    @staticmethod
    @abstractmethod
    def ordinary(n: int, seed: int) -> Any:
        """Events to learn from."""

    @staticmethod
    @abstractmethod
    def strange(n: int, seed: int) -> Any:
        """Events that are alike in every feature by itself, and not in how these belong together."""

    @staticmethod
    @abstractmethod
    def lumps(side: np.ndarray) -> Any:
        """Events of two sorts, -1 and 1."""

    @staticmethod
    @abstractmethod
    def numbers(x: Any) -> np.ndarray:
        """All numbers of the events, a column a feature."""

    @staticmethod
    @abstractmethod
    def with_value(x: Any, value: float) -> Any:
        """The same, with this value somewhere in the second feature."""


class Tables(EventKind):
    """A ring in a plane that is tilted in four dimensions, three units across."""

    @staticmethod
    def ordinary(n: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        angle = rng.uniform(0, 2 * np.pi, n)
        flat = np.stack([np.cos(angle), np.sin(angle), 0.5 * np.cos(angle), rng.normal(size=n)], axis=1)
        return 3 * (flat + 0.1 * rng.normal(size=(n, 4)))

    @staticmethod
    def strange(n: int, seed: int) -> np.ndarray:
        return Tables.ordinary(n, seed) * [1, 1, -1, 1]

    @staticmethod
    def lumps(side: np.ndarray) -> np.ndarray:
        return _lumps(side, np.random.default_rng(1))

    @staticmethod
    def numbers(x: np.ndarray) -> np.ndarray:
        return x

    @staticmethod
    def with_value(x: np.ndarray, value: float) -> np.ndarray:
        x = x.copy()
        x[7, 1] = value
        return x


class Trees(EventKind):
    """Binary trees of 2 to 8 nodes; the further down, the narrower, and the softer."""

    settings: ClassVar[dict[str, Any]] = {"splittings": 6}
    epochs: ClassVar[tuple[int, int]] = (20, 4)

    @staticmethod
    def ordinary(n: int, seed: int) -> ak.Array:
        rng = np.random.default_rng(seed)
        parent, depth, counts = _shapes(n, rng)
        x = np.stack([depth, 1.5 - depth, 0.5 * depth, rng.normal(size=len(depth))], axis=1)
        return _trees(x + 0.2 * rng.normal(size=x.shape), parent, counts)

    @staticmethod
    def strange(n: int, seed: int) -> ak.Array:
        trees = Trees.ordinary(n, seed)
        # As hard as before, but at the other end of the tree.
        return ak.with_field(trees, trees.ln_kt[:, ::-1], "ln_kt")

    @staticmethod
    def lumps(side: np.ndarray) -> ak.Array:
        rng = np.random.default_rng(1)
        parent, _, counts = _shapes(len(side), rng)
        return _trees(_lumps(np.repeat(side, counts), rng), parent, counts)

    @staticmethod
    def numbers(x: ak.Array) -> np.ndarray:
        return np.stack([ak.to_numpy(ak.flatten(x[name], axis=None)) for name in COORDINATES], axis=1)

    @staticmethod
    def with_value(x: ak.Array, value: float) -> ak.Array:
        numbers = Trees.numbers(x)
        numbers[7, 1] = value
        return _trees(numbers, ak.to_numpy(ak.flatten(x.parent)), ak.to_numpy(ak.num(x.parent)))


def _lumps(side: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two lumps that two features can stand for, but not the same two."""
    x = rng.normal(size=(len(side), 4)) * 0.3
    x[:, 0] += 3 * side
    x[:, 1] += 3 * side * x[:, 2]
    return x


def _shapes(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parents and depths of the nodes of n trees, and how many each has."""
    counts = rng.integers(2, 9, n)
    parent = np.concatenate([(np.arange(count) - 1) // 2 for count in counts])
    parent[np.cumsum(counts) - counts] = -1
    depth = np.concatenate([np.floor(np.log2(np.arange(count) + 1)) for count in counts])
    return parent, depth, counts


def _trees(x: np.ndarray, parent: np.ndarray, counts: np.ndarray) -> ak.Array:
    return ak.unflatten(ak.zip(dict(zip(COORDINATES, x.T, strict=True)) | {"parent": parent}), counts)
