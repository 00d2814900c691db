"""The formulas of the service level against the simulator, over a grid below the utilisation cap."""

import pytest

from optimizer.performance import Layouts, at_rate, load, max_rate
from optimizer.simulation import outcome, poisson, serve, simulate_users, step_costs
from tests.optimizer.performance.layouts_for_tests import layout, one

LAYOUTS = {
    "70B on 4 H100": layout(),
    "405B on 8 H100": layout(model="llama-4-405b", tp=8),
    "405B on 8 H200, TensorRT-LLM": layout(model="llama-4-405b", gpu="H200-SXM-141GB", engine="trt-llm", tp=8),
    "8B on L40S, SGLang": layout(model="llama-3.1-8b", gpu="L40S-48GB", quantization="bf16", engine="sglang", tp=1),
    "70B on 2 x 2 L40S": layout(gpu="L40S-48GB", tp=2, pp=2),
}
GRID = [
    (name, inputs, outputs, share)
    for name in LAYOUTS
    for inputs, outputs in ((512, 256), (2048, 512))
    for share in (0.3, 0.6, 0.8)
]


@pytest.mark.parametrize(("name", "inputs", "outputs", "share"), GRID)
def test_formulas_agree_with_the_simulator(name: str, inputs: int, outputs: int, share: float) -> None:
    chosen = LAYOUTS[name]
    rate = one(max_rate(chosen, inputs, outputs)) * share
    served, _ = serve(step_costs(chosen), poisson(rate, 1500 / rate, inputs, outputs, seed=1))
    found = outcome(served[len(served) // 10 :])
    mean, high = (at_rate(chosen, inputs, outputs, rate, percentile) for percentile in (50, 95))
    assert one(mean.tpot_s) == pytest.approx(found.tpot_s_mean, rel=0.10)
    assert one(mean.ttft_s) == pytest.approx(found.ttft_s_mean, rel=0.15)
    assert one(high.ttft_s) == pytest.approx(found.ttft_s_p95, rel=0.20)


@pytest.mark.parametrize("users", [1, 8, 32])
@pytest.mark.parametrize("chosen", [layout(), layout(model="llama-4-405b", tp=8)])
def test_closed_loops_agree_with_the_simulator(chosen: Layouts, users: int) -> None:
    found = simulate_users(chosen, users, 1024, 256)
    assert one(load(chosen, 1024, 256, users).tpot_s) == pytest.approx(found.tpot_s_mean, rel=0.10)
