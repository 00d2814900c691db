"""Access: with a key file every address but a few needs a key; what writes needs one with the write scope, always."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.types import Scope

from api.http.keys import ApiKey, KeyRing
from api.http.problems import ProblemError

OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/openapi.json", "/docs"})
OPEN_PREFIXES = ("/docs/", "/problems/", "/assets/")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gpumix"'}


def take_token(scope: Scope) -> str | None:
    """Return the key of a request, from its header or its query; the query loses it, so that nothing can log it."""
    token = None
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            token = value[7:].strip().decode("latin-1")
    query = scope["query_string"]
    if b"key=" not in query:
        return token
    kept = []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if unquote_plus(name.decode("latin-1")) == "key":
            token = token or unquote_plus(value.decode("latin-1"))
        else:
            kept.append(part)
    scope["query_string"] = b"&".join(kept)
    return token


def admit(path: str, query: bytes, token: str | None, ring: KeyRing | None) -> ApiKey | None:
    """Return the key of a request that may read. Raises ProblemError where it may not."""
    key = ring.find(token) if ring is not None and token else None
    if ring is None or (key is not None and key.allows("read")):
        return key
    if path.startswith(OPEN_PREFIXES) or (path in OPEN_PATHS and not (path == "/" and query)):
        return None
    detail = "this key is not known, or was revoked" if token else ""
    raise ProblemError("key_needed", detail, headers=_CHALLENGE)


def needs_write(request: Request) -> ApiKey:
    """Return the key of a request that may write. Raises ProblemError where it may not."""
    key: ApiKey | None = getattr(request.state, "key", None)
    if key is None:
        hint = "make one with: gpumix keys create NAME --scope write, and start the server with GPUMIX_API_KEYS"
        raise ProblemError("key_needed", "writing always needs a key", hint, headers=_CHALLENGE)
    if not key.allows("write"):
        raise ProblemError("scope_needed", "this key may only read", "use a key with the scope: write")
    return key


def loopback(hosts: Iterable[str]) -> bool:
    """Whether all these addresses are this machine's own."""
    return all(host == "localhost" or _is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name may lead anywhere
        return False
