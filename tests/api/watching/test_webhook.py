"""The webhook: what may pass is tried again, what will not is said, and its address never is."""

import json
import socket

import pytest

from api.watching.webhook import Limits, Webhook
from catalog import InvalidInputError
from pricing.errors import ProviderError
from tests.pricing.providers.replay import Answer, Replay, Request

QUICK = Limits(connect_s=20, read_s=20, attempts=3, first_wait_s=0.01, longest_wait_s=0.02)
SECRET = "T0P-S3CRET"  # stands for one


def hook(address: str, token: str = "") -> Webhook:
    return Webhook(f"{address}/hooks/{SECRET}", token, QUICK)


def test_a_body_is_posted_as_json_with_the_token() -> None:
    with Replay(lambda request: "ok") as server:
        hook(server.address, "a-token").send({"text": "hello"})
    (asked,) = server.asked
    assert ("POST", f"/hooks/{SECRET}", {"text": "hello"}) == (asked.method, asked.path, json.loads(asked.body))
    assert "Bearer a-token" == {name.lower(): value for name, value in asked.headers.items()}["authorization"]


def test_what_may_pass_is_tried_again() -> None:
    answers = iter([Answer(status=503), Answer(status=429), Answer("ok")])
    with Replay(lambda request: next(answers)) as server:
        hook(server.address).send({})
    assert 3 == len(server.asked)


@pytest.mark.parametrize(("status", "times"), [(503, 3), (404, 1), (302, 1)])
def test_what_is_not_taken_is_said_without_the_address(status: int, times: int) -> None:
    answer = Answer(status=status, headers={"Location": "http://example.com"})
    with Replay(lambda request: answer) as server, pytest.raises(ProviderError, match=f"answered {status}") as caught:
        hook(server.address, "a-token").send({})
    assert times == len(server.asked)
    assert SECRET not in f"{caught.value}{caught.value.hint}"
    assert "a-token" not in f"{caught.value}{caught.value.hint}"


def hang(request: Request) -> Answer:
    return Answer(hangs=True)


def test_silence_ends() -> None:
    limits = Limits(connect_s=1, read_s=0.1, attempts=2, first_wait_s=0.01, longest_wait_s=0.02)
    with Replay(hang) as server, pytest.raises(ProviderError, match="did not answer in time"):
        Webhook(server.address, limits=limits).send({})


def test_nobody_there_is_said_without_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        hook(f"http://127.0.0.1:{port}").send({})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://example.com/x", "example.com", "http://", "://"])
def test_an_address_that_is_none_is_refused_unseen(url: str) -> None:
    with pytest.raises(InvalidInputError, match="no http") as caught:
        Webhook(f"{url}{SECRET}" if url == "example.com" else url)
    assert SECRET not in str(caught.value)


def test_a_webhook_does_not_show_its_address() -> None:
    assert SECRET not in repr(hook("http://127.0.0.1:1", "a-token"))


def test_the_environment_names_one() -> None:
    assert Webhook.from_settings(None, {}) is None
    assert Webhook.from_settings(None, {"GPUMIX_WEBHOOK_URL": "http://127.0.0.1:1/x"}) is not None
