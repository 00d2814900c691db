"""Documents that hosts share: the first of a key stays, the latest few are kept."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pricing.store.documents import DocumentStore


@pytest.fixture
def documents(url: str) -> Iterator[DocumentStore]:
    store = DocumentStore.open(url)
    yield store
    store.close()


def test_what_one_host_puts_another_gets(url: str, documents: DocumentStore) -> None:
    other = DocumentStore.open(url)
    documents.put("a", b"\x00plan")
    assert b"\x00plan" == other.get("a")
    assert other.get("b") is None
    other.close()


def test_of_two_documents_of_one_key_the_first_stays(documents: DocumentStore) -> None:
    documents.put("a", b"first")
    documents.put("a", b"second")
    assert b"first" == documents.get("a")


def test_the_oldest_make_room(documents: DocumentStore) -> None:
    for number in range(5):
        documents.put(str(number), b"")
    documents.prune(2)
    assert [None, None, None, b"", b""] == [documents.get(str(number)) for number in range(5)]


def test_hosts_that_write_and_prune_at_once_do_not_disturb_each_other(documents: DocumentStore) -> None:
    def work(host: int) -> None:
        for number in range(20):
            documents.put(f"{host}-{number}", b"x" * 1000)
            if number % 5 == 0:
                documents.prune(3)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    documents.prune(3)
    assert 3 == sum(documents.get(f"{host}-{number}") is not None for host in range(4) for number in range(20))
