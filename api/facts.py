"""The facts as rows: what `gpumix catalog` prints and `/v1/catalog` serves, the same columns in both."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from catalog import Catalog
from pricing import Snapshot

Rows = Callable[[Catalog, Snapshot], Iterable[dict[str, Any]]]


def catalog_rows(kind: str, catalog: Catalog, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return every row of a table of facts. Raises KeyError on a kind that is not in KINDS."""
    return list(KINDS[kind](catalog, snapshot))


def claim_rows(catalog: Catalog, snapshot: Snapshot) -> Iterable[dict[str, Any]]:
    """Yield every claim of the model card with what we compute instead."""
    from optimizer.claims import checked_claims

    for checked in checked_claims(catalog, snapshot):
        yield {
            **asdict(checked.claim),
            "computed": checked.computed,
            "computed_unit": checked.unit,
            "verdict": checked.verdict,
            "because": checked.because,
        }


def measurement_rows(catalog: Catalog, snapshot: Snapshot) -> Iterable[dict[str, Any]]:
    """Yield the published measurements behind the performance model; `excluded` says why a row is not used."""
    from optimizer.evidence.measurements import shipped_measurements

    return map(asdict, shipped_measurements())


def _facts(rows: Callable[[Catalog], Iterable[Any]]) -> Rows:
    return lambda catalog, snapshot: map(asdict, rows(catalog))


KINDS: Mapping[str, Rows] = {
    "gpus": _facts(lambda catalog: catalog.gpus.values()),
    "instances": _facts(lambda catalog: catalog.instances.values()),
    "links": _facts(lambda catalog: catalog.links.values()),
    "models": _facts(lambda catalog: catalog.models.values()),
    "quantizations": _facts(lambda catalog: catalog.quantizations.values()),
    "engines": _facts(lambda catalog: catalog.engines.values()),
    "kernels": _facts(lambda catalog: catalog.kernels),
    "interruptions": _facts(lambda catalog: catalog.interruptions.values()),
    "claims": claim_rows,
    "measurements": measurement_rows,
}
