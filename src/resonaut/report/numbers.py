"""Numbers as people read them: a count, a value with its error, a p-value, an efficiency.

Each returns text; the page keeps the full number beside it, in the `value` of a `<data>` element.
"""

from __future__ import annotations

import math

__all__ = ["count", "cut_name", "fixed", "p_value", "percent", "sigma", "significant", "value_error"]

ABSENT = "–"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(n: int | None) -> str:
    """Events: 12,345."""
    return ABSENT if n is None else f"{n:,}".replace("-", "−")


def fixed(value: float | None, digits: int = 1) -> str:
    """A number with so many digits after the point."""
    return ABSENT if value is None else f"{value:,.{digits}f}".replace("-", "−")


def sigma(z: float | None) -> str:
    """A significance: 5.1σ."""
    return ABSENT if z is None else f"{fixed(z)}σ"


def significant(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, none of its integer part dropped: 228, 22.8, 0.720."""
    if not value:
        return ABSENT if value is None else "0"
    magnitude = math.floor(math.log10(abs(value)))
    return fixed(value, max(0, digits - 1 - magnitude))


def percent(fraction: float | None) -> str:
    """A fraction in per cent: 0.621 %."""
    return ABSENT if fraction is None else f"{significant(100 * fraction)} %"


def cut_name(efficiency: float) -> str:
    """What a cut is called: the background that it passes."""
    return "no cut" if efficiency == 1 else f"{100 * efficiency:g} %"


def value_error(value: float | None, error: float | None) -> str:
    """A value with its error, both to two significant digits of the error: 180 ± 15, 18.2 ± 1.5."""
    if value is None:
        return ABSENT
    if not error:
        return fixed(value)
    digits = max(0, 1 - math.floor(math.log10(abs(error))))
    return f"{fixed(value, digits)} ± {fixed(error, digits)}"


def p_value(p: float | None) -> str:
    """A probability with two digits: 0.34, 0.0021, 3.1 × 10⁻⁷."""
    if p is None:
        return ABSENT
    if p < 1e-300:
        return "< 10⁻³⁰⁰"
    if p >= 0.001:
        return f"{p:.2g}"
    mantissa, exponent = f"{p:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"
