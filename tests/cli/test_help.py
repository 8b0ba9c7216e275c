"""Every verb explains itself, quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest

from resonaut.cli import app, main

VERBS = [name for name in app if not name.startswith("-")]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main([verb, "--help"])
    assert exit.value.code == 0
    assert f"resonaut {verb}" in capsys.readouterr().out


def test_simulate_names_every_process_and_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    from resonaut.simulation.processes import FROM_FILE, MIXTURES, PROCESSES

    for option in ("--list", "--help"):
        with pytest.raises(SystemExit) as exit:
            main(["simulate", option])
        assert exit.value.code == 0
        said = capsys.readouterr().out
        assert all(name in said for name in (*MIXTURES, *PROCESSES, *FROM_FILE))
        if option == "--list":
            assert all(f"{name}=" in said for process in PROCESSES.values() for name in process.free)


def test_help_imports_nothing_heavy() -> None:
    heavy = "torch lightning_fabric sklearn matplotlib zuko pythia8mc fastjet numba awkward pyarrow"
    code = f"""
import sys
from resonaut.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print(sorted(set("{heavy}".split()) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import resonaut

    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == resonaut.__version__
