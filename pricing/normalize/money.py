"""Read the money of one quote: its price in USD, or why it has none. A currency is converted here and nowhere else."""

from dataclasses import dataclass
from decimal import Decimal

from pricing.normalize.drafts import RejectedQuoteError
from pricing.quotes import Quote
from pricing.references import References
from pricing.rejections import Reason

_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Price:
    """What one instance-hour costs, in USD and as charged; `note` tells the exchange rate and the fee paid upfront."""

    usd_per_hour: Decimal
    native_per_hour: Decimal
    currency: str
    note: str


def read_price(quote: Quote, references: References) -> Price:
    """Return the price of a quote. Raises RejectedQuoteError where it has none, or one that nobody can pay."""
    native = quote.usd_per_hour if quote.native_per_hour is None else quote.native_per_hour
    if native is None:
        raise RejectedQuoteError(Reason.NO_PRICE, quote.note or "every price of the row is blank")
    if native <= 0:
        raise RejectedQuoteError(Reason.NOT_POSITIVE, f"{native} {quote.currency} per hour")
    if not quote.rentable:
        raise RejectedQuoteError(Reason.SOLD_OUT, f"{native} {quote.currency} per hour, none to be had")
    if quote.valid_until is not None and quote.valid_until < quote.observed_at:
        raise RejectedQuoteError(Reason.NOT_VALID, f"valid until {quote.valid_until}, read on {quote.observed_at}")
    notes = [] if quote.upfront_fee is None else [f"{quote.upfront_fee:f} {quote.currency} of it are paid upfront"]
    if quote.currency == "USD":
        return Price(native, native, "USD", "; ".join(notes))
    rate = references.exchange_rates.get(quote.currency)
    if rate is None:
        hint = f"set GPUMIX_EXCHANGE_RATES to {quote.currency}=<USD for one>@<day>, or to a file of rates"
        raise RejectedQuoteError(Reason.NO_RATE, f"{native} {quote.currency} per hour: {hint}")
    notes.append(f"converted at {rate.usd_per_unit:f} USD of {rate.rate_date} ({rate.source})")
    usd_per_hour = (native * rate.usd_per_unit).quantize(_PLACES)
    return Price(usd_per_hour, native, quote.currency, "; ".join(notes))
