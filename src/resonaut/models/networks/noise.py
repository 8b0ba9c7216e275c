"""Random numbers for sampling: drawn on the CPU, so that a seed gives the same sample whatever the device."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["gaussian_noise"]


def gaussian_noise(
    shape: tuple[int, ...], generator: torch.Generator | None, device: torch.device
) -> Float[Tensor, ...]:
    """Standard Gaussian numbers."""
    return torch.randn(shape, generator=generator).to(device)
