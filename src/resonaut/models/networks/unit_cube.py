"""A flow from the unit cube to itself: spline couplings that leave no point out and put none outside.

Its latent variables are uniform, so that sampling is a map of a cube of random numbers, which may as well be spread
evenly. It begins as the identity: what it does not learn, it leaves as it is. The networks see each coordinate as a
row of bumps rather than as a number, which lets a small network learn fast changes.

References:
    Müller et al. (Neural importance sampling, one-blob encoding), arXiv:1808.03856; Gao, Isaacson, Krause (i-flow),
    arXiv:2001.05486; Durkan et al. (splines), arXiv:1906.04032
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor, nn

from resonaut.models.networks.coupling import coupling_masks
from resonaut.models.networks.mlp import mlp
from resonaut.models.networks.unit_spline import unit_spline, unit_spline_inverse
from resonaut.models.networks.zero import zeroed

__all__ = ["UnitCubeFlow", "one_blob"]

_BUMPS = 16


class UnitCubeFlow(nn.Module):
    """Coupling layers on the unit cube, both directions at the price of one network call a layer.

    Args:
        dimensions: Of the cube.
        transforms: Coupling layers.
        bins: Segments of each spline.
        hidden: Widths of each layer's network.
    """

    def __init__(self, dimensions: int, *, transforms: int, bins: int, hidden: Sequence[int]) -> None:
        super().__init__()
        # A single coordinate has no other that could say how to move it: its layers see nothing but a constant.
        masks = coupling_masks(dimensions) if dimensions > 1 else iter([torch.tensor([False])])
        self.layers = nn.ModuleList(_Coupling(mask, bins, hidden) for mask in islice(masks, transforms))

    def log_prob(self, u: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
        """Logarithm of the density at points of the cube."""
        log_prob = u.new_zeros(len(u))
        for layer in self.layers:
            u, log_slope = layer(u)
            log_prob = log_prob + log_slope
        return log_prob

    def sample(self, z: Float[Tensor, "B D"]) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
        """The points that uniform numbers are mapped to, and the logarithm of their density."""
        log_prob = z.new_zeros(len(z))
        for layer in reversed(self.layers):
            assert isinstance(layer, _Coupling)
            z, log_slope = layer.inverse(z)
            log_prob = log_prob + log_slope
        return z, log_prob


class _Coupling(nn.Module):
    """Moves the coordinates outside of the mask by splines that those inside choose."""

    kept: Tensor
    moved: Tensor

    def __init__(self, mask: Tensor, bins: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.bins = bins
        self.register_buffer("kept", mask.nonzero()[:, 0])
        self.register_buffer("moved", (~mask).nonzero()[:, 0])
        self.network = mlp(max(1, _BUMPS * len(self.kept)), len(self.moved) * (3 * bins + 1), hidden)
        last = self.network[-1]
        assert isinstance(last, nn.Linear)
        zeroed(last)  # equal segments of slope one: the identity

    def forward(self, u: Float[Tensor, "B D"]) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
        """Towards the latent cube, and the logarithm of the Jacobian."""
        moved, log_slope = unit_spline(self._spline_parameters(u), u[:, self.moved])
        return self._with(u, moved), log_slope.sum(dim=1)

    def inverse(self, z: Float[Tensor, "B D"]) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
        """Away from the latent cube, and the logarithm of the Jacobian of the way back."""
        moved, log_slope = unit_spline_inverse(self._spline_parameters(z), z[:, self.moved])
        return self._with(z, moved), log_slope.sum(dim=1)

    def _spline_parameters(self, u: Float[Tensor, "B D"]) -> Float[Tensor, "B M P"]:
        """Of the splines of all coordinates that move."""
        seen = one_blob(u[:, self.kept], _BUMPS) if len(self.kept) else u.new_ones(len(u), 1)
        parameters: Tensor = self.network(seen)
        return parameters.reshape(len(u), len(self.moved), 3 * self.bins + 1)

    def _with(self, u: Float[Tensor, "B D"], moved: Float[Tensor, "B M"]) -> Float[Tensor, "B D"]:
        # float32 may round a point just out of the cube.
        return u.index_copy(1, self.moved, moved.clamp(0.0, 1.0))


def one_blob(u: Float[Tensor, "B D"], bumps: int) -> Float[Tensor, "B DK"]:
    """Each number as the heights of a row of bumps at it, Gaussians on [0, 1] as wide as they are apart."""
    centres = (torch.arange(bumps, device=u.device, dtype=u.dtype) + 0.5) / bumps
    return torch.exp(-0.5 * ((u[:, :, None] - centres) * bumps) ** 2).flatten(1)
