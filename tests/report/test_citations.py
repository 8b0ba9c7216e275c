"""A run is cited by what its settings name, and every entry is whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.errors import RunError
from resonaut.events.origin import with_origin
from resonaut.features.observables import FEATURES as COMPUTABLE
from resonaut.plots.labels import axis_label
from resonaut.registry import names
from resonaut.report.citations import DETECTORS, FEATURES, METHODS, PROCESSES, VERBS, bibtex, cited_by_run, library
from resonaut.simulation.detector import DETECTORS as KNOWN_DETECTORS
from resonaut.simulation.processes import FROM_FILE, MIXTURES
from resonaut.simulation.processes import PROCESSES as SIMULATED

# Title words and identifier of each, as the papers themselves have them.
SEARCHES = {
    "Metodiev:2017vrx": ("Classification without labels", "1708.02949"),
    "Collins:2019jip": ("Extending the search for new resonances", "1902.02634"),
    "Nachman:2020lpy": ("Anomaly Detection with Density Estimation", "2001.04990"),
    "Das:2023bcj": ("Residual ANODE", "2312.11629"),
    "Hallin:2022eoq": ("without background sculpting", "2210.14924"),
    "Buhmann:2023acn": ("Full Phase Space Resonant Anomaly Detection", "2310.06897"),
    "Golling:2023yjq": ("interplay of machine learning-based resonant", "2307.11157"),
}
KNOWN = {
    "Hallin:2021wme": ("Classifying anomalies through outer density estimation", "2109.00546"),
    **SEARCHES,
    "Durkan:2019nsq": ("Neural Spline Flows", "1906.04032"),
    "Finke:2023ltw": ("Tree-based algorithms for weakly supervised anomaly detection", "2309.13111"),
    "Kasieczka:2021xcg": ("community challenge for anomaly detection", "2101.08320"),
    "LHCO:2019rnd": ("R&D Dataset for LHC Olympics 2020", "10.5281/zenodo.4536377"),
    "Cacciari:2011ma": ("FastJet User Manual", "1111.6097"),
    "Cacciari:2008gp": ("jet clustering algorithm", "0802.1189"),
    "Bierlich:2022pfr": ("PYTHIA 8.3", "2203.11601"),
    "deFavereau:2013fsa": ("DELPHES 3", "1307.6346"),
    "Thaler:2010tr": ("N-subjettiness", "1011.2268"),
    "Thaler:2011gf": ("Maximizing Boosted Top Identification", "1108.2701"),
    "Larkoski:2013eya": ("Energy Correlation Functions", "1305.0007"),
    "Larkoski:2014gra": ("Power Counting", "1409.6298"),
    "Moult:2016cvt": ("New Angles", "1609.07483"),
    "Larkoski:2014wba": ("Soft Drop", "1402.2657"),
    "Cowan:2010js": ("Asymptotic formulae", "1007.1727"),
}
OTHER_FEATURES = {"Larkoski:2013eya", "Larkoski:2014gra", "Moult:2016cvt", "Larkoski:2014wba"}


def keys(text: str) -> list[str]:
    return re.findall(r"^@\w+\{([^,]+),$", text, flags=re.MULTILINE)


def test_the_demo_hunt_cites_methods_simulation_and_features(make_run: Any) -> None:
    found = keys(bibtex(make_run()))
    assert found[0] == "resonaut"
    programs = {"resonaut", "Rozet:2022zuko", "Ke:2017lightgbm", "Pedregosa:2011sklearn"}
    assert set(found) == programs | set(KNOWN) - {"LHCO:2019rnd"} - OTHER_FEATURES - set(SEARCHES)
    assert len(found) == len(set(found))


def test_olympics_events_cite_the_data_set_and_no_simulation_of_ours(make_run: Any) -> None:
    found = keys(bibtex(make_run(events="events_anomalydetection_v2.features.h5")))
    assert {"LHCO:2019rnd", "Kasieczka:2021xcg"} <= set(found)
    assert "Bierlich:2022pfr" not in found


def test_own_events_cite_neither(make_run: Any) -> None:
    found = keys(bibtex(make_run(events="mine.parquet", features=("mj1", "mj2"))))
    assert not {"LHCO:2019rnd", "Kasieczka:2021xcg", "Bierlich:2022pfr", "Thaler:2010tr"} & set(found)
    assert "Hallin:2021wme" in found


def test_what_made_the_events_is_cited_wherever_they_went(make_run: Any) -> None:
    """The hunt noted what its file said; another name of the file changes nothing."""
    run = make_run(events="mine.parquet", features=("mj1", "mj2"))
    provenance = json.loads((run / "provenance.json").read_text())
    provenance["origin"] = {"process": "lhco-rnd", "detector": "DelphesCMS"}
    (run / "provenance.json").write_text(json.dumps(provenance))
    assert {"Bierlich:2022pfr", "deFavereau:2013fsa", "Cacciari:2011ma", "Kasieczka:2021xcg"} <= set(keys(bibtex(run)))
    provenance["origin"] = {"process": "qcd", "detector": "NoDetector"}
    (run / "provenance.json").write_text(json.dumps(provenance))
    assert not {"deFavereau:2013fsa", "Kasieczka:2021xcg"} & set(keys(bibtex(run)))


def test_every_feature_that_can_be_made_has_a_name_on_its_axis() -> None:
    assert [column for column in COMPUTABLE if axis_label(column) == column] == []


def test_features_are_cited_by_their_columns(make_run: Any) -> None:
    assert set(keys(bibtex(make_run(features=("c2_b10_1", "msd_2"))))) & {"Thaler:2010tr", *OTHER_FEATURES} == {
        "Larkoski:2013eya",
        "Larkoski:2014wba",
    }


def test_the_table_names_processes_that_there_are() -> None:
    assert set(PROCESSES) <= {*MIXTURES, *SIMULATED, *FROM_FILE}
    assert set(DETECTORS) <= set(KNOWN_DETECTORS)


def test_a_file_alone_is_cited_by_what_it_says(tmp_path: Path) -> None:
    table = with_origin(pa.table({"mjj": [3500.0], "tau21_1": [0.5]}), {"process": "qcd", "detector": "DelphesCMS"})
    pq.write_table(table, tmp_path / "events.parquet")
    assert keys(bibtex(tmp_path / "events.parquet")) == [
        "resonaut",
        "Bierlich:2022pfr",
        "deFavereau:2013fsa",
        "Cacciari:2011ma",
        "Cacciari:2008gp",
        "Thaler:2010tr",
        "Thaler:2011gf",
    ]
    pq.write_table(pa.table({"mjj": [3500.0]}), tmp_path / "other.parquet")
    with pytest.raises(RunError, match="not a run folder"):
        bibtex(tmp_path / "other.parquet")


def test_only_what_a_run_is_composed_of_is_cited_by_run() -> None:
    settings = {
        "run": {"verb": "hunt"},
        "search": {"name": "crossfit", "search": {"name": "cathode", "density": {"name": "x"}}},
    }
    assert [reference.key for reference in cited_by_run(settings)] == ["resonaut", "Hallin:2021wme", "Cowan:2010js"]


def test_a_part_left_at_its_default_is_cited_too() -> None:
    """`Ensemble()` is one of boosted trees, and its run.toml names no model."""
    named = cited_by_run({"search": {"name": "ensemble", "model": {"name": "trees"}}})
    assert cited_by_run({"search": {"name": "ensemble"}}) == named
    assert "Finke:2023ltw" in [reference.key for reference in named]
    assert "Finke:2023ltw" not in [
        reference.key for reference in cited_by_run({"search": {"name": "ensemble", "model": {"name": "other"}}})
    ]


def test_every_search_is_cited() -> None:
    assert set(names("search")) - {"crossfit"} <= set(METHODS)
    cited = {reference.key for name in names("search") for reference in cited_by_run({"search": {"name": name}})}
    assert set(SEARCHES) <= cited


def test_every_method_of_the_table_has_its_entries() -> None:
    tables = (METHODS, VERBS, PROCESSES, DETECTORS, FEATURES)
    assert {key for table in tables for keys in table.values() for key in keys} <= set(library())


def test_every_entry_can_be_cited_and_read() -> None:
    for key, reference in library().items():
        assert {"author", "title", "year"} <= set(reference.fields), key
        assert reference.entry.count("{") == reference.entry.count("}"), key
        assert key == "resonaut" or re.fullmatch(r"(19|20)\d\d", reference.fields["year"])
        assert not re.search(r"[{}\\$]", str(reference)), key


@pytest.mark.parametrize("key", KNOWN)
def test_entries_are_the_papers(key: str) -> None:
    title, identifier = KNOWN[key]
    reference = library()[key]
    assert title in reference.fields["title"]
    assert reference.link is not None
    assert identifier in reference.link[0]


def test_one_line_for_people() -> None:
    assert str(library()["Hallin:2021wme"]) == (
        "Hallin et al.: Classifying anomalies through outer density estimation, Phys. Rev. D 106 (2022) 055006"
    )
    assert str(library()["Rozet:2022zuko"]) == "Rozet: Zuko: Normalizing flows in PyTorch, Zenodo (2022)"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        bibtex(tmp_path)
