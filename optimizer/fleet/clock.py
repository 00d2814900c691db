"""The clock of a fleet: the time it may take over all its solves, and the work that they took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optimizer.fleet.problem import Row, Variable
from optimizer.fleet.solver import Solution, SolverName, Terms, solve


@dataclass(slots=True)
class Clock:
    """The seconds that a fleet may take, over all its solves, the work they took (simplex iterations), and how."""

    allowed: float
    solver: SolverName = "highs"
    gap_fraction: float = 0.0
    spent: float = 0.0
    work: int = 0

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.allowed - self.spent)

    def solve(
        self,
        objective: Terms,
        rows: Iterable[Row],
        *,
        start: Mapping[Variable, float] | None = None,
        relaxed: bool = False,
    ) -> Solution:
        """Solve in the time that is left, a second at least."""
        found = solve(
            objective,
            rows,
            solver=self.solver,
            seconds=max(1.0, self.left),
            gap_fraction=self.gap_fraction,
            start=start,
            relaxed=relaxed,
        )
        self.spent += found.seconds
        self.work += found.work
        return found
