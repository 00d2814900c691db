"""Request bodies: read whole, within a size and a time, no key twice, before anything else looks at them."""

import asyncio
import json

from starlette.types import Message, Receive, Scope

from api.files import GivenTwiceError, HalfCharacterError, once, refuse_half_characters
from api.http.problems import FieldError, ProblemError

MOST_DISCARDED_BYTES = 16 * 2**20


async def read_body(scope: Scope, receive: Receive, *, most_bytes: int, seconds: float) -> bytes:
    """Return the body. Raises ProblemError where it is too large or comes too slowly, or the client left."""
    if not has_body(scope):
        return b""
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.lower() != b"identity":
            raise ProblemError("unsupported_media_type", "a compressed body is not read")
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, most_bytes)
    except TimeoutError as error:
        raise ProblemError("too_slow", f"the body was not here after {seconds:g} s") from error


def check_json(body: bytes) -> None:
    """Raise ProblemError where an object of a JSON body gives a key twice, or a text is half a character.

    What is not JSON is left to the route.
    """
    try:
        document = json.loads(body, object_pairs_hook=once) if body else None
        if b"\\u" in body:
            refuse_half_characters(document)
    except HalfCharacterError as error:
        raise ProblemError("malformed_body", str(error)) from error
    except GivenTwiceError as error:
        message = str(error)
        raise ProblemError(
            "invalid_input", f"the body: {message}", "give it once", errors=(FieldError(loc="body", msg=message),)
        ) from error
    except (ValueError, RecursionError):
        return


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body at once, then what the connection says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _read(receive: Receive, most_bytes: int) -> bytes:
    """Return the body; of one that is too large a part is read and dropped, so that the client hears the answer."""
    parts: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ProblemError("too_slow", "the connection ended before the body did")
        part = message.get("body", b"")
        total += len(part)
        if total <= most_bytes:
            parts.append(part)
        if not message.get("more_body", False) or total > MOST_DISCARDED_BYTES:
            break
    if total > most_bytes:
        raise ProblemError("body_too_large", f"the body has more than {most_bytes:,} bytes")
    return b"".join(parts)


def has_body(scope: Scope) -> bool:
    """Return whether a request says that it has a body."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
