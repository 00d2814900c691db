"""Launch files over HTTP are those of `gpumix export`, by the suffix of a plan's address."""

from typing import Any

import httpx
import pytest

from api.http.plan_documents import plan_document
from api.http.routes.launches import FORMS, Form
from api.launch import export_plan
from catalog import InvalidInputError, load_catalog

from .servers import CHEAP, CHEAP_QUERY

INFEASIBLE_QUERY = f"{CHEAP_QUERY}&max_usd_per_hour=0.001"


def address(client: httpx.Client, **changes: Any) -> str:
    return f"/v1/plans/{client.post('/v1/plans', json=CHEAP | changes).json()['plan_id']}"


def exported(client: httpx.Client, target: str) -> str | None:
    """Return what the command writes, or None where it refuses."""
    plan = plan_document(client.post("/v1/plans", json=CHEAP).content).plan()
    try:
        return "---\n".join(file.text for file in export_plan(plan, target, load_catalog()))
    except InvalidInputError:
        return None


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.suffix)
def test_a_launch_file_is_the_one_of_the_command(client: httpx.Client, form: Form) -> None:
    found, expected = client.get(f"{address(client)}.{form.suffix}"), exported(client, form.target)
    if expected is None:
        assert (422, "invalid_input") == (found.status_code, found.json()["code"])
    else:
        assert (200, expected, form.media_type) == (found.status_code, found.text, found.headers["content-type"])


@pytest.mark.parametrize("suffix", ["sh", "skypilot.yaml", "kubernetes.yaml", "tfvars.json", "bench.sh"])
def test_these_are_made_of_any_plan(client: httpx.Client, suffix: str) -> None:
    assert 200 == client.get(f"{address(client)}.{suffix}").status_code


def test_a_launch_file_can_be_downloaded_under_its_name(client: httpx.Client) -> None:
    at = address(client)
    found = client.get(f"{at}.kubernetes.yaml?download=1").headers["content-disposition"]
    assert f'attachment; filename="plan-{at.removeprefix("/v1/plans/")}.kubernetes.yaml"' == found


def test_a_launch_file_has_a_tag(client: httpx.Client) -> None:
    first = client.get(f"{address(client)}.sh")
    again = client.get(f"{address(client)}.sh", headers={"If-None-Match": first.headers["etag"]})
    assert (304, b"") == (again.status_code, again.content)


def test_a_checkpoint_is_named_in_the_command(client: httpx.Client) -> None:
    assert "me/my-weights" in client.get(f"{address(client)}.sh?checkpoint=me/my-weights").text


def test_a_checkpoint_of_a_format_that_is_not_planned_is_refused(client: httpx.Client) -> None:
    found = client.get(f"{address(client)}.sh?checkpoint=q2_k=me/my-weights")
    assert (422, "invalid_input") == (found.status_code, found.json()["code"])


def test_one_of_several_files_can_be_asked_for(client: httpx.Client) -> None:
    at = address(client)
    assert client.get(f"{at}.skypilot.yaml").text.startswith(client.get(f"{at}.skypilot.yaml?part=1").text)
    assert 422 == client.get(f"{at}.skypilot.yaml?part=99").status_code


def test_a_plan_that_rents_nothing_has_nothing_to_launch(client: httpx.Client) -> None:
    plan = client.get(f"/v1/plan?{INFEASIBLE_QUERY}").json()
    found = client.get(f"/v1/plans/{plan['plan_id']}.sh")
    assert (422, True) == (found.status_code, "rents nothing" in found.json()["detail"])


def test_an_unknown_plan_or_suffix_is_not_found(client: httpx.Client) -> None:
    assert 404 == client.get("/v1/plans/0123456789abcdef.kubernetes.yaml").status_code
