"""Requests made from the OpenAPI document, sound and broken ones: no answer is ever a 5xx or off the document."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .doubles import application

API = schemathesis.openapi.from_asgi("/openapi.json", application())
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


SETTINGS = settings(max_examples=7, deadline=None, suppress_health_check=list(HealthCheck))
OWN_DOCUMENTS = ["forecasts", "comparisons"]
WITHOUT_DOUBLES = API.exclude(tag=OWN_DOCUMENTS)
WITH_DOUBLES = API.include(tag=OWN_DOCUMENTS)  # the doubles give plans


@WITHOUT_DOUBLES.parametrize()
@SETTINGS
def test_no_request_breaks_the_server(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS)


@WITH_DOUBLES.parametrize()
@SETTINGS
def test_no_budget_or_comparison_breaks_the_server(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS[:3])
