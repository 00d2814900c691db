"""A simulated plan as text."""

from api.render import words
from api.render.tables import table_text
from optimizer.simulation.plans import PlanSimulation


def simulation_text(found: PlanSimulation) -> str:
    """Return the attained times per line, and the share within the targets."""
    rows = [
        (
            f"{line.replicas} x {words.weight_format(line.quantization)} on {line.provider} {line.instance_type}",
            f"{line.outcome.requests:,}",
            f"{line.outcome.ttft_s_p50:.2f} s",
            f"{line.outcome.ttft_s_p95:.2f} s",
            f"{line.outcome.tpot_s_mean * 1e3:.1f} ms",
            f"{line.outcome.tpot_s_p95 * 1e3:.1f} ms",
            f"{line.outcome.output_tok_per_s:,.0f}",
            "-" if line.outcome.within_target_fraction is None else f"{line.outcome.within_target_fraction:.1%}",
        )
        for line in found.lines
    ]
    header = ("", "requests", "first token", "p95", "per token", "p95", "tok/s", "within")
    text = table_text(header, rows, right=tuple(range(1, len(header))))
    targets = [f"first token {found.ttft_target_s:g} s"] if found.ttft_target_s else []
    targets += [f"{1e3 * found.tpot_target_s:.3g} ms per token"] if found.tpot_target_s else []
    within = "" if found.within_target_fraction is None else f": {found.within_target_fraction:.1%} of requests within"
    return f"{text}\n\n{found.arrivals}; targets: {', '.join(targets) or 'none'}{within}"
