"""Nebius on 127.0.0.1: its compute and calculator services over gRPC, with the messages of its own package."""

from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from nebius.api.nebius.billing.v1alpha1 import (
    CostBreakdown,
    EstimateRequest,
    EstimateResponse,
    GeneralTotalCost,
    ResourceGroupCost,
)
from nebius.api.nebius.common.v1 import ResourceMetadata
from nebius.api.nebius.compute.v1 import (
    ListPlatformsRequest,
    ListPlatformsResponse,
    Platform,
    PlatformSpec,
    PlatformStatus,
    Preset,
    PresetResources,
)

Costs = Mapping[tuple[str, str], str | grpc.StatusCode]
"""{(preset, term): USD by the hour as text, or the status that it is refused with}."""


def platform(name: str, *presets: tuple[str, int], memory_gb: int = 80, spot: bool = True) -> Platform:
    """Return a platform with presets of (name, GPUs)."""
    return Platform(
        metadata=ResourceMetadata(name=name),
        spec=PlatformSpec(
            presets=[
                Preset(name=preset, resources=PresetResources(gpu_count=gpus, vcpu_count=16, memory_gibibytes=200))
                for preset, gpus in presets
            ],
            gpu_memory_gigabytes=memory_gb,
        ),
        status=PlatformStatus(allowed_for_preemptibles=spot),
    )


class Calculator:
    """What it answers, and what it was asked. A page of platforms follows each other."""

    def __init__(self, pages: list[list[Platform]], costs: Costs) -> None:
        self.pages, self.costs = pages, costs
        self.projects: set[str] = set()
        self.tokens: set[str] = set()

    def platforms(self, request: ListPlatformsRequest, context: grpc.ServicerContext) -> ListPlatformsResponse:
        """Answer a page; the token of the next one is its number."""
        self._note(request.parent_id, context)
        number = int(request.page_token or 0)
        following = str(number + 1) if number + 1 < len(self.pages) else ""
        return ListPlatformsResponse(items=self.pages[number], next_page_token=following)

    def estimate(self, request: EstimateRequest, context: grpc.ServicerContext) -> EstimateResponse:
        """Answer what an instance costs."""
        wanted: Any = request.resource_spec.compute_instance_spec
        self._note(wanted.metadata.parent_id, context)
        term = "spot" if wanted.spec.check_presence("preemptible") else "on_demand"
        cost = self.costs[wanted.spec.resources.preset, term]
        if isinstance(cost, grpc.StatusCode):
            context.abort(cost, "no such thing, says Bearer t0ken-of-nebius")
        return EstimateResponse(
            hourly_cost=ResourceGroupCost(general=GeneralTotalCost(total=CostBreakdown(cost=str(cost))))
        )

    def _note(self, project: str, context: grpc.ServicerContext) -> None:
        self.projects.add(project)
        self.tokens.add(str(dict(context.invocation_metadata()).get("authorization")))


@contextmanager
def answering(calculator: Calculator) -> Iterator[str]:
    """Serve a calculator, and yield its address."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    services = {
        "nebius.compute.v1.PlatformService": {"List": _method(calculator.platforms, ListPlatformsRequest)},
        "nebius.billing.v1alpha1.CalculatorService": {"Estimate": _method(calculator.estimate, EstimateRequest)},
    }
    server.add_generic_rpc_handlers(
        tuple(grpc.method_handlers_generic_handler(name, methods) for name, methods in services.items())
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def _method(answer: Any, request: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request.FromString, response_serializer=lambda message: message.SerializeToString()
    )
