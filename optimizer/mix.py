"""The mix on a user's own throughput table: Mélange's file format, continuous routing, integer counts, proved.

Mélange (Griggs et al., arXiv 2404.14527) cuts each request size into slices and gives whole slices to GPU types. Such
an assignment is one of the shares that are chosen here, so the optimum here is never dearer than Mélange's.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from catalog import InvalidInputError, bad_fields
from optimizer.errors import TimeLimitError
from optimizer.fleet.cheapest import cheapest_fleet
from optimizer.fleet.plan import Status
from optimizer.fleet.problem import Column, FleetOffer, FleetProblem

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Table = Annotated[tuple[tuple[Amount, ...], ...], Field(min_length=1)]


class GpuProfile(BaseModel):
    """One GPU type: $ per hour, and requests per second of one GPU for each size [i][j]; 0 where it cannot."""

    model_config = ConfigDict(frozen=True)

    cost: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    tputs: Table


class MixProfile(BaseModel):
    """A workload over sizes of request [i][j] and the GPU types that could serve it; other fields are ignored."""

    model_config = ConfigDict(frozen=True)

    gpu_info: Annotated[dict[str, GpuProfile], Field(min_length=1)]
    workload_distribution: Table
    total_request_rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _same_shape(self) -> Self:
        shape = [len(row) for row in self.workload_distribution]
        for name, gpu in self.gpu_info.items():
            found = [len(row) for row in gpu.tputs]
            if found != shape:
                raise ValueError(f"tputs of {name} has rows of {found}, workload_distribution of {shape}")
        return self


@dataclass(frozen=True, slots=True)
class Mix:
    """The cheapest mix. `routing[b][g]`: share of size b (row by row) on GPU type g (in the order of `counts`)."""

    status: Status
    cost_usd_per_hour: float | None
    bound_usd_per_hour: float | None
    counts: dict[str, int]
    routing: tuple[tuple[float, ...], ...]
    solve_seconds: float


def read_profile(document: object) -> MixProfile:
    """Return the profile of a parsed JSON file. Raises InvalidInputError naming every bad field."""
    try:
        return MixProfile.model_validate(document)
    except ValidationError as error:
        hint = "a profile has gpu_info{name: {cost, tputs[][]}} and workload_distribution[][]"
        raise InvalidInputError(bad_fields(error, "profile"), hint) from error


def cheapest_mix(profile: MixProfile, rate_per_s: float | None = None, *, seconds: float = 60) -> Mix:
    """Return the cheapest mix for the profile's rate, or another. Raises InvalidInputError, TimeLimitError."""
    rate = profile.total_request_rate if rate_per_s is None else rate_per_s
    if rate is None or not (rate >= 0 and math.isfinite(rate)):
        raise InvalidInputError(f"the request rate is {rate}", "give --rate, or total_request_rate in the profile")
    names = tuple(profile.gpu_info)
    amounts = [share * rate for row in profile.workload_distribution for share in row]
    asked = [bucket for bucket, amount in enumerate(amounts) if amount > 0]
    if not asked:
        return Mix("optimal", 0.0, 0.0, dict.fromkeys(names, 0), tuple((0.0,) * len(names) for _ in amounts), 0.0)
    fleet = cheapest_fleet(_problem(profile, amounts, asked), seconds=seconds, break_ties=False)
    if fleet.outcome == "time limit":
        raise TimeLimitError(f"no mix was found in {seconds:g} s", "give it more time")
    if not fleet.found:
        return Mix("infeasible", None, None, {}, (), fleet.seconds)
    shares = {(asked[bucket], gpu): share for (bucket, gpu), share in fleet.share.items()}
    return Mix(
        status="optimal" if fleet.outcome == "optimal" else "feasible",
        cost_usd_per_hour=fleet.cost_usd_per_hour,
        bound_usd_per_hour=min(fleet.bound_usd_per_hour, fleet.cost_usd_per_hour),
        counts={name: fleet.instances.get(gpu, 0) for gpu, name in enumerate(names)},
        routing=tuple(
            tuple(shares.get((bucket, gpu), 0.0) for gpu in range(len(names))) for bucket in range(len(amounts))
        ),
        solve_seconds=fleet.seconds,
    )


def _problem(profile: MixProfile, amounts: list[float], asked: list[int]) -> FleetProblem:
    """Return the fleet problem: every GPU type is an offer of one GPU with one column."""
    offers = tuple(
        FleetOffer(name, gpu.cost, 1, name, name, name, name, is_spot=False) for name, gpu in profile.gpu_info.items()
    )
    columns = []
    for number, (name, gpu) in enumerate(profile.gpu_info.items()):
        served = [tput for row in gpu.tputs for tput in row]
        columns.append(Column(name, number, 1, 1, tuple(served[bucket] for bucket in asked), number))
    return FleetProblem(offers, tuple(columns), tuple(amounts[bucket] for bucket in asked))
