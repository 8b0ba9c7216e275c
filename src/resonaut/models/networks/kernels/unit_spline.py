"""Rational-quadratic splines of the unit interval as compiled loops: value, slope and gradients of both in one pass.

A row of parameters holds K widths, K heights and K + 1 slopes, all unconstrained. The formulae are those of
`resonaut.models.networks.spline`, where each is an operation on a tensor of its own: some sixty, whose overheads are
what a training on a CPU consists of.

References:
    Gregory, Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al., NeurIPS 2019, arXiv:1906.04032, section 3
"""

import math

import numpy as np
from jaxtyping import Float
from numba import njit

__all__ = ["LIMIT", "backward", "forward", "inverse"]

LIMIT = -math.log(1e-3)
"""Of the logarithm of a slope; of widths and heights, half of it."""

Table = Float[np.ndarray, "N P"]
Column = Float[np.ndarray, " N"]


@njit(cache=True, error_model="numpy")
def _bounded(value: float, limit: float) -> float:
    return value / (1.0 + abs(value) / limit)


@njit(cache=True, error_model="numpy")
def _bounded_slope(value: float, limit: float) -> float:
    return 1.0 / (1.0 + abs(value) / limit) ** 2


@njit(cache=True, error_model="numpy")
def _sizes(row: Float[np.ndarray, " P"], first: int, sizes: Float[np.ndarray, " K"]) -> None:
    """Normalised sizes of the segments, from `first` in the row."""
    total = 0.0
    for k in range(len(sizes)):
        sizes[k] = math.exp(_bounded(row[first + k], LIMIT / 2))
        total += sizes[k]
    for k in range(len(sizes)):
        sizes[k] /= total


@njit(cache=True, error_model="numpy")
def _segment(sizes: Float[np.ndarray, " K"], others: Float[np.ndarray, " K"], value: float) -> tuple[int, float, float]:
    """Which segment a value lies in, and where it begins, by the sizes and by the others."""
    last = len(sizes) - 1
    start, start_of_others, k = 0.0, 0.0, 0
    while k < last and value >= start + sizes[k]:
        start += sizes[k]
        start_of_others += others[k]
        k += 1
    return k, start, start_of_others


