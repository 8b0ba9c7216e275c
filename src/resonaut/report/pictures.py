"""A figure of a report: rendered once; the same PNG lies in the run's `figures/` and is embedded in the page."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from resonaut.plots.style import report_style
from resonaut.runs.folder import atomic_path

__all__ = ["Drawing", "Image", "render_figures", "slug"]

Drawing = tuple[str, str, Figure]
"""Name, what it shows, and the figure."""


@dataclass(frozen=True)
class Image:
    """One figure of a page.

    Args:
        name: Of its file in `figures/`.
        alt: What it shows, for those who cannot see it.
        png: The rendered file.
    """

    name: str
    alt: str
    png: bytes

    @property
    def uri(self) -> str:
        """The picture itself, as the `src` of an `<img>`."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the PNG's header; they keep the page from jumping while it loads."""
        return int.from_bytes(self.png[16:20], "big"), int.from_bytes(self.png[20:24], "big")


def render_figures(folder: Path, sections: Mapping[str, Iterable[Drawing]]) -> dict[str, list[Image]]:
    """Render every figure of a page, by section, also into `folder/figures/`.

    Args:
        folder: Of the run.
        sections: Drawings, made in the report's style as they are asked for.
    """
    with report_style():
        return {
            section: [_render(folder, name, alt, canvas) for name, alt, canvas in drawings]
            for section, drawings in sections.items()
        }


def _render(folder: Path, name: str, alt: str, canvas: Figure) -> Image:
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", pil_kwargs={"compress_level": 2})
    image = Image(name, alt, buffer.getvalue())
    with atomic_path(folder / "figures" / f"{name}.png") as temporary:
        temporary.write_bytes(image.png)
    return image


def slug(name: str | float) -> str:
    """A name that is safe as part of a file's: a user's column may hold anything."""
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{name:g}" if isinstance(name, float) else name).strip("_").lower()
