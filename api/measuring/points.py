"""Points: what one benchmark run says, in the same form for every tool."""

from dataclasses import dataclass, fields, replace

from catalog import InvalidInputError

Metrics = tuple[tuple[str, float], ...]
MOST_FAILED = 0.05
TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Stated:
    """What was measured on, as a file or the user spells it; None where it is not said."""

    model: str | None = None
    gpu: str | None = None
    gpus: int | None = None
    nodes: int | None = None
    tp: int | None = None
    pp: int | None = None
    quantization: str | None = None
    kv_dtype: str | None = None
    engine: str | None = None
    engine_version: str | None = None
    link: str | None = None

    def filled(self, other: "Stated") -> "Stated":
        """Return this with its gaps filled from another."""
        gaps = {item.name: getattr(other, item.name) for item in fields(self) if getattr(self, item.name) is None}
        return replace(self, **gaps)


@dataclass(frozen=True, slots=True)
class Point:
    """One run at one load. `where` says which part of the file it is.

    A closed loop has a concurrency, an open one a request rate; neither and not `online`: everything at once.
    `metrics` are named as measurement files name them, with their units. `assumed` is what the file leaves open.
    """

    tool: str
    where: str
    day: str
    stated: Stated
    input_tokens: float | None
    output_tokens: float | None
    concurrency: float | None
    request_rate: float | None
    requests: float | None
    online: bool
    metrics: Metrics
    notes: str = ""
    assumed: tuple[str, ...] = ()

    def under(self, concurrency: float | None, request_rate: float | None) -> "Point":
        """Return this under the user's load, where the file says none. Raises InvalidInputError where it says one."""
        if concurrency is None and request_rate is None:
            return self
        stated = (self.concurrency, self.request_rate)
        if not self.online or stated not in {(None, None), (concurrency, request_rate)}:
            raise refuse(self.where, f"the file says its load itself: {self._load}", "drop the option")
        return replace(self, concurrency=concurrency, request_rate=request_rate)

    @property
    def _load(self) -> str:
        if self.concurrency is not None:
            return f"concurrency {self.concurrency:g}"
        return "all at once" if self.request_rate is None else f"{self.request_rate:g} requests/s"


def refuse(where: str, reason: str, hint: str = "") -> InvalidInputError:
    """Return the error that refuses a part of a file."""
    return InvalidInputError(f"{where}: {reason}", hint or "nothing was stored")


def check_failures(where: str, failed: float, completed: float) -> None:
    """Raise InvalidInputError where nothing completed, or too much failed to speak of a steady load."""
    if completed <= 0:
        raise refuse(where, "no request completed")
    if failed / (failed + completed) > MOST_FAILED:
        raise refuse(
            where, f"{failed:g} of {failed + completed:g} requests failed: the figures are not those of a load"
        )


def check_ratio(where: str, name: str, stated: float, computed: float) -> None:
    """Raise InvalidInputError where a figure is not what the file's own totals give."""
    if abs(stated - computed) > TOLERANCE * computed:
        raise refuse(where, f"{name} is {stated:g}, but its own totals give {computed:g}")


def check_whole(where: str, point: Point) -> Point:
    """Return a point with a figure and a load. Raises InvalidInputError where it has none."""
    if not point.metrics:
        raise refuse(where, "it has no figure that can be compared")
    if point.online and point.concurrency is None and point.request_rate is None:
        raise refuse(
            where, "neither the concurrency nor the request rate is said", "give --concurrency or --request-rate"
        )
    return point