@njit(cache=True, error_model="numpy")
def _slopes(row: Float[np.ndarray, " P"], segment: int) -> tuple[float, float]:
    """dy/dx where a segment begins and where it ends."""
    first = 2 * ((len(row) - 1) // 3) + segment
    return math.exp(_bounded(row[first], LIMIT)), math.exp(_bounded(row[first + 1], LIMIT))


@njit(cache=True, error_model="numpy")
def _log_slope(s: float, z: float, d0: float, d1: float) -> float:
    """Logarithm of dy/dx at the place z, 0 to 1, of a segment that rises by s on average."""
    q = z * (1 - z)
    rise = 2 * s * q + d0 * (1 - z) ** 2 + d1 * z * z
    denominator = s + (d0 + d1 - 2 * s) * q
    return math.log(s * s * rise / (denominator * denominator))


@njit(cache=True, error_model="numpy")
def forward(parameters: Table, x: Column, y: Column, log_slope: Column) -> None:
    """Fill in y and log dy/dx."""
    bins = (parameters.shape[1] - 1) // 3
    widths, heights = np.empty(bins), np.empty(bins)
    for i in range(len(x)):
        row = parameters[i]
        _sizes(row, 0, widths)
        _sizes(row, bins, heights)
        k, x0, y0 = _segment(widths, heights, x[i])
        d0, d1 = _slopes(row, k)
        s = heights[k] / widths[k]
        z = (x[i] - x0) / widths[k]
        q = z * (1 - z)
        y[i] = y0 + heights[k] * (s * z * z + d0 * q) / (s + (d0 + d1 - 2 * s) * q)
        log_slope[i] = _log_slope(s, z, d0, d1)


@njit(cache=True, error_model="numpy")
def inverse(parameters: Table, y: Column, x: Column, log_slope: Column) -> None:
    """Fill in x, and log dy/dx there."""
    bins = (parameters.shape[1] - 1) // 3
    widths, heights = np.empty(bins), np.empty(bins)
    for i in range(len(y)):
        row = parameters[i]
        _sizes(row, 0, widths)
        _sizes(row, bins, heights)
        k, y0, x0 = _segment(heights, widths, y[i])
        d0, d1 = _slopes(row, k)
        h = heights[k]
        s = h / widths[k]
        # The root of a quadratic, eqs. 6 to 8 of Durkan et al.
        bend = (y[i] - y0) * (d0 + d1 - 2 * s)
        a, b, c = h * (s - d0) + bend, h * d0 - bend, -s * (y[i] - y0)
        z = 2 * c / (-b - math.sqrt(max(b * b - 4 * a * c, 0.0)))
        z = min(max(z, 0.0), 1.0)
        x[i] = x0 + z * widths[k]
        log_slope[i] = _log_slope(s, z, d0, d1)


@njit(cache=True, error_model="numpy")
def _through_sizes(
    row: Float[np.ndarray, " P"],
    first: int,
    sizes: Float[np.ndarray, " K"],
    segment: int,
    by_start: float,
    by_size: float,
    out: Float[np.ndarray, " P"],
) -> None:
    """From gradients by where a segment begins and by its size, to those by the parameters of all sizes."""
    mean = by_size * sizes[segment]
    for k in range(segment):
        mean += by_start * sizes[k]
    for k in range(len(sizes)):
        gradient = by_start if k < segment else (by_size if k == segment else 0.0)
        out[first + k] = sizes[k] * (gradient - mean) * _bounded_slope(row[first + k], LIMIT / 2)


@njit(cache=True, error_model="numpy")
def backward(
    parameters: Table, x: Column, by_y: Column, by_log_slope: Column, by_parameters: Table, by_x: Column
) -> None:
    """Fill in the gradients by parameters and x, given those by y and by log dy/dx."""
    bins = (parameters.shape[1] - 1) // 3
    widths, heights = np.empty(bins), np.empty(bins)
    for i in range(len(x)):
        row, out = parameters[i], by_parameters[i]
        _sizes(row, 0, widths)
        _sizes(row, bins, heights)
        k, x0, _ = _segment(widths, heights, x[i])
        w, h = widths[k], heights[k]
        c0, c1 = row[2 * bins + k], row[2 * bins + k + 1]
        d0, d1 = _slopes(row, k)
        s, z = h / w, (x[i] - x0) / w
        q, q_z = z * (1 - z), 1 - 2 * z
        t = d0 + d1 - 2 * s
        # y = y0 + h numerator/denominator; log dy/dx = 2 log s + log rise - 2 log denominator
        numerator, denominator = s * z * z + d0 * q, s + t * q
        rise = 2 * s * q + d0 * (1 - z) ** 2 + d1 * z * z
        by_numerator = by_y[i] * h / denominator
        by_denominator = -by_numerator * numerator / denominator - 2 * by_log_slope[i] / denominator
        by_rise = by_log_slope[i] / rise
        by_z = (
            by_numerator * (2 * s * z + d0 * q_z)
            + by_denominator * t * q_z
            + by_rise * (2 * s * q_z - 2 * d0 * (1 - z) + 2 * d1 * z)
        )
        by_s = by_numerator * z * z + by_denominator * (1 - 2 * q) + by_rise * 2 * q + 2 * by_log_slope[i] / s
        by_d0 = by_numerator * q + by_denominator * q + by_rise * (1 - z) ** 2
        by_d1 = by_denominator * q + by_rise * z * z
        by_x[i] = by_z / w
        by_height = by_y[i] * numerator / denominator + by_s / w
        by_width = -by_s * h / (w * w) - by_z * z / w
        _through_sizes(row, 0, widths, k, -by_z / w, by_width, out)
        _through_sizes(row, bins, heights, k, by_y[i], by_height, out)
        out[2 * bins :] = 0.0
        out[2 * bins + k] = by_d0 * d0 * _bounded_slope(c0, LIMIT)
        out[2 * bins + k + 1] = by_d1 * d1 * _bounded_slope(c1, LIMIT)
