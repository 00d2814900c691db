"""A FOCUS-shaped forecast: rows that pivot beside real bills. It is no FOCUS dataset, for nothing was billed.

Columns and rules follow the FinOps FOCUS specification 1.2 (github.com/FinOps-Open-Cost-and-Usage-Spec, tag v1.2) with
the provider names of 1.3 beside those they replace; `version="1.4"` leaves the replaced ones out. Custom columns start
with x_ and stand last; unknown is an empty cell.

A commitment is billed by purchases, once for what is paid up front and each month for the rest, whose effective cost
is 0; its amortised cost is that of the hours it covers, in rows of what is used and what stands idle. So BilledCost
adds up to the cash of the budget and EffectiveCost to its amortised cost.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from api.exports.idle import Held, held_in, used_hours
from api.http.tables import csv_bytes
from optimizer.forecast import Budget
from optimizer.forecast.budget import BudgetMonth, BudgetOffer, Purchase
from optimizer.forecast.series import month_starts

FocusVersion = Literal["1.2", "1.4"]
REPLACED = ("ProviderName", "PublisherName")
COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus",
    "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "CommitmentDiscountUnit", "ConsumedQuantity",
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
                yield _bare(budget, offers[purchase.offer]) | common | _upfront(budget, purchase)
        for name in month.instances:
            if offers[name].term in CATEGORIES:
                yield _bare(budget, offers[name]) | common | _rented(budget, number, month, offers[name])
        used = used_hours(budget, number)
        for held in held_in(budget, number):
            for charge in _committed(budget, number, offers[held.offer], held, used[held.commitment_id]):
                yield _bare(budget, offers[held.offer]) | common | charge


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


def _rented(budget: Budget, number: int, month: BudgetMonth, offer: BudgetOffer) -> dict[str, Any]:
    """Return the charge of what is rented by the hour in a month."""
    drift = (1 + budget.request.price_change_per_year) ** (number / 12)
    hours = sum(plan.hours * plan.rented.get(offer.offer, 0) for plan in month.hours)
    price = offer.usd_per_hour * drift
    charge = _charge(budget, offer, hours, price, (offer.list_usd_per_hour or 0.0) * drift or price, price)
    return charge | {"BilledCost": price * hours, "PricingCategory": CATEGORIES[offer.term]}


def _committed(budget: Budget, number: int, offer: BudgetOffer, held: Held, used: float) -> Iterator[dict[str, Any]]:
    """Yield the charges of a commitment in a month: what is billed for it, its used hours and its idle ones."""
    drift = (1 + budget.request.price_change_per_year) ** (number / 12)
    listed = (offer.list_usd_per_hour or 0.0) * drift or held.usd_per_hour
    whole = held.count * budget.hours_per_month
    if held.usd_per_month > 0:
        yield _purchase(held.commitment_id, offer.term, "Recurring", held.count, held.usd_per_month, whole)
    for status, hours in (("Used", used), ("Unused", whole - used)):
        if hours <= 1e-9 * whole:
            continue
        charge = _charge(budget, offer, hours, listed, listed, held.usd_per_hour) | _discount(held.commitment_id, offer)
        charge |= {"CommitmentDiscountStatus": status, "CommitmentDiscountQuantity": hours}
        if offer.term == "capacity_block":
            charge["CapacityReservationStatus"] = status
        if status == "Unused":
            charge |= {"ConsumedQuantity": None, "ConsumedUnit": None, "x_ReplicaCount": 0}
        yield charge


def _charge(
    budget: Budget, offer: BudgetOffer, hours: float, contracted: float, listed: float, effective: float
) -> dict[str, Any]:
    """Return the figures of a usage row: $/h of one instance by contract without commitments, by list, amortised."""
    return {
        "BilledCost": 0.0,
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{offer.instance_type} in {offer.region}, {offer.term.replace('_', ' ')}, forecast",
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": hours,
        "ConsumedUnit": "Hours",
        "ContractedCost": contracted * hours,
        "ContractedUnitPrice": contracted,
        "EffectiveCost": effective * hours,
        "ListCost": listed * hours,
        "ListUnitPrice": listed,
        "PricingQuantity": hours,
        "x_ReplicaCount": hours / budget.hours_per_month / offer.instances * offer.replicas,
    }


def _discount(commitment_id: str, offer: BudgetOffer) -> dict[str, Any]:
    """Return what every row of a commitment says; a capacity block reserves capacity too."""
    own = {"CapacityReservationId": commitment_id} if offer.term == "capacity_block" else {}
    return own | _named(commitment_id, offer.term)


def _named(commitment_id: str, term: str) -> dict[str, Any]:
    return {
        "PricingCategory": "Committed",
        "CommitmentDiscountCategory": "Usage",
        "CommitmentDiscountId": commitment_id,
        "CommitmentDiscountName": TERM_NAMES[term],
        "CommitmentDiscountType": TERM_NAMES[term],
        "CommitmentDiscountUnit": "Hours",
    }


def _upfront(budget: Budget, purchase: Purchase) -> dict[str, Any]:
    """Return a payment made up front, for all hours of the term."""
    hours = purchase.count * purchase.term_months * budget.hours_per_month
    name = f"{purchase.offer}@{purchase.month}"
    return _purchase(name, purchase.term, "One-Time", purchase.count, purchase.upfront_usd, hours)


def _purchase(commitment_id: str, term: str, frequency: str, count: int, usd: float, hours: float) -> dict[str, Any]:
    """Return a payment for a commitment: it is billed, and effective in the hours that it covers."""
    when = "paid up front" if frequency == "One-Time" else "paid monthly"
    return _named(commitment_id, term) | {
        "BilledCost": usd,
        "ChargeCategory": "Purchase",
        "ChargeDescription": f"{count} x {TERM_NAMES[term]}, {when}, forecast",
        "ChargeFrequency": frequency,
        "CommitmentDiscountQuantity": hours,
        "ContractedCost": usd,
        "EffectiveCost": 0.0,
        "ListCost": usd,
        "PricingQuantity": count,
        "PricingUnit": "Commitments",
    }


def _moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
