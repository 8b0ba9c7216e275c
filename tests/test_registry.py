"""Families of methods: names, tables and instances are read alike; mistakes are answered with what exists."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from resonaut import registry
from resonaut.errors import ConfigError
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer
from resonaut.registry import (
    AnyDensity,
    AnyTractableDensity,
    check_config,
    dump_config,
    members,
    names,
    read_config,
    register,
    settings,
)

KINDS = ["scaling", "density", "classifier", "outlier", "graph-outlier", "search"]
EVERY_MEMBER = [(kind, name) for kind in KINDS for name in members(kind)]


@settings
@dataclass
class WithDensity:
    density: AnyDensity = field(default_factory=SplineFlow)


@settings
@dataclass
class WithLikelihood:
    density: AnyTractableDensity = field(default_factory=SplineFlow)


@pytest.fixture
def family(monkeypatch):
    """Names registered in a test are forgotten after it."""
    monkeypatch.setattr(registry, "_ADDED", {kind: dict(family) for kind, family in registry._ADDED.items()})
    registry._adapter.cache_clear()
    yield
    registry._adapter.cache_clear()


@dataclass
class Sampler:
    """A density without a likelihood."""

    width: float = 1.0

    def fit(self, x, context, *, weight=None, seed=None):
        return self

    def sample(self, context, *, seed=None):
        return np.zeros((len(context), 1))


@pytest.mark.parametrize(("kind", "name"), EVERY_MEMBER)
def test_what_is_written_down_is_read_back(kind, name):
    default = members(kind)[name]()
    written = dump_config(default)
    assert written["name"] == name
    assert dump_config(read_config(kind, written)) == written
    assert dump_config(read_config(kind, name)) == written


@settings
@dataclass(kw_only=True)
class WithBounds:
    low: float | None = None
    high: float | None = 3.0


@settings
@dataclass(kw_only=True)
class WithNested:
    bounds: WithBounds = field(default_factory=lambda: WithBounds(low=1.0))
    name: str = "x"


def test_what_is_none_is_read_back_as_none_whatever_the_default():
    for low, high in [(None, 3.0), (1.0, None), (None, None)]:
        given = WithNested(bounds=WithBounds(low=low, high=high))
        written = dump_config(given)
        assert None not in written["bounds"].values()  # TOML has none
        assert read_config(WithNested, written) == given
    # And by hand.
    assert read_config(WithBounds, {"low": "none", "high": "none"}) == WithBounds(low=None, high=None)
    # A word like any other where nothing can be None.
    assert read_config(WithNested, {"name": "none"}).name == "none"
    with pytest.raises(ConfigError, match="epochs"):
        read_config(Trainer, {"epochs": "none"})


def test_a_name_a_table_and_an_instance_are_the_same():
    of_name = read_config(WithDensity, {"density": "nsf"})
    of_table = read_config(WithDensity, {"density": {"name": "nsf", "bins": 10}})
    of_instance = read_config(WithDensity, {"density": SplineFlow()})
    assert of_name == of_table == of_instance == WithDensity()


def test_an_instance_is_checked_like_a_table():
    assert check_config(SplineFlow(bins=7)) == SplineFlow(bins=7)
    with pytest.raises(ConfigError, match=r"bins.*'many'"):
        check_config(SplineFlow(bins="many"))
    with pytest.raises(ConfigError, match=r"trainer\.epochs.*-1"):
        read_config(WithDensity, {"density": SplineFlow(trainer=replace(Trainer(), epochs=-1))})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("nfs", ["density 'nfs' is unknown", "choose from", "nsf"]),
        ({"bins": 8}, ["has no name", "nsf"]),
        ({"name": "nsf", "binz": 8}, ["'binz' is unknown", "transforms", "bins"]),
        ({"name": "nsf", "bins": "eight"}, ["nsf.bins", "integer", "'eight'"]),
        ({"name": "nsf", "trainer": {"epoch": 3}}, ["nsf.trainer", "'epoch' is unknown", "epochs"]),
        ({"name": "nsf", "scaling": "logti"}, ["nsf.scaling", "'logti' is unknown", "quantile"]),
        ({"name": "nsf", "trainer": {"patience": 3}}, ["patience is 3", "validation_fraction"]),
        (3, ["by name", "nsf"]),
    ],
)
def test_a_mistake_is_answered_in_one_line_with_what_would_do(data, words):
    with pytest.raises(ConfigError) as error:
        read_config("density", data)
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_what_a_method_needs_is_refused_before_anything_runs(family):
    register("density", "sampler")(Sampler)
    assert read_config(WithDensity, {"density": "sampler"}).density == Sampler()
    assert "sampler" not in members("density", needs=("log_prob",))
    with pytest.raises(ConfigError, match=r"'sampler' has no log_prob.*choose from .*nsf"):
        read_config(WithLikelihood, {"density": "sampler"})


def test_a_class_without_a_name_works_from_python_but_cannot_be_written_down(family):
    @dataclass
    class Mine(Sampler):
        pass

    assert isinstance(check_config(WithDensity(density=Mine())).density, Mine)
    with pytest.raises(ConfigError, match="no name"):
        dump_config(WithDensity(density=Mine()))
    with pytest.raises(ConfigError, match="by name"):
        check_config(WithLikelihood(density=Mine()))


def test_a_name_belongs_to_one_class(family):
    with pytest.raises(ConfigError, match="'nsf' is"):
        register("density", "nsf")(Sampler)
    with pytest.raises(ConfigError, match="@dataclass"):
        register("density", "plain")(int)


def test_installed_packages_add_members(family, monkeypatch):
    found = [
        EntryPoint("sampler", "somewhere:Sampler", "resonaut.density"),
        EntryPoint("broken", "no_such_package:Density", "resonaut.density"),
    ]
    monkeypatch.setitem(sys.modules, "somewhere", sys.modules[__name__])
    monkeypatch.setattr(registry, "entry_points", lambda group: found if group == "resonaut.density" else [])
    assert {"nsf", "sampler", "broken"} <= set(names("density"))
    with pytest.warns(UserWarning, match=r"'broken' .* cannot be used"):
        assert read_config("density", {"name": "sampler", "width": 2}) == Sampler(width=2.0)


def test_names_cost_no_heavy_import():
    code = "import sys, resonaut.registry as r; r.names('density'); print({'torch', 'sklearn'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
