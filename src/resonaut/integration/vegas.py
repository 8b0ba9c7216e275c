"""The `vegas` library as it is, with its adaptive stratification: the baseline, and often all that is needed.

Each channel is integrated by itself, with its prior channel weight; the numbers of points go by what the channels'
errors were in a first, short run.

References:
    Lepage, J. Comput. Phys. 439 (2021) 110386, arXiv:2009.05112
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from resonaut.integration.integrand import Integrand
from resonaut.integration.result import GroupResult, IntegrationResult

__all__ = ["integrate_with_vegas"]

_ITERATIONS = 10  # of adaptation, and again as many that count
_SURVEY = 0.1  # of the points, to find out which channels need them


def integrate_with_vegas(integrand: Integrand, n: int, *, seed: int) -> IntegrationResult:
    """The integral by VEGAS+, by about n points altogether."""
    import vegas

    rng = np.random.default_rng(seed)
    n_nonfinite = 0

    def part(channel: int) -> Any:
        def value(x: Float[np.ndarray, "N D"]) -> Float[np.ndarray, " N"]:
            nonlocal n_nonfinite
            points = torch.as_tensor(np.array(x))
            found = integrand(points, torch.full((len(points),), channel))
            assert found.alpha is not None
            values = (found.weight * found.alpha[:, channel]).numpy()
            finite = np.isfinite(values)
            n_nonfinite += int((~finite).sum())
            return np.where(finite, values, 0.0)

        return vegas.lbatchintegrand(value)

    channels = range(integrand.n_channels)
    integrators = [
        vegas.Integrator([[0.0, 1.0]] * integrand.dimensions, ran_array_generator=lambda size: rng.random(size))
        for _ in channels
    ]
    survey = max(100, int(_SURVEY * n / integrand.n_channels / _ITERATIONS))
    errors = [integrators[c](part(c), nitn=_ITERATIONS, neval=survey).sdev for c in channels]
    total = sum(errors) or 1.0
    groups = []
    for channel, error in zip(channels, errors, strict=True):
        neval = max(100, int((1 - _SURVEY) * n * (error / total if any(errors) else 1.0) / _ITERATIONS))
        found = integrators[channel](part(channel), nitn=_ITERATIONS, neval=neval)
        count = int(found.sum_neval)
        groups.append(
            GroupResult(
                channels=(channel,),
                integral=float(found.mean),
                error=float(found.sdev),
                deviation=float(found.sdev) * count**0.5,
                n_evaluations=count,
            )
        )
    return IntegrationResult(groups=tuple(groups), n_nonfinite=n_nonfinite)
