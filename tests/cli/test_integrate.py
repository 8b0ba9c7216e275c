"""`resonaut integrate`: a run folder, a file of events, and one line where something cannot be."""

from __future__ import annotations

import json

import pytest

from resonaut.cli import main
from resonaut.report.citations import bibtex
from resonaut.simulation.lhe import LheFile

pytest.importorskip("pythia8mc")
FEW = ["--set", "integrator.points=4000", "--set", "integrator.grid_points=1500", "--evaluations", "5000"]
SMALL = [*FEW, "--refine", "never"]


def test_a_run_has_its_cross_section_and_its_events(tmp_path, capsys):
    out, lhe = tmp_path / "run", tmp_path / "events.lhe.gz"
    command = ["integrate", "drell-yan", *SMALL, "--mll-min", "1000", "--zprime-mass", "3000", "--seed", "1"]
    command += ["--events", "300", "--lhe", str(lhe), "--out", str(out)]
    for said in ("VEGAS grid", "is complete"):  # the second time nothing is computed
        with pytest.raises(SystemExit) as exit:
            main(command)
        assert exit.value.code == 0
        assert said in capsys.readouterr().out
    result = json.loads((out / "result.json").read_text())
    assert result["process"] == "drell-yan"
    assert 0 < result["error_pb"] < 0.05 * result["cross_section_pb"]
    assert 0.1 < result["unweighting_efficiency"] < 1
    events = LheFile.read(lhe)
    assert events.n_events == 300
    assert events.cross_section_pb == pytest.approx(result["cross_section_pb"], rel=1e-6)
    page = (out / "report.html").read_text()
    assert "The cross-section is" in page
    assert page.count('<tr><td class="text">') >= len(result["channels"]) == 3  # photon, Z, Z'
    assert f"{sum(group['integral'] for group in result['channels']):.10g}" == f"{result['cross_section_pb']:.10g}"
    assert "VEGAS grid was used as it is" in page
    assert "Heimel:2023madnis" in bibtex(out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["higgs"], "unknown process 'higgs'"),
        (["drell-yan", "--set", "mass_x=3"], "has no parameter 'mass_x'"),
        (["drell-yan", "--mll-min", "-3"], "parameter mll_min of drell-yan is -3"),
        (["w-jet", "--pt-min", "0.5"], "pt_min 0.5 GeV"),
        (["drell-yan", "--pt-min", "50"], "has no parameter 'pt_min'"),
        (["wprime-xy", "--set", "mass_x=4000"], "cannot decay to X of 4000"),
        (["drell-yan", "--events", "10"], "give both, or neither"),
        (["drell-yan", "--set", "integrator.loss=chi2"], "loss"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as exit:
        main(["integrate", *arguments, "--out", str(tmp_path / "run")])
    assert exit.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
