"""What own runs changed: how far each figure was moved, and how much of the model's uncertainty they remove."""

from dataclasses import dataclass, fields

from optimizer.performance.tables import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class OwnEffect:
    """One value per layout. `..._ratio` is corrected / modelled; `..._trust` the share of variance that is explained.

    A trust of 0 leaves the model's interval, one of 1 the spread between two runs of the same thing. `runs` counts
    the own runs on this GPU, engine and model.
    """

    tpot_ratio: Floats
    ttft_ratio: Floats
    throughput_ratio: Floats
    tpot_trust: Floats
    ttft_trust: Floats
    throughput_trust: Floats
    runs: Ints

    def take(self, rows: Bools | Ints) -> "OwnEffect":
        """Return the rows of a mask or an index array."""
        return OwnEffect(*(getattr(self, field.name)[rows] for field in fields(self)))
