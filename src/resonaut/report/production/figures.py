"""Draws a production's figures: distributions of every column, mean jet images, a few events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

import awkward as ak
import numpy as np
import pyarrow as pa

from resonaut.analysis.distributions import Distribution, sample_rows
from resonaut.features.jet_image import mean_image
from resonaut.plots.event_display import DisplayedJet, event_display
from resonaut.plots.jet_image import jet_image
from resonaut.plots.samples import samples
from resonaut.plots.style import figure, panels
from resonaut.plots.table import Table
from resonaut.report.pictures import Drawing, Image, render_figures, slug
from resonaut.report.production.contents import ProductionContents

__all__ = ["draw_figures", "drawings", "is_kinematic"]

N_DISPLAYED = 3
"""Events displayed of each sample."""

_EVENT = ("mjj", "met", "met_phi")
_OF_A_JET = ("pt", "mass", "n", "eta", "phi")
_FALLING = re.compile(r"mjj|met|jet\d_pt")
"""Columns over orders of magnitude, drawn on a logarithmic scale."""
_PANELS = 12
"""At most so many in one figure."""


def draw_figures(contents: ProductionContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into `FILE.run/figures/`."""
    return render_figures(contents.production.folder, drawings(contents))


def drawings(contents: ProductionContents) -> dict[str, Iterator[Drawing]]:
    """The figures by section, each drawn when it is asked for."""
    return {
        "kinematics": _kinematics(contents),
        "substructure": _substructure(contents),
        "images": _images(contents),
        "displays": _displays(contents),
    }


def is_kinematic(column: str) -> bool:
    """Whether a column is of the event or of whole jets; all others are substructure."""
    return column in _EVENT or re.fullmatch(rf"jet\d_({'|'.join(_OF_A_JET)})", column) is not None


def _kinematics(contents: ProductionContents) -> Iterator[Drawing]:
    there = contents.distributions
    if of_event := [name for name in _EVENT if name in there]:
        yield _histograms(contents, of_event, "event", "Dijet mass and missing transverse momentum", columns=3)
    of_jets = [f"jet{jet}_{name}" for name in _OF_A_JET for jet in (1, 2) if f"jet{jet}_{name}" in there]
    if of_jets:
        yield _histograms(contents, of_jets, "jets", "Kinematics of both jets", columns=2)


def _substructure(contents: ProductionContents) -> Iterator[Drawing]:
    names = [name for name in contents.distributions if not is_kinematic(name)]
    for first in range(0, len(names), _PANELS):
        chosen = names[first : first + _PANELS]
        shown = ", ".join(chosen)
        yield _histograms(contents, chosen, f"substructure_{first // _PANELS + 1:02d}", shown, columns=2)


def _histograms(contents: ProductionContents, names: Sequence[str], name: str, alt: str, *, columns: int) -> Drawing:
    canvas, axes = panels(len(names), columns=columns)
    for ax, column in zip(axes, names, strict=True):
        log = _FALLING.fullmatch(column) is not None
        samples(_table(contents.distributions[column]), ax, log=log, legend=ax is axes[0])
    return name, alt, canvas


def _images(contents: ProductionContents) -> Iterator[Drawing]:
    """The leading jet's mean image of each sample, on one scale of colour."""
    if contents.events is None or not contents.events.num_rows:
        return
    half_width = 1.2 * _radius(contents)  # a jet reaches further from its centre than from its axis
    rows = sample_rows(contents.events)
    images = {}
    for sample, chosen in rows.items():
        particles = _particles(contents.events.filter(chosen), jet=1)
        images[sample] = mean_image(*particles, half_width=half_width)
    brightest = max(float(image.max()) for image in images.values())
    canvas = figure(9.6, 4.4)
    for i, (sample, image) in enumerate(images.items()):
        ax = canvas.add_axes((0.08 + 0.43 * i, 0.14, 0.36, 0.36 * 9.6 / 4.4))
        jet_image(image, ax, half_width=half_width, scale=(1e-5 * brightest, brightest))
        ax.set_title(f"{sample}, mean of {rows[sample].sum():,} leading jets")
    bar = canvas.add_axes((0.46 + 0.43 * (len(images) - 1), 0.14, 0.015, 0.36 * 9.6 / 4.4))
    canvas.colorbar(ax.images[0], cax=bar, label="fraction of the jet's $p_T$ / pixel")
    yield "jet_images", "Mean image of the leading jet", canvas


def _displays(contents: ProductionContents) -> Iterator[Drawing]:
    """The first events of each sample: chosen by nobody."""
    if contents.events is None:
        return
    for sample, chosen in sample_rows(contents.events).items():
        shown = contents.events.filter(chosen).slice(0, N_DISPLAYED)
        if not shown.num_rows:
            continue
        canvas, axes = panels(shown.num_rows, columns=N_DISPLAYED, height=3.9)
        radius = _radius(contents)
        reach = max(2.5, *(radius + 0.2 + abs(eta) for jet in (1, 2) for eta in shown[f"jet{jet}_eta"].to_pylist()))
        for i, ax in enumerate(axes):
            event = shown.slice(i, 1)
            missing = float(event["met_phi"][0].as_py()) if "met_phi" in event.column_names else None
            event_display([_jet(event, 1), _jet(event, 2)], ax, radius=radius, reach=reach, missing_phi=missing)
            ax.set_title(f"{sample}: $m_{{jj}}$ = {event['mjj'][0].as_py():,.0f} GeV")
        yield f"events_{slug(sample)}", f"Particles of {shown.num_rows} events, {sample}", canvas


def _jet(event: pa.Table, jet: int) -> DisplayedJet:
    number = {name: float(event[f"jet{jet}_{name}"][0].as_py()) for name in ("pt", "eta", "phi", "mass")}
    pt, eta, phi = (ak.to_numpy(values[0]).astype(float) for values in _particles(event, jet))
    return DisplayedJet(**number, particle_pt=pt, particle_eta=eta, particle_phi=phi)


def _particles(events: pa.Table, jet: int) -> tuple[ak.Array, ak.Array, ak.Array]:
    """pT, eta and phi of one jet's particles, a list an event."""
    pt, eta, phi = (ak.from_arrow(events[f"jet{jet}_constituent_{name}"]) for name in ("pt", "eta", "phi"))
    return pt, eta, phi


def _radius(contents: ProductionContents) -> float:
    return float(contents.production.chains[0]["clustering"]["radius"])


def _table(distribution: Distribution) -> Table:
    """A histogram as rows, one sample after the other."""
    names = list(distribution.counts)
    repeat = partial(np.tile, reps=len(names))
    n_bins = len(distribution.edges) - 1
    return {
        "column": np.full(n_bins * len(names), distribution.column),
        "sample": np.repeat(names, n_bins),
        "low": repeat(distribution.edges[:-1]),
        "high": repeat(distribution.edges[1:]),
        "events": np.concatenate(list(distribution.counts.values())),
    }
