"""From a template to HTML: number formats as filters, and everything that a user named escaped."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from resonaut.report import numbers

__all__ = ["render_template"]


def render_template(template: str, /, **variables: Any) -> str:
    """One of `report/templates/` with these variables filled in; an unknown one is an error."""
    environment = Environment(
        loader=PackageLoader("resonaut.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats: dict[str, Any] = {name: getattr(numbers, name) for name in numbers.__all__ if name != "value_error"}
    environment.filters |= formats
    environment.globals["value_error"] = numbers.value_error
    return environment.get_template(template).render(**variables)
