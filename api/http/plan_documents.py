"""Finished plans: the JSON that is sent, and the few values that cells and tables read from it."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from api.http.responses import JSON, Document, pack
from optimizer.fleet.plan import Plan

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A finished plan. `tok_per_s` is the speed of its slowest line; the four values are None where nothing fits.

    Its JSON is kept as gzip, a sixth of its size: hundreds of plans are kept, and few are asked for again.
    """

    plan_id: str
    snapshot_id: str
    status: str
    cost_usd_per_hour: float | None
    cost_usd_per_month: float | None
    tok_per_s: float | None
    smallest_change: str
    gzipped: bytes

    @property
    def document(self) -> Document:
        """Return the JSON that is sent, unpacked."""
        return Document.of_gzip(self.gzipped, JSON)

    @property
    def found(self) -> bool:
        """Whether there is a fleet."""
        return self.status != "infeasible"

    def plan(self) -> Plan:
        """Return the plan in full."""
        return _PLAN.validate_json(self.document.body)


def plan_json(plan: Plan) -> bytes:
    """Return the JSON of a plan."""
    return _PLAN.dump_json(plan)


def plan_document(body: bytes) -> PlanDocument:
    """Return the document of a plan's JSON."""
    plan: dict[str, Any] = json.loads(body)
    speeds = [line["performance"]["tok_per_s_per_user"]["value"] for line in plan["lines"]]
    changes = [conflict["smallest_change"] for conflict in plan["conflicts"]]
    return PlanDocument(
        plan_id=plan["plan_id"],
        snapshot_id=plan["snapshot"]["id"],
        status=plan["status"],
        cost_usd_per_hour=plan["cost_usd_per_hour"],
        cost_usd_per_month=plan["cost_usd_per_month"],
        tok_per_s=min(speeds, default=None),
        smallest_change=changes[0] if changes else "",
        gzipped=pack(body),
    )
