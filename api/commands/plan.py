"""`gpumix plan`: a request from a file."""

from api.commands.options import AsJson, RequestFile


def plan(file: RequestFile, as_json: AsJson = False) -> None:
    r"""Find the cheapest plan for a PlanRequest in YAML or JSON.

    gpumix plan -f request.yaml\n
    echo '{"workload": {"users": 8, "tok_per_s_per_user": 20, "context_tokens": 8192}}' | gpumix plan -f - --json
    """
    from api.answering import Answerer
    from api.commands.planned import show_plan
    from api.files import read_document
    from optimizer.request import read_request

    request = read_request(read_document(file))
    show_plan(Answerer.shipped().plan(request), as_json)
