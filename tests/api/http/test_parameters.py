"""Parameters: whatever is typed, the answer is a plan, a list, or a problem that names what is wrong."""

import asyncio
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from api.http.queries import PlanQuery
from catalog import InvalidInputError
from optimizer.request import PlanRequest, Workload

from .doubles import application, client_of

APP = application()
NAMES = sorted(PlanQuery.model_fields)
ODD = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        ["", "0", "-1", "1e999", "NaN", "true", "null", ",", "aws,gcp", "2026-02-30", "%00", "../../etc/passwd"]
    ),
)
PATHS = ("/v1/plan", "/v1/plan.csv", "/v1/cell/cost", "/v1/cell/tok_per_s", "/v1/cell/price", "/v1/offers", "/v1/ask")


@settings(max_examples=150)
@given(
    st.sampled_from(PATHS), st.lists(st.tuples(st.sampled_from([*NAMES, "q", "limit", "cursor", "x"]), ODD), max_size=6)
)
def test_no_query_breaks_the_server(path: str, query: list[tuple[str, str]]) -> None:
    async def ask() -> int:
        async with client_of(APP) as client:
            text = urlencode(query, errors="replace")
            found = await client.get(f"{path}?{text}")
            if found.status_code >= 400:
                assert "application/problem+json" == found.headers["content-type"]
            return found.status_code

    assert asyncio.run(ask()) < 500


@given(
    st.integers(1, 10**6),
    st.floats(0.1, 1000),
    st.integers(2, 10**6),
    st.lists(st.sampled_from(["aws", "gcp", "azure"]), max_size=3),
    st.one_of(st.none(), st.integers(1, 50)),
)
def test_a_query_is_the_request_that_it_says(
    users: int, speed: float, context: int, providers: list[str], most: int | None
) -> None:
    query = PlanQuery(users=users, tok_per_s=speed, context=context, provider=providers, max_instances=most)
    request = query.request()
    expected = Workload(users=users, tok_per_s_per_user=speed, context_tokens=context)
    assert expected == request.workload
    assert tuple(providers) == request.allow.providers
    assert most == request.limits.max_instances


def test_a_query_leaves_the_defaults_to_the_request() -> None:
    expected = PlanRequest(workload=Workload(users=1, context_tokens=100))
    assert expected == PlanQuery(context=100).request()


@given(st.text(min_size=1, max_size=10))
def test_a_parameter_that_is_not_known_is_refused(name: str) -> None:
    try:
        PlanQuery.model_validate({name: "1", "context": 100}).request()
    except (ValidationError, InvalidInputError):
        return
    assert name in PlanQuery.model_fields
