"""Which papers, programs and data sets a run rests on, as BibTeX.

`METHODS` says it by registry name: whoever adds an estimator adds a line there and an entry to references.bib. A run's
settings name everything it used, and the file of a production notes what made its events: run.toml and that note,
which a hunt copies into its provenance, are all that `bibtex` needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from resonaut.events.origin import read_origin
from resonaut.events.parquet import column_names
from resonaut.features.sets import FEATURE_SETS
from resonaut.runs.folder import RunFolder
from resonaut.simulation.finished import FinishedProduction

__all__ = [
    "DETECTORS",
    "FEATURES",
    "METHODS",
    "PROCESSES",
    "Reference",
    "as_bibtex",
    "bibtex",
    "cited_by_events",
    "cited_by_run",
    "library",
]

METHODS: Mapping[str, tuple[str, ...]] = {
    "cwola": ("Collins:2019jip", "Metodiev:2017vrx"),
    "anode": ("Nachman:2020lpy",),
    "ranode": ("Das:2023bcj",),
    "cathode": ("Hallin:2021wme",),
    "lacathode": ("Hallin:2022eoq", "Hallin:2021wme"),
    "idealised": ("Hallin:2021wme",),
    "supervised": ("Hallin:2021wme",),
    "combination": ("Golling:2023yjq",),
    "full-cathode": ("Buhmann:2023acn",),
    "cloud-transformer": ("Buhmann:2023acn",),
    "epic-fm": ("Buhmann:2023zgc", "Lipman:2022fm"),
    "subjets": ("Catani:1993hr",),
    "cloud-diffusion": ("Mikuni:2023dvk", "Lu:2022dpm"),
    "realnvp": ("Dinh:2016nvp", "Rozet:2022zuko"),
    "quadratic": ("Muller:2018nis", "Rozet:2022zuko"),
    "nsf": ("Durkan:2019nsq", "Rozet:2022zuko"),
    "nsf-ar": ("Durkan:2019nsq", "Papamakarios:2017maf", "Rozet:2022zuko"),
    "maf": ("Papamakarios:2017maf", "Rozet:2022zuko"),
    "cvae": ("Kingma:2013vae",),
    "ddpm": ("Ho:2020ddpm", "Lu:2022dpm"),
    "cfm": ("Lipman:2022fm",),
    "autoregressive": ("Butter:2023gpt",),
    "outlier": ("Heimel:2018mkt", "Farina:2018fyg"),
    "ae": ("Heimel:2018mkt", "Farina:2018fyg"),
    "nae": ("Yoon:2021nae", "Dillon:2022mkq"),
    "ngae": ("Yoon:2021nae", "Dreyer:2018nbf", "Dreyer:2020brq"),
    "wnae": ("CMS:2025wnae", "Yoon:2021nae", "Flamary:2021pot"),
    "mlp": ("Hallin:2021wme",),
    "trees": ("Finke:2023ltw", "Ke:2017lightgbm", "Pedregosa:2011sklearn"),
}
"""Registry name of an estimator -> keys in references.bib."""

DEFAULTS: Mapping[str, tuple[str, str]] = {"ensemble": ("model", "trees")}
"""Estimators that run.toml may leave without a part: which part, and what is used then."""

VERBS: Mapping[str, tuple[str, ...]] = {
    "hunt": ("Cowan:2010js",),
    "benchmark": ("Gallicchio:2010dq",),
    "quality": ("LopezPaz:2016c2st", "Pedregosa:2011sklearn", "Heusel:2017fid"),
    "limit": ("Cowan:2010js", "Read:2002hq"),
    "integrate": (
        "Heimel:2022madnis", "Heimel:2023madnis", "Lepage:2020vegas", "Kleiss:1994qy", "Muller:2018nis",
        "Durkan:2019nsq", "Bierlich:2022pfr",
    ),
}  # fmt: skip
"""What a command rests on whatever its settings: significances, the SIC, the two-sample test and a distance, CLs,
neural importance sampling with the splines and the parton densities that ours uses."""

PROCESSES: Mapping[str, tuple[str, ...]] = {
    "lhco-rnd": ("Kasieczka:2021xcg",),
    "wprime-xy": ("Kasieczka:2021xcg",),
    "wprime-xy3": ("Kasieczka:2021xcg",),
    "qstar-qw": ("Baur:1989kv",),
    "zprime-tt": ("Altarelli:1989ff",),
    "svj": ("Cohen:2015toa", "Cohen:2017pzm"),
    "lhe": ("Alwall:2006yp",),
}
"""Process or mixture -> the papers that define it; those that need none are left out."""

DETECTORS: Mapping[str, tuple[str, ...]] = {"DelphesCMS": ("deFavereau:2013fsa",)}

FEATURES: Mapping[str, tuple[str, ...]] = {
    "tau": ("Thaler:2010tr", "Thaler:2011gf"),
    "c2_": ("Larkoski:2013eya",),
    "d2_": ("Larkoski:2014gra",),
    "n2_": ("Moult:2016cvt",),
    "msd_": ("Larkoski:2014wba",),
}
"""How the columns of a feature begin -> its papers."""

_SIMULATION = ("Bierlich:2022pfr",)
_JETS = ("Cacciari:2011ma", "Cacciari:2008gp")
_DEMO = {"process": "lhco-rnd", "detector": "DelphesCMS"}
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
    """BibTeX of the methods, programs and data that a run or a production used, resonaut itself first.

    Args:
        run: A run's folder, a production's file, or the `FILE.run` beside it.

    Raises:
        ResonautError: there is no finished run.
    """
    production = FinishedProduction.at(run)
    if production is not None:
        return as_bibtex(cited_by_events(production.origin, production.features))
    if run.is_file() and (origin := read_origin(run)):  # a production's file without its FILE.run
        return as_bibtex(cited_by_events(origin, column_names(run)))
    folder = RunFolder.existing(run)
    return as_bibtex(cited_by_run(folder.settings(), folder.provenance()))


def as_bibtex(references: Sequence[Reference]) -> str:
    """The entries, for a .bib file."""
    return "\n\n".join(reference.entry for reference in references) + "\n"


def cited_by_run(settings: Mapping[str, Any], provenance: Mapping[str, Any] | None = None) -> list[Reference]:
    """The references of a run with these settings (run.toml) on events of this provenance, each once."""
    run: Mapping[str, Any] = settings.get("run", {})
    keys = ["resonaut"]
    for name in _names(settings):
        keys += METHODS.get(name, ())
    keys += VERBS.get(str(run.get("verb", "")), ())
    keys += PROCESSES.get(str(run.get("process", "")), ())
    keys += _data(run, (provenance or {}).get("origin", {}))
    return _books(keys)


def cited_by_events(origin: Mapping[str, str], columns: Sequence[str]) -> list[Reference]:
    """The references of simulated events of this origin that have these columns, each once."""
    return _books(["resonaut", *_simulated(origin), *_features(columns)])


def _books(keys: Sequence[str]) -> list[Reference]:
    books = library()
    return [books[key] for key in dict.fromkeys(keys)]


@cache
def library() -> Mapping[str, Reference]:
    """Every entry of references.bib by its key."""
    text = resources.files("resonaut.report").joinpath("references.bib").read_text(encoding="utf-8")
    entries = [match[0] for match in re.finditer(r"^@.*?^\}", text, flags=re.MULTILINE | re.DOTALL)]
    return {reference.key: reference for reference in map(_parse, entries)}


def _data(run: Mapping[str, Any], origin: Mapping[str, str]) -> list[str]:
    """What the events and their features come from, as far as the settings and the events themselves tell."""
    events, layout = str(run.get("events", run.get("train", ""))), str(run.get("format", ""))
    origin = _DEMO if events == "demo" else origin
    keys = _simulated(origin) if origin else []
    if layout.startswith("lhco") or "events_anomalydetection" in events:
        keys += (*_OLYMPICS, *_JETS)
    columns = [column for name in run.get("features", ()) for column in FEATURE_SETS.get(name) or name.split(",")]
    return keys + _features(columns)


def _simulated(origin: Mapping[str, str]) -> list[str]:
    """What `resonaut simulate` rests on, by the note in its file."""
    detector, process = DETECTORS.get(origin.get("detector", ""), ()), PROCESSES.get(origin.get("process", ""), ())
    return [*_SIMULATION, *detector, *_JETS, *process]


def _features(columns: Sequence[str]) -> list[str]:
    return [key for start, keys in FEATURES.items() if any(name.startswith(start) for name in columns) for key in keys]


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
