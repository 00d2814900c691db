"""Target `terraform`: the plan as variables, for a module of the user's own."""

import json
from collections.abc import Sequence
from typing import Any

from api.launch.artefact import Artefact
from api.launch.commands import line_commands
from api.launch.formats import notes
from api.launch.replicas import Replicas
from optimizer.fleet.plan import Plan


def terraform_artefacts(plan: Plan, lines: Sequence[Replicas]) -> tuple[Artefact, ...]:
    """Return one `*.auto.tfvars.json`; `gpumix_lines` is a map, for `for_each`."""
    variables = {
        "gpumix_plan_id": plan.plan_id,
        "gpumix_model": plan.request.model,
        "gpumix_cost_usd_per_hour": plan.cost_usd_per_hour,
        "gpumix_lines": {replicas.name: _variables(replicas) for replicas in lines},
    }
    return (Artefact("gpumix.auto.tfvars.json", f"{json.dumps(variables, indent=2, ensure_ascii=False)}\n"),)


def _variables(replicas: Replicas) -> dict[str, Any]:
    """Return one line; a line that rents nothing itself has `instance_count` 0 and names the line it runs on."""
    line = replicas.line
    return {
        "provider": line.provider,
        "region": line.region,
        "zone": line.zone,
        "instance_type": line.instance_type,
        "instance_count": line.count,
        "runs_on": f"line-{replicas.host}",
        "term": line.term,
        "use_spot": line.term == "spot",
        "usd_per_hour": line.usd_per_hour,
        "gpu": line.gpu,
        "gpus_per_instance": line.gpus_per_instance,
        "nodes_per_replica": line.nodes_per_replica,
        "replicas": line.replicas,
        "engine": line.engine,
        "ports": sorted({seat.port for seat in replicas.seats}),
        "router_weights": list(line.routing),
        "launch_script": line_commands(replicas),
        "notes": list(notes(replicas)),
    }
