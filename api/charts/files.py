"""Charts as picture files, drawn in this process: no browser, no network."""

from pathlib import Path
from typing import Protocol

from api.files import write_file
from catalog import InvalidInputError

SCALE = 2
KINDS = (".png", ".svg")


class Chart(Protocol):
    """What an Altair chart is, of any kind."""

    def to_json(self) -> str:
        """Return the Vega-Lite specification."""


def save_chart(chart: Chart, name: str) -> None:
    """Write a chart to a .png or .svg file. Raises InvalidInputError where it cannot be written."""
    import vl_convert

    path = Path(name)
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise InvalidInputError(f"{name} is no picture file", f"end its name with {' or '.join(KINDS)}")
    spec = chart.to_json()
    picture = vl_convert.vegalite_to_png(spec, scale=SCALE) if kind == ".png" else vl_convert.vegalite_to_svg(spec)
    write_file(name, picture)
