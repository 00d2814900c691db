"""Launch files of a plan: what `gpumix export` makes, by the suffix of the plan's address."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.http.openapi import text_answer
from api.http.plan_documents import PlanDocument
from api.http.responses import JSON, SHELL, YAML, Document, respond
from api.http.services import Here
from catalog import Catalog, InvalidInputError

router = APIRouter(prefix="/v1", tags=["plans"])


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of launch file: the target of `gpumix export`, how its address ends, and its media type."""

    target: str
    suffix: str
    media_type: str
    description: str


FORMS = (
    Form("vllm", "vllm.sh", SHELL, "The commands that serve a plan with vLLM."),
    Form("sglang", "sglang.sh", SHELL, "The commands that serve a plan with SGLang."),
    Form("llama.cpp", "llama.cpp.sh", SHELL, "The commands that serve a plan with llama.cpp."),
    Form("trt-llm", "trt-llm.sh", SHELL, "The commands that serve a plan with TensorRT-LLM."),
    Form("bench", "bench.sh", SHELL, "The benchmark that verifies a plan once it serves."),
    Form("skypilot", "skypilot.yaml", YAML, "The SkyPilot tasks of a plan, one document a line."),
    Form("dstack", "dstack.yaml", YAML, "The dstack services and tasks of a plan, one document a line."),
    Form("kubernetes", "kubernetes.yaml", YAML, "The Kubernetes manifests of a plan."),
    Form("terraform", "tfvars.json", JSON, "The Terraform variables of a plan."),
    Form("auto", "sh", SHELL, "The commands that serve a plan, each line by its own engine."),
)
"""The shortest suffix last, since the others end as it does."""
PlanId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="The `plan_id` of a plan.")]
Checkpoint = Annotated[str, Query(min_length=1, max_length=200)]
Checkpoints = Annotated[
    list[Checkpoint],
    Query(max_length=20, description="The checkpoint to serve: `REPO` for every line, or `FORMAT=REPO`."),
]
Part = Annotated[int | None, Query(ge=1, le=1000, description="Only this one of several files, from 1 on.")]
Download = Annotated[bool, Query(description="Offer the answer as a file.")]


def _route(form: Form) -> Callable[..., Coroutine[Any, Any, Response]]:
    async def launch_file(
        request: Request,
        here: Here,
        plan_id: PlanId,
        checkpoint: Checkpoints = [],  # noqa: B006  # read by the framework, never changed
        part: Part = None,
        download: Download = False,
    ) -> Response:
        plan = await here.planner.saved(plan_id)
        name = "\n".join((form.suffix, *checkpoint, str(part)))
        make = lambda: _document(plan, form, here.prices.catalog, tuple(checkpoint), part)  # noqa: E731  # a seam of the shelf
        headers = {"X-Price-Snapshot": plan.snapshot_id}
        document = here.planner.shelf.table(plan, name, make)
        return respond(request, document, headers=headers, filename=f"plan-{plan_id}.{form.suffix}", again=True)

    return launch_file


def _document(
    plan: PlanDocument, form: Form, catalog: Catalog, checkpoints: tuple[str, ...], part: int | None
) -> Document:
    """Return the files of a plan as one. Raises InvalidInputError where the target cannot run it."""
    from api.launch import export_plan, read_checkpoints

    full = plan.plan()
    files = export_plan(full, form.target, catalog, read_checkpoints(checkpoints, full, catalog))
    if part is not None:
        if part > len(files):
            raise InvalidInputError(f"part={part}: the plan has {len(files)} of these files", "ask for one of them")
        files = files[part - 1 : part]
    return Document("---\n".join(file.text for file in files).encode(), form.media_type)


for _form in FORMS:
    router.add_api_route(
        f"/plans/{{plan_id}}.{_form.suffix}",
        _route(_form),
        methods=["GET"],
        operation_id=f"get_plan_{_form.suffix.replace('.', '_').replace('-', '_')}",
        summary=_form.description,
        description=f"{_form.description} As `gpumix export --to {_form.target}` writes it.",
        responses=text_answer(_form.media_type, _form.description),
    )
