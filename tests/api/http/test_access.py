"""Keys: who may ask, who may write, and that no key is ever written down."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from api.http.access import loopback, needs_write, take_token
from api.http.keys import ApiKey, KeyRing, create_key, read_keys, revoke_key
from api.http.problems import ProblemError
from catalog import InvalidInputError
from tests.api.measure.files import vllm

from .servers import Server, serving


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "keys.json"


@pytest.fixture(scope="module")
def token(key_file: Path) -> str:
    return create_key(key_file, "sheet", ["read"])[1]


@pytest.fixture(scope="module")
def guarded(key_file: Path, token: str) -> Iterator[Server]:
    with serving(GPUMIX_API_KEYS=str(key_file)) as running:
        yield running


def test_without_a_key_there_is_no_answer(guarded: Server) -> None:
    with guarded.client() as client:
        found = client.get("/v1/offers")
    assert (401, "key_needed") == (found.status_code, found.json()["code"])
    assert found.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/start.js", "/"])
def test_probes_and_documents_are_open(guarded: Server, path: str) -> None:
    with guarded.client() as client:
        assert 200 == client.get(path).status_code


@pytest.mark.parametrize(
    "path", ["/metrics", "/?q=hello", "/v1/ask?q=hello", "/v1/plan.csv?context=8192", "//v1/offers", "/nowhere"]
)
def test_everything_else_is_not(guarded: Server, path: str) -> None:
    with guarded.client() as client:
        assert 401 == client.get(path).status_code


def test_a_key_opens_by_header_and_by_url(guarded: Server, token: str) -> None:
    with guarded.client() as client:
        by_header = client.get("/v1/offers?limit=1", headers={"Authorization": f"Bearer {token}"})
        by_url = client.get(f"/v1/offers?limit=1&key={token}")
    assert (200, 200) == (by_header.status_code, by_url.status_code)
    assert by_header.content == by_url.content
    assert "private, max-age=300" == by_url.headers["cache-control"]


def test_a_key_is_not_in_the_link_to_the_next_page(guarded: Server, token: str) -> None:
    with guarded.client() as client:
        assert token not in client.get(f"/v1/offers?limit=1&key={token}").headers["link"]


def test_a_key_is_never_logged_or_answered(guarded: Server, token: str) -> None:
    secret = token.split("_", 2)[2][:20]
    with guarded.client() as client:
        answers = [
            client.get(f"/v1/offers?gpu=nothing&key={token}").text,
            client.get(f"/nowhere?key={token}").text,
            client.get(f"/v1/ask?key={token}").text,
            client.get("/v1/nowhere", headers={"Authorization": f"Bearer {token}x"}).text,
            client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text,
        ]
    assert not [text for text in [*answers, *guarded.log] if secret in text]
    assert any(line.get("key_id") == token.split("_")[1] for line in guarded.log_lines())


def test_a_revoked_key_is_refused_at_once(guarded: Server, key_file: Path) -> None:
    key, other = create_key(key_file, "old", ["read"])
    with guarded.client(Authorization=f"Bearer {other}") as client:
        before = client.get("/v1/offers?limit=1").status_code
        revoke_key(key_file, key.key_id)
        after = client.get("/v1/offers?limit=1").status_code
    assert (200, 401) == (before, after)


def test_only_a_key_that_may_write_refreshes_prices(guarded: Server, key_file: Path, token: str) -> None:
    _, writer = create_key(key_file, "writer", ["write"])
    with guarded.client() as client:
        statuses = [
            client.post("/v1/prices/refresh?provider=nobody", headers={"Authorization": f"Bearer {key}"}).status_code
            for key in (token, writer)
        ]
        nobody = client.post("/v1/prices/refresh?provider=nobody").status_code
    assert [401, 403, 422] == [nobody, *statuses]


def test_a_key_that_may_write_stores_measurements(guarded: Server, key_file: Path) -> None:
    _, writer = create_key(key_file, "bench", ["write"])
    rows = (Path(__file__).parents[3] / "catalog" / "data" / "measurements.csv").read_text().splitlines()[:2]
    headers = {"Authorization": f"Bearer {writer}", "Content-Type": "text/plain"}
    with guarded.client(**headers) as client:
        found = client.post("/v1/measurements", content="\n".join(rows))
        nonsense = client.post("/v1/measurements", content="{}")
        binary = client.post("/v1/measurements", content=b"\xff\xfe")
    assert (400, "malformed_body") == (binary.status_code, binary.json()["code"])
    assert (422, "application/problem+json") == (nonsense.status_code, nonsense.headers["content-type"])
    assert found.status_code in (200, 422), found.text
    assert "/" not in found.json().get("stored_in", "")


def test_what_was_measured_is_in_the_next_answer(guarded: Server, key_file: Path) -> None:
    _, token = create_key(key_file, "lab", ["read", "write"])
    replica = {"gpu": "H100-SXM-80GB", "tp": 4, "quantization": "fp8", "model": "llama-3.1-70b"}
    load = {"input_tokens": 1024, "output_tokens": 256, "concurrency": 32}
    question = {"q": "20 users at 30 tok/s, 1k in 256 out, llama 3.1 70b, only fp8, vllm only, on H100 SXM"}
    with guarded.client(Authorization=f"Bearer {token}") as client:
        before = client.get("/v1/ask", params=question).json()
        given = {name: value for name, value in replica.items() if name != "model"}
        stored = client.post("/v1/measurements", params={**given, "gpus": 4}, content=vllm(mean_tpot_ms=29.0))
        predicted = client.post("/v1/predictions", json={**replica, **load}).json()
        after = client.get("/v1/ask", params=question).json()
    assert 200 == stored.status_code, stored.text
    assert stored.json()["predictions_changed"]
    assert pytest.approx(29.0, rel=1e-3) == predicted["tpot_ms"]["value"]
    assert before["plan_id"] != after["plan_id"]
    assert after["certificate"]["verified"]


@pytest.mark.parametrize("path", ["/v1/prices/refresh", "/v1/measurements"])
def test_without_a_key_file_nobody_writes(client: httpx.Client, path: str) -> None:
    found = client.post(path, content=b"x", headers={"Content-Type": "text/plain"})
    assert (401, "key_needed") == (found.status_code, found.json()["code"])


def ring(tmp_path: Path, *scopes: str) -> tuple[KeyRing, ApiKey, str]:
    path = tmp_path / "keys.json"
    key, made = create_key(path, "n", scopes)  # type: ignore[arg-type]  # the tests' scopes are scopes
    return KeyRing(path), key, made


def test_the_file_keeps_no_key_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    _, _, made = ring(tmp_path, "read")
    path = tmp_path / "keys.json"
    assert made.split("_", 2)[2] not in path.read_text()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    "change", [lambda t: t + "x", lambda t: t[:-1], lambda t: "", lambda t: "gpumix__", lambda t: "é"]
)
def test_a_changed_key_is_no_key(tmp_path: Path, change: "type") -> None:
    keys, _, made = ring(tmp_path, "read")
    assert keys.find(change(made)) is None


def test_a_key_of_another_id_is_no_key(tmp_path: Path) -> None:
    keys, key, made = ring(tmp_path, "read")
    other, _ = create_key(tmp_path / "keys.json", "other", ["write"])
    assert keys.find(made.replace(key.key_id, other.key_id)) is None


def requesting(key: ApiKey | None) -> Request:
    return Request({"type": "http", "headers": [], "state": {"key": key}})


def test_writing_needs_the_scope(tmp_path: Path) -> None:
    _, reader, _ = ring(tmp_path, "read")
    writer, _ = create_key(tmp_path / "keys.json", "w", ["write"])
    assert writer is needs_write(requesting(writer))
    with pytest.raises(ProblemError) as refused:
        needs_write(requesting(reader))
    assert "scope_needed" == refused.value.code


def test_writing_always_needs_a_key() -> None:
    with pytest.raises(ProblemError) as refused:
        needs_write(requesting(None))
    assert "key_needed" == refused.value.code


@pytest.mark.parametrize(
    ("query", "left", "token"),
    [
        (b"key=abc", b"", "abc"),
        (b"a=1&key=abc&b=2", b"a=1&b=2", "abc"),
        (b"a=1&monkey=2", b"a=1&monkey=2", None),
        (b"k%65y=a%62c", b"k%65y=a%62c", None),
        (b"key=one&key=two", b"", "one"),
        (b"", b"", None),
    ],
)
def test_a_key_is_taken_out_of_the_url(query: bytes, left: bytes, token: str | None) -> None:
    scope = {"headers": [], "query_string": query}
    assert token == take_token(scope)
    assert left == scope["query_string"]


def test_a_file_that_is_no_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps([{"key_id": "zz"}]))
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_keys(path)


def test_a_key_where_it_does_not_belong_is_blotted_out_of_the_log(guarded: Server, token: str) -> None:
    secret, key_id = token.split("_", 2)[2], token.split("_")[1]
    with guarded.client() as client:
        client.get(f"/v1/plans/{token}", headers={"X-Request-Id": token})
        client.get(f"/v1/{token}/x")
        client.get("/healthz")
    assert not [line for line in guarded.log if secret in line]
    assert any(line.get("path") == f"/v1/plans/gpumix_{key_id}_..." for line in guarded.log_lines())


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("localhost", True), ("::1", True), ("127.example.com", False),
        ("127.0.0.1.example.com", False), ("192.168.0.1", False), ("::", False), ("", False), ("10.0.0.1", False),
    ],
)  # fmt: skip
def test_only_addresses_of_this_machine_are_its_own(host: str, ours: bool) -> None:
    assert ours == loopback([host])
