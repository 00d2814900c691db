"""Pages of lists: an opaque cursor that stays on one snapshot, and a Link header to the next page."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from api.documents import to_plain
from api.http.problems import ProblemError
from api.http.responses import JSON, Document


def json_document(value: object) -> Document:
    """Return a value as a JSON document."""
    return Document(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), JSON)


def read_cursor(cursor: str | None, version: str) -> tuple[str, int]:
    """Return the version of the list that a cursor is of, and where it stands; without one the newest, at its start."""
    if cursor is None:
        return version, 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii", "strict") + b"==").decode("ascii")
        found, _, offset = text.partition(":")
        if not (offset.isascii() and offset.isdigit()):
            raise ValueError(offset)
        return found, min(int(offset), 2**31)
    except (ValueError, binascii.Error) as error:
        raise ProblemError("invalid_input", "this is no cursor of ours", "take it from `next_cursor`") from error


def write_cursor(version: str, offset: int) -> str:
    """Return a cursor."""
    return base64.urlsafe_b64encode(f"{version}:{offset}".encode()).decode().rstrip("=")


def page_document(
    request: Request, items: Sequence[Any], *, version: str, offset: int, limit: int, **head: object
) -> Document:
    """Return one page of a list; `version` is the snapshot or catalog that the list is of."""
    following = offset + limit
    cursor = write_cursor(version, following) if following < len(items) else None
    shown = [to_plain(item) for item in items[offset:following]]
    page = json_document({**head, "items": shown, "next_cursor": cursor, "total": len(items)})
    headers = {}
    if cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers["Link"] = f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'
    return Document(page.body, JSON, headers)
