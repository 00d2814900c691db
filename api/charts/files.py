"""Charts as picture files, drawn in this process: no browser, no network."""

from pathlib import Path
from typing import Protocol

from api.files import write_file
from catalog import InvalidInputError

SCALE = 2
KINDS = (".png", ".svg", ".json")


class Chart(Protocol):
    """What an Altair chart is, of any kind."""

    def to_json(self) -> str:
        """Return the Vega-Lite specification."""


def save_chart(chart: Chart, name: str) -> None:
    """Write a chart as a .png or .svg picture or its .json specification. Raises InvalidInputError where it cannot."""
    path = Path(name)
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise InvalidInputError(
            f"{name} is no picture file", f"end its name with {', '.join(KINDS[:-1])} or {KINDS[-1]}"
        )
    spec = chart.to_json()
    write_file(name, _drawn(spec, kind))


def _drawn(spec: str, kind: str) -> bytes | str:
    if kind == ".json":
        return spec
    import vl_convert

    return vl_convert.vegalite_to_png(spec, scale=SCALE) if kind == ".png" else vl_convert.vegalite_to_svg(spec)
