"""Which papers, programs and data sets a run rests on, as BibTeX.

`METHODS` says it by registry name: whoever adds an estimator adds a line there and an entry to references.bib. A run's
settings name everything it used, so run.toml is all that `bibtex` needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from resonaut.runs.folder import RunFolder

__all__ = ["METHODS", "Reference", "bibtex", "cited", "library"]

METHODS: Mapping[str, tuple[str, ...]] = {
    "cathode": ("Hallin:2021wme",),
    "nsf": ("Durkan:2019nsq", "Rozet:2022zuko"),
    "trees": ("Finke:2023ltw", "Ke:2017lightgbm", "Pedregosa:2011sklearn"),
}
"""Registry name of an estimator -> keys in references.bib."""

DEFAULTS: Mapping[str, tuple[str, str]] = {"ensemble": ("model", "trees")}
"""Estimators that run.toml may leave without a part: which part, and what is used then."""

VERBS: Mapping[str, tuple[str, ...]] = {"hunt": ("Cowan:2010js",)}
"""What a command rests on whatever its settings: here the profile likelihood of its significances."""

_SIMULATION = ("Bierlich:2022pfr", "deFavereau:2013fsa")
_JETS = ("Cacciari:2011ma", "Cacciari:2008gp")
_SUBJETTINESS = ("Thaler:2010tr",)
_OLYMPICS = ("LHCO:2019rnd", "Kasieczka:2021xcg")


@dataclass(frozen=True)
class Reference:
    """One entry of references.bib.

    Args:
        key: What LaTeX cites.
        entry: The BibTeX.
        fields: Its fields as plain text.
    """

    key: str
    entry: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        """First author, title, and where: one line for people."""
        first, *others = self.fields["author"].split(" and ")
        authors = first.split(",")[0] + (" et al." if others else "")
        venue = self.fields.get("journal") or self.fields.get("booktitle") or self.fields.get("publisher", "")
        journal = " ".join(filter(None, (venue, self.fields.get("volume"))))
        where = " ".join(filter(None, (journal, f"({self.fields['year']})", self.fields.get("pages"))))
        return f"{authors}: {self.fields['title']}{', ' if journal else ' '}{where}"

    @property
    def link(self) -> tuple[str, str] | None:
        """Name and address of where it can be read."""
        if eprint := self.fields.get("eprint"):
            return f"arXiv:{eprint}", f"https://arxiv.org/abs/{eprint}"
        if doi := self.fields.get("doi"):
            return f"doi:{doi}", f"https://doi.org/{doi}"
        return None


def bibtex(run: Path) -> str:
    """BibTeX of the methods, programs and data that a run used, resonaut itself first.

    Raises:
        RunError: `run` is not a finished run's folder.
    """
    folder = RunFolder.existing(run)
    return "\n\n".join(reference.entry for reference in cited(folder.settings())) + "\n"


def cited(settings: Mapping[str, Any]) -> list[Reference]:
    """The references of a run with these settings (run.toml), each once."""
    run: Mapping[str, Any] = settings.get("run", {})
    keys = ["resonaut"]
    for name in _names(settings):
        keys += METHODS.get(name, ())
    keys += VERBS.get(str(run.get("verb", "")), ())
    keys += _data(run)
    books = library()
    return [books[key] for key in dict.fromkeys(keys)]


@cache
def library() -> Mapping[str, Reference]:
    """Every entry of references.bib by its key."""
    text = resources.files("resonaut.report").joinpath("references.bib").read_text(encoding="utf-8")
    entries = [match[0] for match in re.finditer(r"^@.*?^\}", text, flags=re.MULTILINE | re.DOTALL)]
    return {reference.key: reference for reference in map(_parse, entries)}


def _data(run: Mapping[str, Any]) -> tuple[str, ...]:
    """What the events and their features come from, as far as the settings tell."""
    events, layout = str(run.get("events", "")), str(run.get("format", ""))
    keys: tuple[str, ...] = ()
    if events == "demo":
        # The embedded events: QCD and W' -> X Y as in the LHC Olympics, from this project's own simulation.
        keys += (*_SIMULATION, *_JETS, "Kasieczka:2021xcg")
    if layout.startswith("lhco") or "events_anomalydetection" in events:
        keys += (*_OLYMPICS, *_JETS)
    features = run.get("features", ())
    names = [features] if isinstance(features, str) else features
    if any(name.startswith(("tau", "baseline", "extended")) for name in names):
        keys += _SUBJETTINESS
    return keys


def _names(settings: Any) -> Iterator[str]:
    """Every `name` in nested tables: the registry names of what a run is composed of."""
    if isinstance(settings, Mapping):
        if isinstance(name := settings.get("name"), str):
            yield name
            part, default = DEFAULTS.get(name, ("", ""))
            if part and part not in settings:
                yield default
        for value in settings.values():
            yield from _names(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from _names(value)


def _parse(entry: str) -> Reference:
    """An entry whose fields have a line each."""
    key = re.match(r"@\w+\{([^,]+),", entry)
    assert key is not None, f"references.bib has an entry without a key: {entry[:60]}"
    fields = re.findall(r"^\s*(\w+) = [\"{](.*)[\"}],?$", entry, flags=re.MULTILINE)
    return Reference(key[1], entry, {name: _plain(text) for name, text in fields})


def _plain(text: str) -> str:
    """Without LaTeX's braces, accents and mathematics."""
    return re.sub(r"\\[\"^'`c]|[{}$\\]", "", text).replace("--", "–")
