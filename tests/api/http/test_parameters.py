"""Parameters: whatever is typed, the answer is a plan, a list, or a problem that names what is wrong."""

import asyncio
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from api.http.queries import PlanQuery
from catalog import InvalidInputError
from optimizer.request import PlanRequest, Workload, read_request

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


def status_of(path: str) -> tuple[int, str]:
    async def ask() -> tuple[int, str]:
        async with client_of(APP) as client:
            found = await client.get(path)
            return found.status_code, found.json()["detail"] if found.status_code >= 400 else ""

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/plan?users=1&users=50&context=8192", "users"),
        ("/v1/ask?q=a&q=b", "q"),
        ("/v1/offers?provider=aws&provider=gcp", "provider"),
        ("/v1/cell/price?gpu=H100&gpu=A100", "gpu"),
    ],
)
def test_a_parameter_given_twice_is_refused(path: str, name: str) -> None:
    """The last of two would win in silence."""
    assert (422, f"query.{name}: this parameter is given more than once") == status_of(path)


def test_a_list_may_be_given_as_several() -> None:
    assert 200 == status_of("/v1/plan?users=1&context=8192&provider=aws&provider=gcp")[0]


@pytest.mark.parametrize("day", ["0", "-1", "20261019", "1792368000", "2026-10-19T12:00:00Z", "tomorrow", ""])
def test_what_is_no_day_is_refused(day: str) -> None:
    """A number would be read as seconds since 1970."""
    assert (422, "query.as_of: give a day as YYYY-MM-DD") == status_of(f"/v1/offers?as_of={day}")


@pytest.mark.parametrize("day", ["2026-10-19", "2026-10-19T00:00:00Z"])
def test_a_day_is_a_day(day: str) -> None:
    assert 200 == status_of(f"/v1/offers?as_of={day}")[0]


@pytest.mark.parametrize("day", [0, 20261019, "19.10.2026"])
def test_what_is_no_day_is_refused_in_a_request(day: object) -> None:
    with pytest.raises(InvalidInputError, match="give a day as YYYY-MM-DD"):
        read_request({"workload": {"users": 1, "context_tokens": 8192}, "as_of": day})
