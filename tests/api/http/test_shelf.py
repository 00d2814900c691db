"""The shelf keeps what was asked for last, and shares it."""

import dataclasses
import json
from pathlib import Path

from api.http.plan_documents import PlanDocument, plan_document
from api.http.responses import JSON, Document, pack
from api.http.shelf import WRITES_BETWEEN_PRUNINGS, Shelf

from .doubles import cheap_plan


def plan(number: int) -> PlanDocument:
    body = {**json.loads(cheap_plan()), "plan_id": f"{number:016x}"}
    return plan_document(json.dumps(body).encode())


def test_the_shelf_is_bounded() -> None:
    shelf = Shelf(2)
    for number in range(5):
        shelf.put(str(number), plan(number))
    assert 2 == len(shelf)
    assert shelf.get("2") is None
    assert shelf.get("4") is not None


def test_what_is_asked_for_stays() -> None:
    shelf = Shelf(2)
    shelf.put("0", plan(0))
    shelf.put("1", plan(1))
    shelf.get("0")
    shelf.put("2", plan(2))
    assert shelf.get("0") is not None
    assert shelf.get("1") is None


def test_workers_share_a_directory(tmp_path: Path) -> None:
    Shelf(5, tmp_path).put("a", plan(1))
    found = Shelf(5, tmp_path).get("a")
    assert found is not None
    assert plan(1).document.body == found.document.body


def test_the_directory_is_bounded_too(tmp_path: Path) -> None:
    shelf = Shelf(3, tmp_path)
    small = dataclasses.replace(plan(1), gzipped=pack(b"{}"))
    for number in range(WRITES_BETWEEN_PRUNINGS):
        shelf.put(str(number), small)
    assert 3 == len(list(tmp_path.iterdir()))


def test_another_form_is_made_once() -> None:
    shelf, made = Shelf(2), []

    def make() -> Document:
        made.append(1)
        return Document(b"x", JSON)

    assert shelf.table(plan(1), "csv", make) is shelf.table(plan(1), "csv", make)
    assert [1] == made


def test_a_plan_is_kept_small_and_given_whole() -> None:
    body = cheap_plan()
    kept = plan_document(body)
    assert kept.document.body == body
    assert kept.document.tag == Document(body, JSON).tag
    assert kept.document.gzipped == kept.gzipped == Document(body, JSON).gzipped
    assert len(kept.gzipped) * 3 < len(body)
