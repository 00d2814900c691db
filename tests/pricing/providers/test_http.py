"""The HTTP that every provider but AWS is asked over: limits, retries, and what errors may tell."""

import traceback

import pytest

from catalog import InvalidInputError
from pricing.errors import NotConfiguredError, ProviderError
from pricing.providers import ProviderSettings
from pricing.providers.http import HttpApi
from pricing.providers.settings import Limits
from tests.pricing.providers.fetching import HURRIED, KEY, NOW, QUICK, settings
from tests.pricing.providers.replay import Answer, Replay, in_turn

FINE = Answer.json({"fine": 1.25})


def ask(answering, limits=QUICK, **changes):
    """Return (the answer or the error, how often it was asked)."""
    with (
        Replay(answering) as server,
        HttpApi(
            "azure", "https://prices.azure.com", settings(server.address, "azure", limits=limits, **changes)
        ) as api,
    ):
        try:
            return api.get("/prices", headers={"Authorization": f"Bearer {KEY}"}), len(server.asked)
        except ProviderError as error:
            return error, len(server.asked)


def test_numbers_are_read_exactly_as_printed():
    answer, _ = ask(in_turn('{"price": 0.10}'))
    assert str(answer["price"]) == "0.10"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again(status):
    answer, asked = ask(in_turn(Answer(status=status), FINE))
    assert (str(answer["fine"]), asked) == ("1.25", 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
def test_another_failure_is_not_tried_again(status):
    error, asked = ask(in_turn(Answer(status=status), FINE))
    assert (f"answered {status}" in str(error), asked) == (True, 1)


def test_too_many_failures_are_an_error_with_the_last_status():
    error, asked = ask(in_turn(Answer(status=429)))
    assert ("answered 429" in str(error), asked) == (True, 2)


@pytest.mark.parametrize("wait", ["0", "3600", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after_is_honoured_up_to_the_longest_wait(wait):
    answer, asked = ask(in_turn(Answer(status=429, headers={"Retry-After": wait}), FINE))
    assert (str(answer["fine"]), asked) == ("1.25", 2)


def test_a_provider_that_hangs_is_an_error():
    error, asked = ask(in_turn(Answer(hangs=True)), HURRIED)
    assert ("did not answer in time" in str(error), asked) == (True, 2)


def test_one_that_hangs_is_tried_once_more_and_no_oftener():
    limits = HURRIED.model_copy(update={"attempts": 4})
    assert ask(in_turn(Answer(hangs=True)), limits)[1] == 2


def ask_twice(*answers):
    """Return (error of the first request, error of the second, how often it was asked)."""
    told = []
    with (
        Replay(in_turn(*answers)) as server,
        HttpApi("azure", "https://prices.azure.com", settings(server.address, "azure", limits=HURRIED)) as api,
    ):
        for path in ("/first", "/second"):
            try:
                told.append(str(api.get(path)))
            except ProviderError as error:
                told.append(str(error))
        return *told, len(server.asked)


def test_a_provider_that_hangs_and_never_answered_is_not_asked_again():
    first, second, asked = ask_twice(Answer(hangs=True))
    assert ("did not answer in time" in first, "is not asked" in second, asked) == (True, True, 2)


def test_a_provider_that_answered_before_it_hung_is_asked_again():
    fine, hung, asked = ask_twice(FINE, Answer(hangs=True))
    assert ("1.25" in fine, "did not answer in time" in hung, asked) == (True, True, 3)


def test_a_provider_that_drips_is_cut_off_by_the_deadline():
    error, _ = ask(in_turn(Answer(drips=True)), QUICK.model_copy(update={"deadline_s": 0.2}))
    assert "no complete answer within 0.2 s" in str(error)


def test_an_answer_without_end_is_cut_off_by_its_size():
    error, _ = ask(in_turn(Answer(b"x" * 4096)), QUICK.model_copy(update={"response_mib": 0.001}))
    assert "answered with more than 0.001 MiB" in str(error)


@pytest.mark.parametrize(
    "body", ['{"Items": [{"retailPrice": 9', "", "<html>", "NaN", '{"a": Infinity}', "[" * 100_000]
)
def test_broken_json_is_an_error(body):
    error, asked = ask(in_turn(body))
    assert ("broken JSON" in str(error), asked) == (True, 1)


def test_a_provider_that_is_not_there_is_an_error():
    with Replay(in_turn(FINE)) as server:
        address = server.address
    api = HttpApi("azure", "https://prices.azure.com", settings(address, "azure"))
    with api, pytest.raises(ProviderError, match="broke the connection"):
        api.get("/prices")


def test_a_redirect_is_not_followed_with_the_key():
    with Replay(in_turn(FINE)) as other:
        error, _ = ask(in_turn(Answer(status=302, headers={"Location": other.address})))
        assert ("redirects are not followed" in str(error), other.asked) == (True, [])


def test_a_link_to_another_host_is_asked_of_the_providers_own():
    with Replay(in_turn(FINE)) as server:
        with HttpApi("azure", "https://prices.azure.com", settings(server.address, "azure")) as api:
            api.get("https://elsewhere.example:443/api?$skip=1000&a=b%20c")
        (request,) = server.asked
    assert (request.path, request.query) == ("/api", {"$skip": "1000", "a": "b c"})


@pytest.mark.parametrize(
    "answer", [Answer(status=403, body=KEY), Answer(status=500, body=KEY), Answer(body=KEY), Answer(hangs=True)]
)
def test_no_error_holds_a_key(answer):
    error, _ = ask(in_turn(answer), HURRIED)
    assert KEY not in "".join(traceback.format_exception(error)) + repr(error)


def test_no_repr_holds_a_key():
    given = settings("http://127.0.0.1:9", "azure")
    with HttpApi("azure", "https://prices.azure.com", given, {"Authorization": KEY}) as api:
        assert KEY not in repr(given) + str(given) + repr(api) + given.model_dump_json()


def test_offline_asks_nothing():
    with Replay(in_turn(FINE)) as server:
        with pytest.raises(NotConfiguredError, match="GPUMIX_OFFLINE is set"):
            HttpApi("azure", "https://prices.azure.com", settings(server.address, "azure", offline=True))
        assert server.asked == []


@pytest.mark.parametrize("url", ["ftp://host", "host:80", "http://", ""])
def test_a_url_that_is_none_is_an_error(url):
    with pytest.raises(ProviderError, match="no http"):
        HttpApi("azure", "https://prices.azure.com", settings(url, "azure"))


ENVIRONMENT = {
    "GPUMIX_OFFLINE": "1",
    "GPUMIX_AZURE_URL": "http://127.0.0.1:8001",
    "GPUMIX_DATABASE_URL": "sqlite://",
    "GPUMIX_GCP_API_KEY": f" {KEY}\n",
    "GPUMIX_FETCH_READ_TIMEOUT_S": "1.5",
    "GPUMIX_VAST_API_KEY": "",
}


def test_settings_come_from_the_environment():
    given = ProviderSettings.from_environment(ENVIRONMENT, NOW)
    assert (given.offline, given.hosts["azure"], given.limits) == (
        True,
        "http://127.0.0.1:8001",
        Limits(read_timeout_s=1.5),
    )


def test_a_key_is_trimmed_and_a_blank_one_is_none():
    given = ProviderSettings.from_environment(ENVIRONMENT, NOW)
    assert {name: key.get_secret_value() for name, key in given.keys.items()} == {"gcp_api_key": KEY}


def test_a_missing_key_names_its_setting():
    with pytest.raises(NotConfiguredError) as caught:
        ProviderSettings(now=NOW).key("lambda_api_key")
    assert "GPUMIX_LAMBDA_API_KEY" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "text"), [("GPUMIX_FETCH_ATTEMPTS", f"{KEY}"), ("GPUMIX_GCP_API_KEY", f"{KEY}\r\nX: 1")]
)
def test_a_setting_that_cannot_be_read_is_named_without_its_text(name, text):
    with pytest.raises(InvalidInputError) as caught:
        ProviderSettings.from_environment({name: text}, NOW)
    assert (name in str(caught.value), KEY in "".join(traceback.format_exception(caught.value))) == (True, False)
