"""A FOCUS-shaped forecast: rows that pivot beside real bills. It is no FOCUS dataset, for nothing was billed.

Columns and rules follow the FinOps FOCUS specification 1.2 (github.com/FinOps-Open-Cost-and-Usage-Spec, tag v1.2) with
the provider names of 1.3 beside those they replace; `version="1.4"` leaves the replaced ones out. Custom columns start
with x_ and stand last; unknown is an empty cell.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from api.http.tables import csv_bytes
from optimizer.forecast import Budget
from optimizer.forecast.budget import BudgetMonth, BudgetOffer, Purchase
from optimizer.forecast.series import month_starts

FocusVersion = Literal["1.2", "1.4"]
REPLACED = ("ProviderName", "PublisherName")
COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType", "ConsumedQuantity",
    "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "HostProviderName",
    "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ServiceCategory",
    "ServiceName", "ServiceProviderName", "ServiceSubcategory", "SkuId", "SkuPriceDetails",
    "x_PlanId", "x_Model", "x_Quantization", "x_ReplicaCount", "x_PriceObservedAt", "x_PriceSourceUrl",
    "x_Scenario", "x_ForecastIssuedAt",
)  # fmt: skip
CATEGORIES = {"on_demand": "Standard", "spot": "Dynamic"}
TERM_NAMES = {"reserved_1y": "Reserved 1 year", "reserved_3y": "Reserved 3 years", "capacity_block": "Capacity block"}


def focus_csv(budget: Budget, issued_at: datetime, version: FocusVersion = "1.2") -> bytes:
    """Return the FOCUS-shaped forecast of a budget, issued at a moment in UTC."""
    columns = [name for name in COLUMNS if version == "1.2" or name not in REPLACED]
    return csv_bytes(columns, focus_rows(budget, issued_at))


def focus_rows(budget: Budget, issued_at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the usage of each offer in each month, and each payment made up front as a purchase of its own."""
    starts = [_moment(start) for start in month_starts(budget.request.start, len(budget.months) + 1)]
    offers = {offer.offer: offer for offer in budget.offers}
    for number, month in enumerate(budget.months):
        period = {
            "BillingPeriodStart": starts[number],
            "BillingPeriodEnd": starts[number + 1],
            "ChargePeriodStart": starts[number],
            "ChargePeriodEnd": starts[number + 1],
        }
        common = period | {"x_ForecastIssuedAt": _moment(issued_at)}
        for purchase in budget.purchases:
            if purchase.month == month.month and purchase.upfront_usd > 0:
                yield _bare(budget, offers[purchase.offer]) | common | _upfront(purchase)
        for name in month.instances:
            for usage in _usage(budget, number, month, offers[name]):
                yield _bare(budget, offers[name]) | common | usage


def _bare(budget: Budget, offer: BudgetOffer) -> dict[str, Any]:
    """Return what every row of an offer says."""
    details = {"InstanceType": offer.instance_type, "GpuCount": offer.gpus_per_instance, "x_GpuModel": offer.gpu}
    named = (
        "HostProviderName", "InvoiceIssuerName", "ProviderName", "PublisherName", "ServiceName", "ServiceProviderName",
    )  # fmt: skip
    return dict.fromkeys(named, offer.provider) | {
        "AvailabilityZone": offer.zone,
        "BillingAccountId": "forecast",
        "BillingCurrency": budget.currency,
        "PricingCurrency": budget.currency,
        "PricingUnit": "Hours",
        "RegionId": offer.region,
        "RegionName": offer.region,
        "ServiceCategory": "Compute",
        "ServiceSubcategory": "Virtual Machines",
        "SkuId": offer.instance_type,
        "SkuPriceDetails": json.dumps(details, separators=(",", ":")),
        "x_PlanId": budget.budget_id,
        "x_Model": budget.model,
        "x_Quantization": offer.quantization,
        "x_PriceObservedAt": offer.observed_at,
        "x_PriceSourceUrl": offer.source_url,
        "x_Scenario": "base",
    }


def _usage(budget: Budget, number: int, month: BudgetMonth, offer: BudgetOffer) -> Iterator[dict[str, Any]]:
    """Yield the rows of an offer in a month: each commitment by its own price, what is rented by the hour."""
    hours = budget.hours_per_month
    drift = (1 + budget.request.price_change_per_year) ** (number / 12)
    listed = (offer.list_usd_per_hour or 0.0) * drift
    if offer.term in CATEGORIES:
        amount = sum(plan.hours * plan.rented.get(offer.offer, 0) for plan in month.hours)
        price = offer.usd_per_hour * drift
        charge = _charge(offer, amount, price, listed or price, price * amount, month)
        yield charge | {"PricingCategory": CATEGORIES[offer.term]}
        return
    names = [each.month for each in budget.months]
    for purchase in budget.purchases:
        begun = names.index(purchase.month)
        if purchase.offer == offer.offer and begun <= number < begun + purchase.term_months:
            price, amount = purchase.usd_per_hour, purchase.count * hours
            charge = _charge(offer, amount, price, listed or price, purchase.usd_per_month, month)
            yield charge | _held(f"{purchase.offer}@{purchase.month}", offer.term)
    for held in budget.request.existing:
        if held.offer == offer.offer and number < held.months_left:
            price, amount = held.usd_per_hour or offer.usd_per_hour, held.count * hours
            charge = _charge(offer, amount, price, listed or price, price * amount, month)
            yield charge | _held(held.offer, offer.term)


def _charge(
    offer: BudgetOffer, hours: float, price: float, listed: float, billed: float, month: BudgetMonth
) -> dict[str, Any]:
    """Return the figures of a usage row; `price` is $/h of one instance, `listed` the same on demand."""
    replicas = hours / sum(plan.hours for plan in month.hours) / offer.instances * offer.replicas
    return {
        "BilledCost": billed,
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{offer.instance_type} in {offer.region}, {offer.term.replace('_', ' ')}, forecast",
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": hours,
        "ConsumedUnit": "Hours",
        "ContractedCost": price * hours,
        "ContractedUnitPrice": price,
        "EffectiveCost": price * hours,
        "ListCost": listed * hours,
        "ListUnitPrice": listed,
        "PricingQuantity": hours,
        "x_ReplicaCount": replicas,
    }


def _held(commitment_id: str, term: str) -> dict[str, Any]:
    return {
        "PricingCategory": "Committed",
        "CommitmentDiscountCategory": "Usage",
        "CommitmentDiscountId": commitment_id,
        "CommitmentDiscountName": TERM_NAMES[term],
        "CommitmentDiscountStatus": "Used",
        "CommitmentDiscountType": TERM_NAMES[term],
    }


def _upfront(purchase: Purchase) -> dict[str, Any]:
    """Return a payment made up front: it is billed at once and effective over the months of usage."""
    held = _held(f"{purchase.offer}@{purchase.month}", purchase.term)
    del held["CommitmentDiscountStatus"]
    return held | {
        "BilledCost": purchase.upfront_usd,
        "ChargeCategory": "Purchase",
        "ChargeDescription": f"{purchase.count} x {TERM_NAMES[purchase.term]}, paid up front, forecast",
        "ChargeFrequency": "One-Time",
        "ContractedCost": purchase.upfront_usd,
        "EffectiveCost": 0.0,
        "ListCost": purchase.upfront_usd,
        "PricingQuantity": purchase.count,
        "PricingUnit": "Commitments",
    }


def _moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
