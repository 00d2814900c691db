"""Plans and frontiers in a notebook: sound markup, what the document says, nothing that a name can break."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from optimizer import frontier
from optimizer.fleet.frontier import Frontier
from optimizer.fleet.plan import Plan
from optimizer.showing.charts import bars, steps
from tests.optimizer.fleet.market import catalog, offer, plan, request, snapshot

OFFERS = (offer("40.00"), offer("16.20", term="spot"), offer("45.00", provider="gcp"))
NASTY = '<script>alert("x")</script> & co'


def tree(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)  # noqa: S314  # our own


def words(html: str) -> str:
    return " ".join("".join(tree(html).itertext()).split())


class Console:
    """A printer that remembers."""

    def __init__(self) -> None:
        self.printed = ""

    def text(self, text: str) -> None:
        """Add text."""
        self.printed += text


def chat() -> Plan:
    return plan(request(), OFFERS)


def rising() -> Frontier:
    return frontier(request(), prices=snapshot(*OFFERS), catalog=catalog(), tolerance_fraction=0.1)


def test_a_plan_says_what_it_costs_and_how_sure_that_is() -> None:
    found, line = words(chat()._repr_html_()), chat().lines[0]
    assert f"${chat().cost_usd_per_hour:,.2f}/h" in found
    assert "proved cheapest, verified" in found
    assert line.instance_type in found
    assert line.evidence.kind in found
    assert f"plan {chat().plan_id}" in found


def test_alternatives_are_bars_each_fleet_once() -> None:
    labels = [text.text or "" for text in tree(chat()._repr_html_()).iter("{http://www.w3.org/2000/svg}text")]
    assert "this plan" == labels[0]
    assert any("spot" in label for label in labels)


def test_a_plan_without_a_fleet_says_what_would_fit() -> None:
    found = plan(request(limits={"max_usd_per_hour": 0.01}), OFFERS)
    assert "Nothing fits" in words(found._repr_html_())
    assert found.conflicts[0].smallest_change in words(found._repr_html_())


def test_a_name_cannot_break_out() -> None:
    line = replace(chat().lines[0], instance_type=NASTY)
    html = replace(chat(), lines=(line,))._repr_html_()
    assert "<script>" not in html
    assert NASTY in words(html)


def test_a_frontier_is_a_staircase_and_its_steps() -> None:
    found = rising()
    assert len(found.points) > 1
    html = found._repr_html_()
    dots = list(tree(html).iter("{http://www.w3.org/2000/svg}circle"))
    assert len(found.points) == len(dots)
    assert all(point.summary in words(html) for point in found.points)


def test_a_frontier_of_names_has_no_staircase() -> None:
    found = frontier(request(), axis="quality", prices=snapshot(*OFFERS), catalog=catalog())
    assert "<svg" not in found._repr_html_()
    assert found.points[0].summary in words(found._repr_html_())


def test_an_empty_frontier_says_so() -> None:
    assert "Nothing fits" in words(replace(rising(), points=())._repr_html_())


@pytest.mark.parametrize("cost", [40.0, None])
def test_a_console_prints_a_line(cost: float | None) -> None:
    console = Console()
    replace(chat(), cost_usd_per_hour=cost)._repr_pretty_(console, cycle=False)
    rising()._repr_pretty_(console, cycle=False)
    assert ("$40.00/h" if cost else "nothing fits") in console.printed
    assert "Frontier of cost against speed" in console.printed


@pytest.mark.parametrize("points", [[(1.0, 2.0), (3.0, 4.0)], [(1.0, 2.0), (3.0, 400.0)], [(1.0, 2.0)]])
def test_steps_stay_on_the_picture(points: list[tuple[float, float]]) -> None:
    drawn = tree(steps(points, "x", "y", "t"))
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    for dot in drawn.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 <= float(dot.attrib["cx"]) <= width
        assert 0 <= float(dot.attrib["cy"]) <= height


def test_the_longest_bar_is_the_dearest() -> None:
    drawn = tree(bars([("a", 1.0, "1"), ("b", 3.0, "3"), ("c", 2.0, "2")], "t"))
    lengths = [float(bar.attrib["width"]) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert max(lengths) == lengths[1]
