"""What makes a map a good one: four distances between the integrand and what points are drawn from.

Points (i, u) of channel i are drawn from a density s(i, u); F = alpha_i(u) f(u) is the channel's share of the
integrand. The map's own density is q_i(u), and r_i the share of the points that the channel gets. Every loss is an
integral over all channels, estimated with the points of s, whoever drew them, so that points can be used again after
the map has changed. Gradients reach the map through q and the channel weights through F.

- "variance": sum_i int F^2/(r_i q_i) - I^2, the variance where channels get points in proportion to their integrals;
- "stratified-variance": (sum_i sqrt Var_i)^2, the variance where they get them in proportion to their errors;
- "kl": sum_i int F log F/(r_i q_i): the map covers all that the integrand has;
- "reverse-kl": sum_i int r_i q_i log r_i q_i/F: the map stays where the integrand is.

With the shares r_i = I_i/I held fixed, the gradient of "variance" and "kl" is still that of the whole, as the sum of
the I_i does not depend on the channel weights.

All but the stratified variance are written as distances point by point, of F from what a perfect map has there, I r_i
q_i: the variance as sum_i int (F - I r_i q_i)^2/(r_i q_i), the others with F - I r_i q_i added or taken off, whose
integral is zero. It is the same loss up to a constant, but the gradient of every single point vanishes at a perfect
map, and the noise of the gradient with it.

References:
    MadNIS, arXiv:2212.06172 (eqs. 21 to 24), arXiv:2311.01548 (stratified variance, section 2.2)
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Loss", "map_loss"]

Loss = Literal["variance", "stratified-variance", "kl", "reverse-kl"]

_EMPTY = 1e-6
"""|F|, in units of the integral, that stands for a point where there is nothing: its logarithm is infinite."""


def map_loss(
    loss: Loss,
    share: Float[Tensor, " B"],
    log_prob: Float[Tensor, " B"],
    log_sampled: Float[Tensor, " B"],
    channel: Int[Tensor, " B"],
    n_channels: int,
) -> Float[Tensor, " B"]:
    """The loss, spread over the points so that their mean is the loss.

    Args:
        loss: Which.
        share: F of each point, in units of about the integral.
        log_prob: Logarithm of q_i(u).
        log_sampled: Logarithm of s(i, u).
        channel: i.
        n_channels: How many there are.
    """
    weight = share * torch.exp(-log_sampled)
    with torch.no_grad():
        integrals = _sums(weight.abs(), channel, n_channels) / len(weight)
        integral = integrals.sum().clamp(min=_EMPTY)  # a batch may hold none of a sparse integrand
        fraction = (integrals / integral).clamp(min=1e-6)
        log_fraction = fraction.log()[channel]
    perfect = integral * torch.exp(log_fraction + log_prob - log_sampled)  # I r q / s
    if loss == "variance":
        # |F|/(r q) is of order one, and I where the map is perfect.
        return perfect * (share.abs() * torch.exp(-log_fraction - log_prob) - integral) ** 2 / integral
    if loss == "stratified-variance":
        mean = _sums(weight, channel, n_channels) / len(weight)
        square = _sums(weight * share * torch.exp(-log_prob), channel, n_channels) / len(weight)
        # The root's slope is infinite at 0, where a channel that is perfect, or without points, may be.
        deviations = (square - mean**2).clamp(min=1e-12).sqrt()
        return (deviations.sum() ** 2).expand(len(weight))
    log_ratio = share.abs().clamp(min=_EMPTY).log() - log_prob - log_fraction
    beyond = weight.abs() - perfect
    if loss == "kl":
        return weight.abs() * log_ratio - beyond
    return (beyond - perfect * log_ratio) / integral


def _sums(values: Float[Tensor, " B"], channel: Int[Tensor, " B"], n: int) -> Float[Tensor, " C"]:
    """Added up channel by channel."""
    return values.new_zeros(n).index_add(0, channel, values)
