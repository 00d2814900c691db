"""Every failure as a document: RFC 9457, with our own `code`, `hint` and `errors[]`. No traceback and no path, ever."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from catalog import GpumixError, InvalidInputError, UnknownNameError
from optimizer.errors import TimeLimitError
from pricing.errors import PricesMissingError, PricesStaleError, ProviderError
from pricing.store.errors import StoreError

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failure: its HTTP status, its title, and what its page says to do."""

    status: int
    title: str
    advice: str


KINDS: Mapping[str, Kind] = {
    "malformed_body": Kind(400, "The body is not JSON", "Send one JSON object with Content-Type: application/json."),
    "malformed_request": Kind(400, "This is not HTTP", "Speak HTTP/1.1 as RFC 9112 describes it."),
    "key_needed": Kind(401, "A key is needed", "Send Authorization: Bearer KEY, or ?key=KEY from a spreadsheet."),
    "scope_needed": Kind(403, "The key may not do this", "Use a key with the scope that `hint` names."),
    "not_found": Kind(404, "There is no such thing", "Check the address; /docs lists every route."),
    "method_not_allowed": Kind(405, "This address has no such method", "See the Allow header and /docs."),
    "too_slow": Kind(408, "The request came too slowly", "Send it whole; the server waits only some seconds."),
    "cursor_expired": Kind(410, "The list has changed", "Start again without a cursor."),
    "body_too_large": Kind(413, "The body is too large", "Send at most 1 MiB."),
    "url_too_long": Kind(414, "The URL is too long", "Use POST /v1/plans for a large request."),
    "unsupported_media_type": Kind(
        415, "The body is of another type", "Send JSON, not compressed, with Content-Type: application/json."
    ),
    "invalid_input": Kind(422, "The request cannot be read", "Correct what errors[] names."),
    "unknown_name": Kind(422, "A name is not known", "The hint lists the closest names; /v1/catalog has all."),
    "nothing_fits": Kind(422, "Nothing fits", "Relax a limit; /v1/plan says which smallest change would do."),
    "time_limit": Kind(422, "No plan in time", "Ask for less: fewer buckets, fewer limits, no survival of losses."),
    "busy": Kind(429, "Too many are waiting", "Try again after the seconds that Retry-After gives."),
    "headers_too_large": Kind(431, "The headers are too large", "Send fewer or shorter headers."),
    "internal": Kind(500, "Internal error", "This is a bug: please report it with the X-Request-Id."),
    "provider_failed": Kind(502, "A provider could not be read", "Try again later; the last good prices stay."),
    "prices_missing": Kind(503, "There are no prices", "Run: gpumix prices status."),
    "prices_stale": Kind(503, "The prices are too old", "Refresh them, or raise GPUMIX_MAX_PRICE_AGE_DAYS."),
    "stopping": Kind(503, "The server is stopping", "Try again in a moment."),
}
_BY_STATUS = {
    400: "malformed_body", 401: "key_needed", 403: "scope_needed", 404: "not_found", 405: "method_not_allowed",
    408: "too_slow", 413: "body_too_large", 414: "url_too_long", 415: "unsupported_media_type", 429: "busy",
}  # fmt: skip
_BY_ERROR: tuple[tuple[type[GpumixError], str], ...] = (
    (UnknownNameError, "unknown_name"),
    (InvalidInputError, "invalid_input"),
    (TimeLimitError, "time_limit"),
    (PricesMissingError, "prices_missing"),
    (PricesStaleError, "prices_stale"),
    (ProviderError, "provider_failed"),
)


class FieldError(BaseModel):
    """One bad field: where, and what is wrong with it."""

    loc: str = Field(description="Where, from the outside in, joined by dots.", examples=["query.users"])
    msg: str = Field(description="What is wrong with it.", examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """A failure (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "/problems/unknown_name",
                "title": "A name is not known",
                "status": 422,
                "detail": "unknown gpu 'H1000'",
                "instance": "/v1/offers",
                "code": "unknown_name",
                "hint": "did you mean H100-SXM-80GB?",
                "errors": [],
            }
        }
    )

    type: str = Field(description="The address of the page about this kind of failure.")
    title: str = Field(description="The kind of failure in words.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What is wrong this time.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="The kind of failure as a word that does not change.")
    hint: str = Field(description="What to do next.")
    errors: list[FieldError] = Field(description="The bad fields, where there are any.")


class ProblemError(HTTPException):
    """A failure on its way to the client. It is an HTTPException so that no layer takes it for a bug."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        hint: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(KINDS[code].status, detail, dict(headers or {}))
        self.code, self.hint, self.errors = code, hint, errors


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that may cross from one process to another. `cause` is for our log only."""

    code: str
    detail: str = ""
    hint: str = ""
    cause: str = ""

    def error(self) -> ProblemError:
        """Return it as an exception."""
        return ProblemError(self.code, self.detail, self.hint)


def failure_of(error: GpumixError) -> Failure:
    """Return what an error of ours is to a client."""
    code = next((code for kind, code in _BY_ERROR if isinstance(error, kind)), "internal")
    if isinstance(error, StoreError):  # where our database is, and as whom we ask it, is nobody's business
        detail, hint = "the price database does not answer, or cannot be read", "try again later; the log says why"
        return Failure(code, detail, hint, cause=f"{type(error).__name__}: {error}")
    if code == "internal":
        return Failure(code, cause=f"{type(error).__name__}: {error}")
    return Failure(code, error.message, error.hint)


def as_problem(error: HTTPException) -> ProblemError:
    """Return an error of the framework as one of ours."""
    if isinstance(error, ProblemError):
        return error
    code = _BY_STATUS.get(error.status_code, "internal" if error.status_code >= 500 else "invalid_input")
    return ProblemError(code, headers=error.headers)


def problem_body(error: ProblemError, instance: str) -> bytes:
    """Return the document of a failure."""
    kind = KINDS[error.code]
    document: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": error.detail or kind.title,
        "instance": instance,
        "code": error.code,
        "hint": error.hint or kind.advice,
        "errors": [one.model_dump() for one in error.errors],
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
