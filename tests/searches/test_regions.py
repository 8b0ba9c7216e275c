"""The arithmetic of mass windows: signal region and sidebands divide the window, edges belong to one side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonaut.errors import RegionError
from resonaut.searches.regions import Region

EDGES = st.lists(st.floats(1.0, 1e5), min_size=4, max_size=4, unique=True).map(sorted)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Any four masses in order."""
    outer_low, low, high, outer_high = draw(EDGES)
    return Region(low, high, outer_low, outer_high)


def masses(region: Region, others: list[float]) -> np.ndarray:
    """Some masses, the edges and their nearest neighbours among them, where mistakes are."""
    edges = np.array([*region.window, *region.sidebands])
    return np.concatenate([others, edges, np.nextafter(edges, 0), np.nextafter(edges, np.inf)])


@settings(deadline=None)
@given(region=regions(), others=st.lists(st.floats(0.0, 2e5), max_size=20))
def test_signal_region_and_sidebands_divide_the_window(region, others):
    mass = masses(region, others)
    signal, sidebands, window = region.in_signal(mass), region.in_sidebands(mass), region.in_window(mass)
    assert not (signal & sidebands).any()
    assert ((signal | sidebands) == window).all()
    assert (window == ((region.sideband_low <= mass) & (mass < region.sideband_high))).all()
    # There are sidebands on both sides.
    assert (sidebands & (mass < region.low)).any()
    assert (sidebands & (mass >= region.high)).any()


@settings(deadline=None)
@given(region=regions())
def test_the_lower_edge_is_inside_and_the_upper_is_not(region):
    low, high = region.window
    assert region.in_signal(np.array([np.nextafter(low, 0), low, np.nextafter(high, 0), high])).tolist() == [
        False,
        True,
        True,
        False,
    ]


@settings(deadline=None)
@given(
    region=regions(),
    others=st.lists(st.floats(0.0, 2e5), max_size=20),
    widths=st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)),
)
def test_a_neighbourhood_grows_with_its_width_and_stays_in_the_sidebands(region, others, widths):
    mass = masses(region, others)
    narrow, wide = (region.in_neighbourhood(mass, width) for width in sorted(widths))
    assert not (narrow & ~wide).any()
    assert not (wide & ~region.in_sidebands(mass)).any()
    assert (region.in_neighbourhood(mass, np.inf) == region.in_sidebands(mass)).all()
    assert not region.in_neighbourhood(mass, 0.0).any()


def test_the_default_is_the_olympics_region_with_300_gev_next_to_it():
    mass = np.arange(2000.0, 5500.0, 50.0)
    region = Region()
    assert (region.window, region.sidebands) == ((3300, 3700), (2300, 5000))
    near = mass[region.in_neighbourhood(mass)]
    assert near.tolist() == [*np.arange(3000.0, 3300.0, 50.0), *np.arange(3700.0, 4000.0, 50.0)]


@settings(deadline=None)
@given(mass=st.floats(1.0, 1e5))
def test_no_mass_that_is_not_a_number_lies_anywhere(mass):
    region = Region()
    nan = np.array([np.nan, mass])
    for inside in (region.in_signal, region.in_window, region.in_sidebands, region.in_neighbourhood):
        assert not inside(nan)[0]


@settings(deadline=None)
@given(region=regions())
def test_the_command_lines_spelling_is_read_back(region):
    text = [f"{low!r}:{high!r}" for low, high in (region.window, region.sidebands)]
    assert Region.parse(*text) == region


def test_a_region_says_what_it_is():
    assert str(Region()) == "3300:3700 GeV (sidebands 2300:5000)"


@settings(deadline=None)
@given(edges=st.permutations([2300.0, 3300.0, 3700.0, 5000.0]))
def test_only_edges_in_order_make_a_region(edges):
    outer_low, low, high, outer_high = edges
    if edges == sorted(edges):
        Region(low, high, outer_low, outer_high)
        return
    with pytest.raises(RegionError, match=r"\A[^\n]*(wrong way round|beyond both sides)[^\n]*\Z"):
        Region(low, high, outer_low, outer_high)


@pytest.mark.parametrize(
    ("region", "sidebands", "message"),
    [
        ("3700:3300", "2300:5000", "signal region 3700:3300 is the wrong way round; write LOW:HIGH"),
        ("3300:3300", "2300:5000", "signal region 3300:3300 is the wrong way round"),
        ("3300:3700", "5000:2300", "sidebands 5000:2300 are the wrong way round"),
        ("3300:3700", "3300:5000", "sidebands 3300:5000 do not reach beyond both sides of the signal region 3300:3700"),
        ("3300:3700", "2300:3700", "sidebands 2300:3700 do not reach beyond both sides"),
        ("3300:3700", "3400:3600", "do not reach beyond both sides"),
        ("3300-3700", "2300:5000", "region '3300-3700' is not an interval; write LOW:HIGH in GeV, such as 3300:3700"),
        ("3300:3700", "2300", "sidebands '2300' is not an interval"),
        ("3300:3700:3800", "2300:5000", "is not an interval"),
        ("a:b", "2300:5000", "region 'a:b' is not an interval"),
        ("-1:3700", "2300:5000", "must be positive finite masses in GeV"),
        ("3300:3700", "2300:inf", "must be positive finite masses in GeV"),
        ("nan:3700", "2300:5000", "must be positive finite masses in GeV"),
    ],
)
def test_impossible_regions_are_refused_in_one_line(region, sidebands, message):
    with pytest.raises(RegionError, match=message) as refused:
        Region.parse(region, sidebands)
    assert "\n" not in str(refused.value)
